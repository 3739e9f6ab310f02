"""A reader's entry in a lane file."""

import re

import pytest
from pydantic import BaseModel, ValidationError

from gateway.rfid.config import AntennaConfig, LlrpReaderConfig

ENTRY = {"name": "uhf-1", "host": "10.0.0.9", "antennas": {1: {"lane": "out-1", "purpose": "seal"}}}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"antenna": {}}, "antenna"),
        ({"antennas": {}}, "antennas"),
        ({"antennas": {0: {"lane": "out-1"}}}, "antennas.0"),
        ({"antennas": {1: {"lane": "out-1", "purpose": "e-seal"}}}, "antennas.1.purpose"),
        ({"keepalive_s": 0}, "keepalive_s"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(named)):
        LlrpReaderConfig.model_validate(ENTRY | change)


@pytest.mark.parametrize("config", [AntennaConfig, LlrpReaderConfig])
def test_every_field_says_what_it_is(config: type[BaseModel]) -> None:
    assert [name for name, field in config.model_fields.items() if not field.description] == []
