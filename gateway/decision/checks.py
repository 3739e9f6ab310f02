"""The checks of one order: what it expects, what the lane saw, and on what that rests."""

from collections.abc import Iterator
from datetime import datetime

from gateway.decision.evidence import Evidence
from gateway.decision.matching import BOXLESS, Match, confirmable
from gateway.decision.order_checks import (
    check_departure,
    check_inspection,
    check_order,
    check_place,
    check_required_seals,
    check_standing,
)
from gateway.decision.same_number import edit_distance
from gateway.decision.seal_checks import check_seals
from gateway.model.answer import PlateAnswer, PlateRole, Sight
from gateway.model.lane_rules import LaneRules
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Check, CheckResult, Subject


def _devices(sights: tuple[Sight, ...]) -> str:
    return ", ".join(dict.fromkeys(sight.device for sight in sights))


def check_box(found: Match, order: TransportOrder, rules: LaneRules) -> Check:
    """The box number. An order picks among readings that the pictures support; alone it makes none sure.

    A reading that the reader does not rely on by itself counts when the order names it *and* the plate or the pass leads
    to the same order.
    """
    expected = order.container.number if order.container else ""
    box = found.box
    if box is None:
        missing = bool(expected) and order.load_kind not in BOXLESS
        return Check(
            subject=Subject.CONTAINER,
            expected=expected,
            seen="",
            source="",
            result=CheckResult.MISSING if missing else CheckResult.OK,
            order=order.order_number,
            reason=Reason.BOX_UNREAD if missing else None,
        )
    source, result, reason = _devices(box.sights), CheckResult.OK, None
    if not expected:
        result, reason = CheckResult.DIFFERS, Reason.BOX_UNEXPECTED
    elif found.number != expected:
        result, reason = _difference(found.number, expected, box.accepted)
    elif found.own_order:
        source = f"{source}; order {found.own_order}"
        result, reason = CheckResult.DIFFERS, Reason.BOX_SWAPPED
    elif not (box.accepted and found.number == box.number):
        if len(found.by) > 1 and found.number in confirmable(box, rules.order_support):
            source = ", ".join((source, "order", *found.by[1:]))
        else:
            result, reason = CheckResult.UNSURE, Reason.BOX_UNSURE
    return Check(
        subject=Subject.CONTAINER,
        expected=expected,
        seen=found.number,
        source=source,
        result=result,
        order=order.order_number,
        reason=reason,
    )


def _difference(number: str, expected: str, accepted: bool) -> tuple[CheckResult, Reason]:
    """Another box has at least two other characters: its serial's and its check digit. One alone is a misread, or a slip of
    whoever typed the order, and a person can tell which.
    """
    if not accepted:
        return CheckResult.UNSURE, Reason.BOX_UNSURE
    if edit_distance(number, expected) == 1:
        return CheckResult.UNSURE, Reason.BOX_ONE_OFF
    return CheckResult.DIFFERS, Reason.BOX_DIFFERS


def check_size_type(found: Match, order: TransportOrder, rules: LaneRules) -> Check | None:
    """Size and type beside each other. Operators mark types loosely, but nobody takes 20 feet for 40: the rules may ask."""
    expected = order.container.size_type if order.container else None
    if expected is None or found.box is None or found.box.size_type is None:
        return None
    seen = found.box.size_type
    wrong = rules.require_size and expected[:1] != seen[:1]  # ISO 6346: the first character is the length
    return Check(
        subject=Subject.SIZE_TYPE,
        expected=expected,
        seen=seen,
        source=_devices(found.box.sights),
        result=CheckResult.DIFFERS if wrong else (CheckResult.OK if expected == seen else CheckResult.NOTED),
        order=order.order_number,
        reason=Reason.SIZE_DIFFERS if wrong else None,
    )


def _tractor(evidence: Evidence) -> PlateAnswer | None:
    """The plate to hold against the order's: the tractor's, else one whose series says nothing; never a trailer's."""
    return evidence.answer.plate(PlateRole.TRACTOR) or evidence.answer.plate(PlateRole.UNKNOWN)


def check_plate(order: TransportOrder, evidence: Evidence, rules: LaneRules) -> Check:
    """A rig shows two plates and the order names one: any plate that fits is right, a trailer's alone is never wrong."""
    wanted = order.vehicle.plate_value
    fitting = next((p for p in evidence.answer.plates if wanted in confirmable(p, rules.order_support)), None)
    tractor = _tractor(evidence)
    shown = fitting or tractor or next(iter(evidence.answer.plates), None)
    if fitting:
        result, reason = CheckResult.OK, None
    elif tractor and tractor.accepted:
        result, reason = CheckResult.DIFFERS, Reason.PLATE_DIFFERS
    elif tractor:
        result, reason = CheckResult.UNSURE, Reason.PLATE_UNSURE
    else:
        result, reason = CheckResult.MISSING, Reason.PLATE_UNREAD
    if reason and not rules.require_plate:
        result, reason = CheckResult.NOTED, None
    return Check(
        subject=Subject.PLATE,
        expected=wanted,
        seen=wanted if fitting else (shown.number if shown else ""),
        source=_devices(shown.sights) if shown else "",
        result=result,
        order=order.order_number,
        reason=reason,
    )


def check_pass(order: TransportOrder, evidence: Evidence, at: datetime, rules: LaneRules) -> Check:
    """The driver's port pass: its holder's driving licence must be the order's. Passengers' passes do no harm."""
    wanted = order.vehicle.driving_licence
    known = [seen for seen in evidence.passes if seen.driving_licence]
    right = next((seen for seen in known if seen.driving_licence == wanted), None)
    shown = right or next(iter(known), None) or next(iter(evidence.passes), None)
    if right and right.valid_until and right.valid_until < at:
        result, reason = CheckResult.DIFFERS, Reason.PASS_EXPIRED
    elif right:
        result, reason = CheckResult.OK, None
    elif known:
        result, reason = CheckResult.DIFFERS, Reason.PASS_DIFFERS
    elif evidence.passes:
        result, reason = CheckResult.UNSURE, Reason.PASS_UNKNOWN
    else:
        result, reason = CheckResult.MISSING, Reason.PASS_UNREAD
    if reason and not rules.require_pass:
        result, reason = CheckResult.NOTED, None
    return Check(
        subject=Subject.PASS,
        expected=order.vehicle.driver,
        seen=(shown.holder or shown.uid) if shown else "",
        source=shown.device if shown else "",
        result=result,
        order=order.order_number,
        reason=reason,
    )


def check_match(found: Match, evidence: Evidence, ours: frozenset[str], at: datetime, rules: LaneRules) -> Iterator[Check]:
    """All checks of one box and its order, in the order in which a person would go through them."""
    yield check_order(found)
    if found.order is None:
        return
    order, standing = found.order, evidence.standings.get(found.order.order_number)
    asked = (
        check_standing(order, standing, at, rules),
        check_departure(order, at, rules),
        check_place(order, rules),
        check_inspection(order, standing, rules),
        check_box(found, order, rules),
        check_size_type(found, order, rules),
        check_plate(order, evidence, rules),
        check_pass(order, evidence, at, rules),
        check_required_seals(order, standing, at, rules),
    )
    yield from (check for check in asked if check)
    yield from check_seals(order, evidence, ours, at, rules)
