"""What waits for a person in a lane: the numbers that may be corrected and the orders that may be picked. Pure."""

from collections.abc import Iterable

from gateway.display.facts import Facts
from gateway.display.view import LaneView
from gateway.look.marks import Mark
from gateway.look.ruling_form import NumberField, container_field, plate_field
from gateway.model.observation import OrdersFound
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder


def waits(view: LaneView) -> Passage | None:
    """The passage that waits for a person, None where nothing does."""
    passage = view.passage
    decided = passage is not None and passage.verdict is not None and passage.ruling is None
    return passage if decided and view.mark in {Mark.REFER, Mark.STOP} else None


def number_fields(facts: Facts) -> tuple[NumberField, ...]:
    """Boxes in their order, then the tractor's plate, then the trailer's where one was read."""
    fields = [container_field(place, fact.answer, fact.expected, fact.shot) for place, fact in enumerate(facts.boxes)]
    if not fields and not facts.empty_vehicle:
        fields.append(container_field(0, None, "", None))
    plates = [fact for fact in (facts.tractor, facts.trailer) if fact]
    return (*fields, *(plate_field(fact.role, fact.answer, fact.expected, fact.shot) for fact in plates))


def candidates(view: LaneView, passage: Passage, found: Iterable[TransportOrder]) -> tuple[TransportOrder, ...]:
    """Orders to pick from, each once in its latest form: those that the lane thought of, that it found, and found since."""
    looked_up = [order for seen in passage.observations if isinstance(seen, OrdersFound) for order in seen.orders]
    latest = {order.order_number: order for order in (*looked_up, *found)}
    first = [order.order_number for order in view.orders]
    return tuple(latest.get(order.order_number, order) for order in view.orders) + tuple(
        order for number, order in latest.items() if number not in first
    )
