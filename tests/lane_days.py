"""Passages as a live lane leaves them in its store: a real machine, its lookups answered, every step on the record."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.lane.actions import Close, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.lane.play import commits_in, play
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

    def look_up(wanted: FindOrders, asked_at: datetime) -> OrdersFound:
        known = orders if asked_at >= at(known_from_s) else ()
        found = find_among(known, wanted.containers, wanted.plates, wanted.driving_licences)
        return OrdersFound(device="orders", at=asked_at, orders=found, standings=standings, cache_age_s=1.0)

    actions = list(play(machine, observations, look_up))
    return next(commits_in(actions)), next(action.passage for action in actions if isinstance(action, Close))


def without_box() -> list[Observation]:
    """Everything in order but the box, which nobody reads; the truck gives up after half a minute."""
    return [came(), pass_read(), chip(), seal(), plate_read(), *(tick(n / 4) for n in range(3, 100)), left(30)]
