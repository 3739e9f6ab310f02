"""Numbers as they are shown: grouped as on the steel and on the plate, every character with its evidence."""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final, Literal

from gateway.model.answer import ContainerAnswer, PlateAnswer
from gateway.model.container_number import ContainerNumber
from gateway.model.errors import ModelError
from gateway.model.observation import ContainerRead, PlateRead, Position
from gateway.model.plate import Plate

SURE_ENOUGH: Final = 0.9  # a character less likely than this is marked for the person to look at

GroupKind = Literal["owner", "serial", "check", "plain"]
ContainerLike = ContainerAnswer | ContainerRead | ContainerNumber | str
PlateLike = PlateAnswer | PlateRead | Plate | str


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character as shown. `runner_up` is the next likeliest, with its probability (0 to 1)."""

    character: str
    unsure: bool = False
    runner_up: str = ""
    runner_up_probability: float = 0.0
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Characters that stand together: owner letters, serial digits, the boxed check digit, or anything else."""

    kind: GroupKind
    glyphs: tuple[Glyph, ...]


def _glyph(character: str, position: Position | None) -> Glyph:
    if not position or position[0].probability >= SURE_ENOUGH:
        return Glyph(character)
    second = position[1] if len(position) > 1 else None
    return Glyph(character, True, second.character if second else "", second.probability if second else 0.0)


def _glyphs(text: str, positions: tuple[Position, ...]) -> tuple[Glyph, ...]:
    """One glyph per character; separators carry no evidence. Evidence of another length than the text is left out."""
    solid = sum(character.isalnum() for character in text)
    left = iter(positions if len(positions) == solid else ())
    return tuple(_glyph(character, next(left, None)) if character.isalnum() else Glyph(character) for character in text)


def _steel_groups(value: str, glyphs: tuple[Glyph, ...]) -> tuple[Group, ...]:
    if not ContainerNumber(value).is_iso:
        return (Group("plain", glyphs),)
    return (Group("owner", glyphs[:4]), Group("serial", glyphs[4:10]), Group("check", glyphs[10:]))


def container_groups(number: ContainerLike, against: str = "") -> tuple[Group, ...]:
    """`TEMU 922135 [3]` with the evidence per character, where there is any. Text that is no number stays as it is.

    `against` is what was expected: characters that differ from it are marked.
    """
    if isinstance(number, ContainerAnswer | ContainerRead):
        value, positions = number.number, number.characters
    else:
        value, positions = _canonical(str(number)), ()
    return _steel_groups(value, _held_against(_glyphs(value, positions), value, _canonical(against)))


def plate_glyphs(plate: PlateLike, against: str = "") -> tuple[Glyph, ...]:
    """`KLA-1234` with the evidence per character, where there is any. Text that is no plate stays as it is."""
    if isinstance(plate, PlateAnswer | PlateRead):
        text, positions = plate.text, plate.characters
    else:
        text, positions = plate_text(plate), ()
    return _held_against(_glyphs(text, positions), text, plate_text(against) if against else "")


def plate_text(plate: Plate | str) -> str:
    try:
        return (plate if isinstance(plate, Plate) else Plate.parse(plate)).text
    except ModelError:
        return str(plate)


def _canonical(text: str) -> str:
    """A container number without its separators, so that both sides of a comparison are grouped alike."""
    try:
        number = ContainerNumber.parse(text)
    except ModelError:
        return text
    return number.value if number.is_iso else text


def _differences(left: str, right: str) -> tuple[set[int], set[int]]:
    """The places of `left` and of `right` in which they differ."""
    if len(left) == len(right):
        wrong = {i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b}
        return wrong, wrong
    wrong_left: set[int] = set()
    wrong_right: set[int] = set()
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind != "equal":
            wrong_left |= set(range(a1, a2))
            wrong_right |= set(range(b1, b2))
    return wrong_left, wrong_right


def _held_against(glyphs: tuple[Glyph, ...], text: str, expected: str) -> tuple[Glyph, ...]:
    wrong = _differences(text, expected)[0] if expected else set()
    return tuple(replace(glyph, differs=i in wrong) for i, glyph in enumerate(glyphs))


def compared(expected: str, seen: str) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Both sides with the characters marked in which they differ; separators and grouping never count as a difference."""
    return container_groups(expected, against=seen), container_groups(seen, against=expected)
