"""What waits for a person in a lane: the numbers that may be corrected and the orders that may be picked. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from gateway.display.facts import Facts, Shot
from gateway.display.view import LaneView
from gateway.look.marks import Mark
from gateway.look.numbers import plate_text
from gateway.model.answer import ContainerAnswer, PlateAnswer, PlateRole
from gateway.model.observation import OrdersFound
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder

SURE: Final = 0.9  # as the screen marks uncertain characters


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
        return tuple(place for place, position in zip(solid, positions, strict=True) if position[0].probability < SURE)


def waits(view: LaneView) -> Passage | None:
    """The passage that waits for a person, None where nothing does."""
    passage = view.passage
    decided = passage is not None and passage.verdict is not None and passage.ruling is None
    return passage if decided and view.mark in {Mark.REFER, Mark.STOP} else None


def number_fields(facts: Facts) -> tuple[NumberField, ...]:
    """Boxes in their order, then the tractor's plate, then the trailer's where one was read."""
    fields = [
        NumberField(
            name=f"container-{place}-{fact.answer.number if fact.answer else ''}",
            subject="container",
            role=None,
            answer=fact.answer,
            read=fact.answer.number if fact.answer else "",
            expected=fact.expected,
            shot=fact.shot,
        )
        for place, fact in enumerate(facts.boxes)
    ]
    if not fields and not facts.empty_vehicle:
        fields.append(NumberField("container-0-", "container", None, None, "", "", None))
    for fact in (facts.tractor, facts.trailer):
        if fact:
            number = fact.answer.number if fact.answer else ""
            fields.append(
                NumberField(f"plate-{fact.role}-{number}", "plate", fact.role, fact.answer, number, fact.expected, fact.shot)
            )
    return tuple(fields)


def candidates(view: LaneView, passage: Passage, found: Iterable[TransportOrder]) -> tuple[TransportOrder, ...]:
    """Orders to pick from, each once in its latest form: those that the lane thought of, that it found, and found since."""
    looked_up = [order for seen in passage.observations if isinstance(seen, OrdersFound) for order in seen.orders]
    latest = {order.order_number: order for order in (*looked_up, *found)}
    first = [order.order_number for order in view.orders]
    return tuple(latest.get(order.order_number, order) for order in view.orders) + tuple(
        order for number, order in latest.items() if number not in first
    )
