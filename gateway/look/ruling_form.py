"""The form with which a person decides on a passage that waits: its numbers, checked field by field. For gate and platform.

`ruling_form.html` shows it, `ruling.js` checks the numbers while one types.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gateway.look import ruling_reasons
from gateway.look.forms import Problem, Typed
from gateway.look.i18n import _
from gateway.look.numbers import SURE_ENOUGH, plate_text
from gateway.model import container_number, plate
from gateway.model.answer import ContainerAnswer, PlateAnswer, PlateRole
from gateway.model.container_number import ContainerNumber
from gateway.model.errors import ModelError
from gateway.model.observation import Correction, Quad
from gateway.model.plate import Plate

MOST_OWN_WORDS: Final = 300  # characters
_ORDER: Final = re.compile(r"[A-Z0-9]{5,20}")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture beside a claim. `crop` may be empty; `box` is in pixels of a whole frame of `frame_size`."""

    device: str
    picture: str
    crop: str = ""
    box: Quad | None = None
    frame_size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number that a person may correct. `name` is that of its form field, and binds it to what was read."""

    name: str
    subject: Literal["container", "plate"]
    role: PlateRole | None
    answer: ContainerAnswer | PlateAnswer | None
    read: str  # without separators; empty where nothing was read
    expected: str
    shot: Shot | None

    @property
    def written(self) -> str:
        """As it is put into the field: in groups as on the steel, with its hyphen as on the plate."""
        return plate_text(self.read) if self.subject == "plate" and self.read else self.read

    @property
    def unsure(self) -> tuple[int, ...]:
        """Places of uncertain characters in `written`."""
        positions = self.answer.characters if self.answer else ()
        solid = [place for place, character in enumerate(self.written) if character.isalnum()]
        if len(solid) != len(positions):
            return ()
        return tuple(place for place, position in zip(solid, positions, strict=True) if position[0].probability < SURE_ENOUGH)


def container_field(place: int, answer: ContainerAnswer | None, expected: str, shot: Shot | None) -> NumberField:
    read = answer.number if answer else ""
    return NumberField(f"container-{place}-{read}", "container", None, answer, read, expected, shot)


def plate_field(role: PlateRole, answer: PlateAnswer | None, expected: str, shot: Shot | None) -> NumberField:
    read = answer.number if answer else ""
    return NumberField(f"plate-{role}-{read}", "plate", role, answer, read, expected, shot)


@dataclass(frozen=True, slots=True)
class Checked:
    approved: bool
    reason: str
    order: str
    corrections: tuple[Correction, ...]
    problems: tuple[Problem, ...]


def only_looks(typed: Typed) -> bool:
    """Whether the person wants to see the orders of the corrected numbers, and does not decide yet."""
    return typed.of("action") == "look"


def check(typed: Typed, numbers: Sequence[NumberField]) -> Checked:
    """Everything that is wrong at once, in the order of the form."""
    problems: list[Problem] = []
    corrections = [one for number in numbers if (one := _correction(number, typed, problems))]
    order = _order(typed, problems)
    decision = typed.of("decision")
    if decision not in {"approve", "refuse"}:
        problems.append(("decision", _("Choose whether the vehicle may go.")))
    reason = _reason(typed, decision, problems)
    return Checked(decision == "approve", reason, order, tuple(corrections), tuple(problems))


def _correction(number: NumberField, typed: Typed, problems: list[Problem]) -> Correction | None:
    written = typed.of(number.name, number.written)
    subject = container_number if number.subject == "container" else plate
    if subject.normalise(written) == number.read:
        return None
    if not written:
        problems.append((number.name, _("A number that was read cannot be deleted: write what is there, or refuse.")))
        return None
    try:
        corrected = (ContainerNumber if number.subject == "container" else Plate).parse(written).value
    except ModelError:
        wrong = _("This is no container number.") if number.subject == "container" else _("This is no plate.")
        problems.append((number.name, wrong))
        return None
    if corrected == number.read:
        return None
    return Correction(
        subject=number.subject, read=number.read, corrected=corrected, picture=number.shot.picture if number.shot else ""
    )


def _order(typed: Typed, problems: list[Problem]) -> str:
    """The order that was picked; one that was typed goes before it."""
    order = (typed.of("order_other") or typed.of("order")).upper().replace(" ", "")
    if order and not _ORDER.fullmatch(order):
        problems.append(("order_other", _("This is no order number.")))
        return ""
    return order


def _reason(typed: Typed, decision: str, problems: list[Problem]) -> str:
    chosen, own_words = typed.of("reason"), typed.of("own_words")
    fitting = {"approve": ruling_reasons.APPROVAL, "refuse": ruling_reasons.REFUSAL}.get(decision, ())
    if len(own_words) > MOST_OWN_WORDS or not own_words.isprintable():
        problems.append(("own_words", _("At most 300 characters on one line.")))
    elif chosen and decision and chosen not in fitting:
        problems.append(("reason", _("This reason does not go with the decision.")))
    elif not (chosen or own_words):
        problems.append(("reason", _("Say why: choose a reason, or write one.")))
    return ruling_reasons.reason(chosen, own_words)
