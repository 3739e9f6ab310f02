"""Passages as a live lane leaves them in its store: a real machine, its lookups answered, every step on the record."""

from collections.abc import Iterable, Sequence

from gateway.lane.actions import Action, Close, Commit, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Observation, OrdersFound
from gateway.model.order_standing import OrderStanding
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.orders.matching import find_among
from tests.evidence import at, came, chip, left, pass_read, plate_read, seal, tick


def lived(
    observations: Iterable[Observation],
    orders: Sequence[TransportOrder],
    rules: LaneRules | None = None,
    passage_id: str = "01934f2a-0000-7000-8000-000000000001",
    lane: str = "out-1",
    known_from_s: float = -3600,
    standings: tuple[OrderStanding, ...] = (),
) -> tuple[Passage, Passage]:
    """Drive one passage: the record as it was decided, and as it was closed. `known_from_s`: when the orders reached the gate."""
    machine = LaneMachine(lane, rules or LaneRules(), lambda _: passage_id)
    decided: list[Passage] = []
    closed: list[Passage] = []

    def carry_out(actions: Sequence[Action], seen: Observation) -> None:
        for action in actions:
            match action:
                case FindOrders():
                    found = find_among(
                        orders if seen.at >= at(known_from_s) else (), action.containers, action.plates, action.driving_licences
                    )
                    answer = OrdersFound(device="orders", at=seen.at, orders=found, standings=standings, cache_age_s=1.0)
                    carry_out(machine.observe(answer), seen)
                case Commit():
                    decided.append(action.passage)
                    carry_out(machine.stored(), seen)
                case Close():
                    closed.append(action.passage)
                case _:
                    pass

    for seen in observations:
        carry_out(machine.observe(seen), seen)
    return decided[0], closed[0]


def without_box() -> list[Observation]:
    """Everything in order but the box, which nobody reads; the truck gives up after half a minute."""
    return [came(), pass_read(), chip(), seal(), plate_read(), *(tick(n / 4) for n in range(3, 100)), left(30)]
