"""What the documents say is what the program has: commands, reasons, metrics, in both languages where people read them."""

from pathlib import Path

import pytest

from gateway.cli import main
from gateway.look.i18n import translations
from gateway.model.reasons import REASONS, Reason
from gateway.site.metrics import SiteMetrics

ROOT = Path(__file__).parents[1]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`gateway {command}" in text("README.md")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_explained_in_both_languages(reason: Reason) -> None:
    page = text("docs/reasons.md")
    chinese = translations("zh_TW").gettext
    for words in (REASONS[reason].title, REASONS[reason].action):
        assert words in page
        assert chinese(words) != words
        assert chinese(words) in page
    assert f"`{reason}`" in page


def test_every_metric_is_in_the_operators_manual() -> None:
    page = text("docs/operators.md")
    for family in SiteMetrics().registry.collect():
        assert f"`{family.name}`" in page


def test_the_pictures_and_pages_that_documents_point_to_are_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for part in page.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} points to {target}"
