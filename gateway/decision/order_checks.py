"""What a lane asks of an order itself, before it looks at the vehicle: is it there, may it be used here and now, is it whole."""

from datetime import datetime
from typing import Final

from gateway.decision.evidence import Evidence
from gateway.decision.matching import Match, in_date, used_before
from gateway.decision.required_seals import required_seals
from gateway.model.clock import TAIPEI
from gateway.model.codes import CODES, label
from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.order_standing import OrderStanding
from gateway.model.policy import Need
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Check, CheckResult, Subject

_ENDED: Final = {"cancelled": Reason.ORDER_CANCELLED, "closed": Reason.ORDER_CLOSED}
_JOINED: Final = {Need.NONE: "", Need.ANY: " / ", Need.ALL: " + "}
_ANY_KIND: Final = CODES["seal_kind"]


def _kind(kind: str) -> str:
    return label("seal_kind", kind, "en")


def _local(moment: datetime) -> str:
    return moment.astimezone(TAIPEI).strftime("%Y-%m-%d %H:%M")


def check_order(found: Match) -> Check:
    """Whether there is an order, one only, and what led to it."""
    if found.order is None:
        return Check(
            subject=Subject.ORDER,
            expected="",
            seen=found.number,
            source="orders",
            result=CheckResult.MISSING,
            reason=Reason.NO_ORDER,
        )
    return Check(
        subject=Subject.ORDER,
        expected=found.order.order_number,
        seen=", ".join(found.by),
        source="orders",
        result=CheckResult.UNSURE if found.ambiguous else CheckResult.OK,
        order=found.order.order_number,
        reason=Reason.ORDER_AMBIGUOUS if found.ambiguous else None,
    )


def check_departure(order: TransportOrder, at: datetime, rules: LaneRules) -> Check:
    """Whether the order may be used now, around its departure time."""
    fits = in_date(order, at, rules)
    early = at < order.vehicle.departure_time
    return Check(
        subject=Subject.DEPARTURE,
        expected=_local(order.vehicle.departure_time),
        seen=_local(at),
        source="clock",
        result=CheckResult.OK if fits else CheckResult.DIFFERS,
        order=order.order_number,
        reason=None if fits else (Reason.ORDER_TOO_EARLY if early else Reason.ORDER_EXPIRED),
    )


def check_standing(order: TransportOrder, standing: OrderStanding | None, at: datetime, rules: LaneRules) -> Check:
    """Whether the order is still open, and no vehicle has gone on it this way before."""
    use = used_before(standing, at, rules)
    reason, seen = None, "open"
    if standing and standing.state != "open":
        reason, seen = _ENDED[standing.state], standing.state
    elif use:
        reason, seen = Reason.ORDER_USED, f"used: {_local(use.at)}, {use.lane}"
    return Check(
        subject=Subject.STANDING,
        expected="",
        seen=seen,
        source="orders",
        result=CheckResult.DIFFERS if reason else CheckResult.OK,
        order=order.order_number,
        reason=reason,
    )


def check_place(order: TransportOrder, rules: LaneRules) -> Check | None:
    """Whether the order leads through this gate in the lane's direction. Not asked where the lane does not know its place."""
    if not rules.places:
        return None
    here, there = (order.origin, order.destination) if rules.direction is Direction.OUT else (order.destination, order.origin)
    reason = None
    if here not in rules.places:
        reason = Reason.ORDER_WRONG_DIRECTION if there in rules.places else Reason.ORDER_WRONG_PLACE
    return Check(
        subject=Subject.PLACE,
        expected=f"{order.origin} → {order.destination}",
        seen=f"{rules.direction}: {', '.join(rules.places)}",
        source="orders",
        result=CheckResult.DIFFERS if reason else CheckResult.OK,
        order=order.order_number,
        reason=reason,
    )


def check_inspection(order: TransportOrder, standing: OrderStanding | None, rules: LaneRules) -> Check | None:
    """A box that must be X-rayed (儀檢) goes nowhere but to the station before it was. None where nobody asked for it."""
    if standing is None or standing.inspection == "none":
        return None
    open_ = standing.inspection == "required"
    on_the_way = open_ and order.destination in rules.inspection_places
    reason = Reason.INSPECTION_NOT_DONE if open_ and not on_the_way else None
    return Check(
        subject=Subject.INSPECTION,
        expected="inspected",
        seen=f"not inspected, {order.destination}" if open_ else "inspected",
        source="orders",
        result=CheckResult.MISSING if reason else (CheckResult.NOTED if on_the_way else CheckResult.OK),
        order=order.order_number,
        reason=reason,
    )


def check_required_seals(order: TransportOrder, standing: OrderStanding | None, at: datetime, rules: LaneRules) -> Check:
    """Whether the order names the seals that the policy asks for. More seals than that do no harm."""
    notes, conditions = (standing.notes, standing.release_conditions) if standing else ((), ())
    asked = required_seals(order, at, rules.policy, notes, conditions)
    named = tuple(dict.fromkeys(seal.kind for seal in order.seals))
    missing = bool(asked.missing(named))
    wanted = missing and rules.require_seals
    kinds = asked.kinds if len(asked.kinds) < len(_ANY_KIND) else ()
    return Check(
        subject=Subject.REQUIRED_SEALS,
        expected=_JOINED[asked.need].join(_kind(kind) for kind in kinds) or ("any seal" if asked.kinds else "no seal"),
        seen=", ".join(_kind(kind) for kind in named) or "no seal",
        source=f"policy {rules.policy.version}, rule {asked.rule.id}",
        result=CheckResult.MISSING if wanted else (CheckResult.NOTED if missing else CheckResult.OK),
        order=order.order_number,
        reason=Reason.SEAL_NOT_ON_ORDER if wanted else None,
    )


def check_orders_age(evidence: Evidence, rules: LaneRules) -> Check | None:
    """Orders that the platform has not spoken of for days may be withdrawn or changed, and nobody here would know."""
    if evidence.orders_age_s is None or evidence.orders_age_s <= rules.orders_age_h * 3600:
        return None
    return Check(
        subject=Subject.ORDERS,
        expected=f"{rules.orders_age_h:g} h",
        seen=f"{evidence.orders_age_s / 3600:.1f} h",
        source="orders",
        result=CheckResult.UNSURE,
        reason=Reason.ORDERS_STALE,
    )
