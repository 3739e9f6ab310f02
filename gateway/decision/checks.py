"""The checks of one order: what it expects, what the lane saw, and on what that rests."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from gateway.decision.evidence import Evidence
from gateway.decision.matching import BOXLESS, Match, confirmable, in_date
from gateway.model.answer import PlateAnswer, PlateRole, Sight
from gateway.model.clock import TAIPEI
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import PassiveSealRead, VehicleSealHeard
from gateway.model.reasons import Reason
from gateway.model.seal import PASSIVE_E_SEAL, VEHICLE_SEAL
from gateway.model.transport_order import OrderSeal, TransportOrder
from gateway.model.verdict import Check, CheckResult, Subject

_SEAL_SUBJECTS: Final = {PASSIVE_E_SEAL: Subject.PASSIVE_SEAL, VEHICLE_SEAL: Subject.VEHICLE_SEAL}


def _devices(sights: tuple[Sight, ...]) -> str:
    return ", ".join(dict.fromkeys(sight.device for sight in sights))


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
        result = CheckResult.DIFFERS if box.accepted else CheckResult.UNSURE
        reason = Reason.BOX_DIFFERS if box.accepted else Reason.BOX_UNSURE
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


def check_size_type(found: Match, order: TransportOrder) -> Check | None:
    """Size and type are shown beside each other and decide nothing yet: operators mark boxes loosely."""
    expected = order.container.size_type if order.container else None
    if expected is None or found.box is None or found.box.size_type is None:
        return None
    return Check(
        subject=Subject.SIZE_TYPE,
        expected=expected,
        seen=found.box.size_type,
        source=_devices(found.box.sights),
        result=CheckResult.OK if expected == found.box.size_type else CheckResult.NOTED,
        order=order.order_number,
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


def check_pass(order: TransportOrder, evidence: Evidence, rules: LaneRules) -> Check:
    """The driver's port pass: its holder's driving licence must be the order's. Passengers' passes do no harm."""
    wanted = order.vehicle.driving_licence
    known = [seen for seen in evidence.passes if seen.driving_licence]
    right = next((seen for seen in known if seen.driving_licence == wanted), None)
    shown = right or next(iter(known), None) or next(iter(evidence.passes), None)
    if right:
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


def _seal_check(seal: OrderSeal, order: TransportOrder, seen: str, source: str, reason: Reason | None) -> Check:
    results = {
        None: CheckResult.OK,
        Reason.E_SEAL_UNREAD: CheckResult.MISSING,
        Reason.VEHICLE_SEAL_MISSING: CheckResult.MISSING,
    }
    return Check(
        subject=_SEAL_SUBJECTS[seal.kind],
        expected=seal.number,
        seen=seen,
        source=source,
        result=results.get(reason, CheckResult.DIFFERS),
        order=order.order_number,
        reason=reason,
    )


def check_passive_seal(seal: OrderSeal, order: TransportOrder, chips: tuple[PassiveSealRead, ...], ours: frozenset[str]) -> Check:
    """Kind 5. `ours` are the seal numbers of all orders on this truck: the other box's seal is no stranger."""
    for chip in chips:
        if chip.number == seal.number:
            return _seal_check(seal, order, seal.number, chip.device, None)
    strangers = [chip for chip in chips if chip.number and chip.number not in ours]
    if strangers:
        seen = ", ".join(chip.number or "" for chip in strangers)
        return _seal_check(seal, order, seen, strangers[0].device, Reason.E_SEAL_DIFFERS)
    unknown = [chip for chip in chips if chip.number is None]
    seen = ", ".join(chip.epc for chip in unknown)
    return _seal_check(seal, order, seen, unknown[0].device if unknown else "", Reason.E_SEAL_UNREAD)


def _state(heard: VehicleSealHeard) -> str:
    """The seal's state in words of the log: plug and lock are two states."""
    words = [
        "inserted" if heard.inserted else "not inserted",
        "locked" if heard.locked else "not locked",
        *(name for name in ("shell_opened", "cable_cut", "opened_while_sealed", "motor_stuck") if getattr(heard, name)),
        *(name for name in ("wrong_credential", "low_battery") if getattr(heard, name)),
    ]
    return ", ".join(words)


def _fault(heard: VehicleSealHeard) -> Reason | None:
    if heard.tampered:
        return Reason.VEHICLE_SEAL_TAMPERED
    if not heard.inserted:
        return Reason.VEHICLE_SEAL_NOT_INSERTED
    if not heard.locked:
        return Reason.VEHICLE_SEAL_NOT_LOCKED
    if heard.motor_stuck or heard.wrong_credential:
        return Reason.VEHICLE_SEAL_FAULTY
    return None


def check_vehicle_seal(seal: OrderSeal, order: TransportOrder, evidence: Evidence, ours: frozenset[str]) -> Check:
    """Kind 8: heard in this lane, the right number, inserted, locked, not tampered with, and nobody forging it."""
    forged = [r for r in evidence.rejected_seals if r.number == seal.number and r.why in {"forged", "replayed"}]
    heard = next((h for h in evidence.vehicle_seals if h.number == seal.number), None)
    if forged:
        seen = f"{forged[0].why}: {seal.number}"
        return _seal_check(seal, order, seen, forged[0].device, Reason.SEAL_FORGED)
    if heard:
        return _seal_check(seal, order, f"{heard.number}: {_state(heard)}", heard.device, _fault(heard))
    strangers = [h for h in evidence.vehicle_seals if h.number not in ours]
    if strangers:
        seen = ", ".join(h.number for h in strangers)
        return _seal_check(seal, order, seen, strangers[0].device, Reason.VEHICLE_SEAL_DIFFERS)
    return _seal_check(seal, order, "", "", Reason.VEHICLE_SEAL_MISSING)


def check_seals(order: TransportOrder, evidence: Evidence, ours: frozenset[str], rules: LaneRules) -> Iterator[Check]:
    """Each seal that the order names. Kinds that no device reads are noted for whoever looks at the pictures."""
    for seal in order.seals:
        if seal.kind == PASSIVE_E_SEAL and rules.require_seals:
            yield check_passive_seal(seal, order, evidence.passive_seals, ours)
        elif seal.kind == VEHICLE_SEAL and rules.require_seals:
            yield check_vehicle_seal(seal, order, evidence, ours)
        else:
            yield Check(
                subject=_SEAL_SUBJECTS.get(seal.kind, Subject.SEAL),
                expected=seal.number,
                seen="",
                source="",
                result=CheckResult.NOTED,
                order=order.order_number,
            )


def check_match(found: Match, evidence: Evidence, ours: frozenset[str], at: datetime, rules: LaneRules) -> Iterator[Check]:
    """All checks of one box and its order, in the order in which a person would go through them."""
    yield check_order(found)
    if found.order is None:
        return
    yield check_departure(found.order, at, rules)
    yield check_box(found, found.order, rules)
    size_type = check_size_type(found, found.order)
    if size_type:
        yield size_type
    yield check_plate(found.order, evidence, rules)
    yield check_pass(found.order, evidence, rules)
    yield from check_seals(found.order, evidence, ours, rules)
