"""What holds for every test."""

import pytest
from hypothesis import settings

# A deadline measures the machine and whoever else is busy on it, not the code.
settings.register_profile("gate", deadline=None)
settings.load_profile("gate")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql", "both"),
        help="what the platform's tests run on; without it, all on SQLite and those marked `both_databases` on PostgreSQL, too",
    )
