"""The desk's form as it was sent: bounded, checked field by field, and kept as typed so that nobody types anything twice."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from gateway.display.desk import reasons
from gateway.display.desk.staff import BADGE_LENGTHS, PIN_LENGTHS
from gateway.display.desk.waiting import NumberField
from gateway.look.i18n import _
from gateway.model import container_number, plate
from gateway.model.container_number import ContainerNumber
from gateway.model.errors import ModelError
from gateway.model.observation import Correction
from gateway.model.plate import Plate

MOST_BYTES: Final = 16 << 10
MOST_FIELDS: Final = 40
MOST_OWN_WORDS: Final = 300  # characters
_ORDER: Final = re.compile(r"[A-Z0-9]{5,20}")

Problem = tuple[str, str]  # a field's name, and what is wrong with it: a message id of the catalogue


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed. The secrets are never shown again, and `repr` does not have them."""

    values: Mapping[str, str]
    pin: str = field(default="", repr=False)
    badge: str = field(default="", repr=False)

    def of(self, name: str, otherwise: str = "") -> str:
        return self.values.get(name, otherwise)

    @property
    def only_looks(self) -> bool:
        """Whether the person wants to see the orders of the corrected numbers, and does not decide yet."""
        return self.of("action") == "look"


NOTHING_TYPED: Final = Typed({})


@dataclass(frozen=True, slots=True)
class Checked:
    approved: bool
    reason: str
    order: str
    corrections: tuple[Correction, ...]
    problems: tuple[Problem, ...]


def read_form(body: str) -> Typed:
    """Raises ValueError for more fields than the form has."""
    values = {name: value.strip() for name, value in parse_qsl(body, max_num_fields=MOST_FIELDS, keep_blank_values=True)}
    return Typed(values, pin=values.pop("pin", ""), badge=values.pop("badge", ""))


def check(typed: Typed, numbers: Sequence[NumberField]) -> Checked:
    """Everything that is wrong at once, in the order of the form."""
    problems: list[Problem] = []
    corrections = [one for number in numbers if (one := _correction(number, typed, problems))]
    order = _order(typed, problems)
    decision = typed.of("decision")
    if decision not in {"approve", "refuse"}:
        problems.append(("decision", _("Choose whether the vehicle may go.")))
    reason = _reason(typed, decision, problems)
    problems += _identity(typed)
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
    fitting = {"approve": reasons.APPROVAL, "refuse": reasons.REFUSAL}.get(decision, ())
    if len(own_words) > MOST_OWN_WORDS or not own_words.isprintable():
        problems.append(("own_words", _("At most 300 characters on one line.")))
    elif chosen and decision and chosen not in fitting:
        problems.append(("reason", _("This reason does not go with the decision.")))
    elif not (chosen or own_words):
        problems.append(("reason", _("Say why: choose a reason, or write one.")))
    return reasons.reason(chosen, own_words)


def _identity(typed: Typed) -> list[Problem]:
    if typed.badge:
        return [] if len(typed.badge) in BADGE_LENGTHS else [("badge", _("This is no badge of the gate's staff."))]
    if not typed.of("staff_id"):
        return [("staff_id", _("Give your staff number and PIN, or hold your badge to the reader."))]
    return [] if len(typed.pin) in PIN_LENGTHS else [("pin", _("A PIN has 6 to 12 digits."))]
