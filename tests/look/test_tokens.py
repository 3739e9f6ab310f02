"""The design tokens: readable by WCAG 2.2 AA by day and at night, and the two ways into the night are the same."""

import re

import pytest

from gateway.look.pages import static_folder

STATES = ("pass", "refer", "stop", "busy", "offline", "idle")
TOKENS = (static_folder() / "css" / "tokens.css").read_text(encoding="utf-8")


def block(selector: str) -> dict[str, str]:
    """The custom properties of the first rule of this selector."""
    body = TOKENS.split(selector + " {", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", body))


DAY, NIGHT, WISHED = block(":root"), block(":root.night"), block(":root:not(.day, .night)")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_pairs() -> list[tuple[str, str]]:
    """Which token is written on which."""
    pairs = [(ink, ground) for ink in ("ink", "ink-quiet", "link") for ground in ("ground", "surface", "sunken")]
    pairs += [(f"on-{state}", state) for state in STATES]
    pairs += [(f"{state}-ink", f"{state}-soft") for state in STATES]
    pairs += [(f"{state}-ink", ground) for state in STATES for ground in ("ground", "surface")]
    return [*pairs, ("ink", "refer-soft"), ("ink", "stop-soft"), ("ink-quiet", "refer-soft"), ("ink-quiet", "stop-soft")]


@pytest.mark.parametrize("theme", [DAY, NIGHT], ids=["day", "night"])
def test_text_meets_aa(theme: dict[str, str]) -> None:
    weak = {pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2) for pair in text_pairs()}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", [DAY, NIGHT], ids=["day", "night"])
def test_edges_and_marks_meet_aa(theme: dict[str, str]) -> None:
    pairs = [("edge", "ground"), ("edge", "surface"), ("focus", "ground"), ("focus", "surface"), ("refer-line", "surface")]
    weak = {pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


def test_the_night_is_the_same_by_class_and_by_wish() -> None:
    assert NIGHT == WISHED
    assert set(NIGHT) == set(DAY)
