"""Which orders a vehicle carries: by container number first, by plate and pass as support or as the second way in.

The order may confirm a read, never make one up: an order is only ever matched to a number that the pictures support on
their own, and a box that nobody read stays unread.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.decision.evidence import Evidence
from gateway.model.answer import ContainerAnswer, PlateAnswer
from gateway.model.lane_rules import LaneRules
from gateway.model.order_standing import OrderStanding, OrderUse
from gateway.model.transport_order import TransportOrder

BOXLESS: Final = frozenset({"C", "E"})  # load kinds: not containerised, empty vehicle
RIVAL: Final = 0.3  # of the likeliest reading's probability: what is less likely beside it is no rival (our estimate)
SAME_TRIP: Final = timedelta(minutes=15)  # two 20-foot boxes leave together: their orders' departure times agree this well


@dataclass(frozen=True, slots=True)
class Match:
    """One order beside one box. Either may be None: a box without an order, an order whose box nobody read.

    `number` is the reading that the match rests on; it may be an alternative of the box's answer.
    """

    order: TransportOrder | None
    box: ContainerAnswer | None
    number: str
    by: tuple[str, ...]  # what led to the order: `container`, `plate`, `pass`
    ambiguous: bool = False
    own_order: str = ""  # of the vehicle itself, where its plate leads to another order and another box


def in_date(order: TransportOrder, at: datetime, rules: LaneRules) -> bool:
    """Whether the order may be used at this time: around its departure time, by the lane's rules."""
    early = order.vehicle.departure_time - timedelta(hours=rules.depart_before_h)
    late = order.vehicle.departure_time + timedelta(hours=rules.depart_after_h)
    return early <= at <= late


def used_before(standing: OrderStanding | None, at: datetime, rules: LaneRules) -> OrderUse | None:
    """The last use of an order this way by another vehicle; what this lane let go a moment ago stands here still."""
    same = timedelta(seconds=rules.again_s)
    uses = [use for use in (standing.uses if standing else ()) if use.direction is rules.direction]
    return max((use for use in uses if abs(at - use.at) > same), key=lambda use: use.at, default=None)


def _is_open(order: TransportOrder, evidence: Evidence) -> bool:
    standing = evidence.standings.get(order.order_number)
    return standing is None or standing.state == "open"


def supported(answer: ContainerAnswer | PlateAnswer, support: float) -> tuple[str, ...]:
    """The readings that the pictures support: the answer's own first, then alternatives at least as likely as `support`."""
    others = (other.number for other in answer.alternatives if other.probability >= support)
    return (answer.number, *(number for number in others if number != answer.number))


def confirmable(answer: ContainerAnswer | PlateAnswer, support: float) -> tuple[str, ...]:
    """Those of the supported readings that an order may confirm: not one beside which the pictures plainly say another."""
    likely = {other.number for other in answer.alternatives if other.probability >= RIVAL * answer.confidence}
    return tuple(number for number in supported(answer, support) if number == answer.number or number in likely)


def names_plate(order: TransportOrder, evidence: Evidence, rules: LaneRules) -> bool:
    """Whether one of the vehicle's plates, as the pictures support them, is the order's."""
    wanted = order.vehicle.plate_value
    return any(wanted in confirmable(plate, rules.order_support) for plate in evidence.answer.plates)


def names_driver(order: TransportOrder, evidence: Evidence) -> bool:
    """Whether a port pass that was read belongs to the order's driver, by driving licence."""
    return any(seen.driving_licence == order.vehicle.driving_licence for seen in evidence.passes if seen.driving_licence)


def _ways(order: TransportOrder, evidence: Evidence, rules: LaneRules) -> tuple[str, ...]:
    ways = [("plate", names_plate(order, evidence, rules)), ("pass", names_driver(order, evidence))]
    return tuple(way for way, leads in ways if leads)


def _container(order: TransportOrder) -> str:
    return order.container.number if order.container else ""


def _size_type(found: Match) -> str | None:
    """The box's size and type as the order says, else as it was read."""
    by_order = found.order.container.size_type if found.order and found.order.container else None
    return by_order or (found.box.size_type if found.box else None)


def may_have_companion(found: Match) -> bool:
    """Whether the box is, or may be, a 20-foot box: a second one may stand on the same truck."""
    return found.box is not None and is_twenty_foot(_size_type(found))


def is_twenty_foot(size_type: str | None) -> bool:
    """ISO 6346 size code: the first character 2 is twenty feet. An unknown size may be."""
    return size_type is None or size_type.startswith("2")


def _best(orders: list[TransportOrder], evidence: Evidence, at: datetime, rules: LaneRules) -> tuple[TransportOrder, bool]:
    """The likeliest of several orders, and whether another is just as likely: open first, then unused, in date, plate and pass."""

    def rank(order: TransportOrder) -> tuple[bool, bool, bool, int]:
        unused = used_before(evidence.standings.get(order.order_number), at, rules) is None
        return _is_open(order, evidence), unused, in_date(order, at, rules), len(_ways(order, evidence, rules))

    ranked = sorted(orders, key=lambda order: (rank(order), order.vehicle.departure_time, order.order_number), reverse=True)
    best, others = ranked[0], ranked[1:]
    return best, any(rank(other) == rank(best) and not _is_same_trip(other, best) for other in others)


def _match_box(box: ContainerAnswer, evidence: Evidence, at: datetime, rules: LaneRules) -> Match | None:
    for number in supported(box, rules.order_support):
        orders = [order for order in evidence.orders if _container(order) == number]
        if orders:
            order, ambiguous = _best(orders, evidence, at, rules)
            return Match(order, box, number, ("container", *_ways(order, evidence, rules)), ambiguous)
    return None


def _by_vehicle(evidence: Evidence, at: datetime, rules: LaneRules, taken: set[str]) -> list[TransportOrder]:
    """Orders in date that the vehicle itself leads to, by plate or by pass, and that no box has taken."""
    return [
        order
        for order in evidence.orders
        if order.order_number not in taken and in_date(order, at, rules) and _ways(order, evidence, rules)
    ]


def _is_same_trip(one: TransportOrder, other: TransportOrder) -> bool:
    """Whether two orders are two 20-foot boxes on one truck."""
    boxes = (one.container, other.container)
    return (
        all(box is not None and (box.size_type or "").startswith("2") for box in boxes)
        and _container(one) != _container(other)
        and one.vehicle.plate_value == other.vehicle.plate_value
        and one.vehicle.driving_licence == other.vehicle.driving_licence
        and abs(one.vehicle.departure_time - other.vehicle.departure_time) <= SAME_TRIP
    )


def _siblings(matches: list[Match], evidence: Evidence, at: datetime, rules: LaneRules) -> list[TransportOrder]:
    """Orders of the same trip whose 20-foot box should stand beside the one that was found."""
    taken = {match.order.order_number for match in matches if match.order}
    lead = next((match.order for match in matches if match.order), None)
    return [
        order
        for order in evidence.orders
        if lead and order.order_number not in taken and _is_same_trip(order, lead) and in_date(order, at, rules)
        if _is_open(order, evidence)
    ]


def match(evidence: Evidence, at: datetime, rules: LaneRules) -> tuple[Match, ...]:
    """Every box beside its order. Empty when neither a box nor an order was found.

    A box that no order names stands beside the order that the vehicle leads to, so that both can be shown to differ.
    """
    matches: list[Match] = []
    strangers: list[ContainerAnswer] = []
    for box in evidence.answer.containers[:2]:
        found = _match_box(box, evidence, at, rules)
        if found:
            matches.append(found)
        else:
            strangers.append(box)
    matches += _unread(_siblings(matches, evidence, at, rules), evidence, rules)
    if matches and not any(is_twenty_foot(_size_type(found)) for found in matches):
        strangers = [box for box in strangers if box.accepted]  # beside a 40-foot box is no room: a faint read is noise
    taken = {found.order.order_number for found in matches if found.order}
    for box in strangers:
        # An order whose box was not read is taken for the stranger's place before the vehicle's other orders are asked.
        waiting = next((found for found in matches if found.box is None), None)
        if waiting:
            matches[matches.index(waiting)] = Match(waiting.order, box, box.number, waiting.by)
            continue
        orders = [] if matches else _by_vehicle(evidence, at, rules, taken)
        if orders:
            order, ambiguous = _best(orders, evidence, at, rules)
            taken.add(order.order_number)
            matches.append(Match(order, box, box.number, _ways(order, evidence, rules), ambiguous))
        else:
            matches.append(Match(None, box, box.number, ()))
    if not evidence.answer.containers:
        orders = _by_vehicle(evidence, at, rules, taken)
        if orders:
            order, ambiguous = _best(orders, evidence, at, rules)
            matches.append(Match(order, None, "", _ways(order, evidence, rules), ambiguous))
            matches += _unread(_siblings(matches, evidence, at, rules), evidence, rules)
    return tuple(_with_own_order(found, matches, evidence, at, rules) for found in matches)


def _with_own_order(found: Match, matches: list[Match], evidence: Evidence, at: datetime, rules: LaneRules) -> Match:
    """A box that only its number leads to an order, on a vehicle whose plate leads to another order and another box: swapped."""
    if found.order is None or found.by != ("container",):
        return found
    read = {match.number for match in matches}
    own = next(
        (
            order.order_number
            for order in _by_vehicle(evidence, at, rules, {found.order.order_number})
            if names_plate(order, evidence, rules) and _container(order) and _container(order) not in read
            if _is_open(order, evidence)
        ),
        "",
    )
    return replace(found, own_order=own) if own else found


def _unread(orders: list[TransportOrder], evidence: Evidence, rules: LaneRules) -> list[Match]:
    return [Match(order, None, "", _ways(order, evidence, rules)) for order in orders]
