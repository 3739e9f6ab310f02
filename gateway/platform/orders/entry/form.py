"""What stands in the form of a new order: at first, when it is copied, and as it was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.model.transport_order import TransportOrder
from gateway.platform.orders.entry.reading import Reading, Remark, departure_text, values_of
from gateway.platform.orders.entry.suggestions import Suggestions

SEALS_AT_FIRST: Final = 2  # the dual track: a passive e-seal and a vehicle seal
MOST_ITEMS: Final = 20  # lines of cargo, and seals; more of them come in a file
MOST_FIELDS: Final = 400
MOST_BYTES: Final = 64 << 10
_KINDS_AT_FIRST: Final = ("5", "8")
_THERE_AT_FIRST: Final = ("vehicle.kind", "vehicle.count")
# What cannot be the same on two orders, or has to be looked at anew.
_NOT_COPIED: Final = ("container.number", "vehicle.departure_time", "released_total")


@dataclass(frozen=True, slots=True)
class Form:
    """`values` by name. `remarks` stand beside their fields; `asks`: they are odd, and the person is asked whether it is so."""

    values: Mapping[str, str]
    seals: int
    cargo: int
    wrong: tuple[Remark, ...] = ()
    odd: tuple[Remark, ...] = ()
    focus: str = ""
    dropped: int = 0  # items of a copied order that the form has no room for

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return self.wrong or self.odd

    @property
    def asks(self) -> bool:
        return bool(self.odd) and not self.wrong

    def of(self, name: str) -> str:
        return self.values.get(name, "")

    def words_of(self, name: str) -> str:
        return next((one.words for one in self.remarks if one.name == name), "")

    def shows(self, names: tuple[str, ...]) -> bool:
        """Whether one of these values, which are folded away at first, has something to show."""
        return any(self.words_of(name) or (self.of(name) and name not in _THERE_AT_FIRST) for name in names)

    @property
    def shows_cargo(self) -> bool:
        return any(text and name.startswith("cargo.") for name, text in self.values.items())


def fresh(known: Suggestions, firm: str | None, now: datetime) -> Form:
    """A new order: codes and place of origin as the firm's last order had them."""
    latest = known.latest
    values = {
        "office": known.offices[0] if known.offices else "",
        "ban": firm or "",
        "application_kind": latest.application_kind if latest else "1",
        "operation_kind": latest.operation_kind if latest else "",
        "load_kind": latest.load_kind if latest else "A",
        "origin": latest.origin if latest else "",
        "vehicle.kind": latest.vehicle.kind if latest else "1",
        "vehicle.count": "1",
        "vehicle.departure_time": departure_text(now).replace("T", " "),
    }
    kinds = tuple(seal.kind for seal in latest.seals) if latest and latest.seals else _KINDS_AT_FIRST
    values |= {f"seals.{place}.kind": kind for place, kind in enumerate(kinds[:MOST_ITEMS])}
    return _focused(values, max(SEALS_AT_FIRST, min(len(kinds), MOST_ITEMS)), 1)


def copied(order: TransportOrder, known: Suggestions, firm: str | None, now: datetime) -> Form:
    """An earlier order once more: everything but the box, the seals' numbers, and the time."""
    said = {
        name: text
        for name, text in values_of(order).items()
        if name not in _NOT_COPIED and not (name.startswith("seals.") and name.endswith(".number"))
    }
    kept = {name: text for name, text in said.items() if not _is_beyond(name)}
    begun = fresh(known, firm, now)
    values = {**{name: text for name, text in begun.values.items() if not name.startswith("seals.")}, **kept}
    dropped = max(0, len(order.seals) - MOST_ITEMS) + max(0, len(order.cargo) - MOST_ITEMS)
    form = _focused(values, _rows(values, "seals", SEALS_AT_FIRST), _rows(values, "cargo", 1))
    return Form(form.values, form.seals, form.cargo, focus=form.focus, dropped=dropped)


def typed(values: Mapping[str, str], reading: Reading | None, more: str = "") -> Form:
    """As it was typed, with what is wrong with it; `more`: a seal or a line of cargo is wanted."""
    seals = min(MOST_ITEMS, _rows(values, "seals", SEALS_AT_FIRST) + (more == "seals"))
    cargo = min(MOST_ITEMS, _rows(values, "cargo", 1) + (more == "cargo"))
    focus = {"seals": f"seals.{seals - 1}.number", "cargo": f"cargo.{cargo - 1}.declaration"}.get(more, "")
    return Form(values, seals, cargo, reading.wrong if reading else (), reading.odd if reading else (), focus)


def to_read(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed without what is there by itself: the kind of a seal that has no number."""
    return {
        name: text
        for name, text in values.items()
        if not (name.startswith("seals.") and name.endswith(".kind") and not values.get(name.removesuffix("kind") + "number"))
    }


def _is_beyond(name: str) -> bool:
    place = name.split(".")[1] if name.count(".") == 2 else ""
    return place.isdecimal() and int(place) >= MOST_ITEMS


def _rows(values: Mapping[str, str], group: str, at_least: int) -> int:
    """How many rows of a group the form was shown with, or needs."""
    places = [name.split(".")[1] for name in values if name.startswith(group + ".") and name.count(".") == 2]
    return max([at_least, *(int(place) + 1 for place in places if place.isdecimal() and len(place) < 3)])


def _focused(values: Mapping[str, str], seals: int, cargo: int) -> Form:
    """The first thing to fill in has the focus."""
    asked = ("ban", "office", "operation_kind", "origin", "destination", "container.number")
    return Form(values, seals, cargo, focus=next((name for name in asked if not values.get(name)), ""))
