"""The seals of one order: those that it names, each beside what the lane's readers saw of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from gateway.decision.evidence import Evidence
from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.observation import PassiveSealRead, VehicleSealHeard
from gateway.model.reasons import Reason
from gateway.model.seal import PASSIVE_E_SEAL, VEHICLE_SEAL
from gateway.model.transport_order import OrderSeal, TransportOrder
from gateway.model.verdict import Check, CheckResult, Subject

_SUBJECTS: Final = {PASSIVE_E_SEAL: Subject.PASSIVE_SEAL, VEHICLE_SEAL: Subject.VEHICLE_SEAL}


def _seal_check(seal: OrderSeal, order: TransportOrder, seen: str, source: str, reason: Reason | None) -> Check:
    results = {
        None: CheckResult.OK,
        Reason.E_SEAL_UNREAD: CheckResult.MISSING,
        Reason.VEHICLE_SEAL_MISSING: CheckResult.MISSING,
        Reason.VEHICLE_SEAL_STALE: CheckResult.UNSURE,
    }
    return Check(
        subject=_SUBJECTS[seal.kind],
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


def _fault(heard: VehicleSealHeard, at: datetime, rules: LaneRules) -> Reason | None:
    """What is wrong with a seal that was heard here. Its battery must last for the trip that begins, not for one that ends."""
    faults = (
        (heard.tampered, Reason.VEHICLE_SEAL_TAMPERED),
        (not heard.inserted, Reason.VEHICLE_SEAL_NOT_INSERTED),
        (not heard.locked, Reason.VEHICLE_SEAL_NOT_LOCKED),
        (heard.motor_stuck or heard.wrong_credential, Reason.VEHICLE_SEAL_FAULTY),
        ((at - heard.at).total_seconds() > rules.seal_fresh_s, Reason.VEHICLE_SEAL_STALE),
        (heard.low_battery and rules.direction is Direction.OUT, Reason.VEHICLE_SEAL_LOW_BATTERY),
    )
    return next((reason for wrong, reason in faults if wrong), None)


def check_vehicle_seal(
    seal: OrderSeal, order: TransportOrder, evidence: Evidence, ours: frozenset[str], at: datetime, rules: LaneRules
) -> Check:
    """Kind 8: heard in this lane until now, the right number, inserted, locked, not tampered with, and nobody forging it."""
    forged = [r for r in evidence.rejected_seals if r.number == seal.number and r.why in {"forged", "replayed"}]
    heard = next((h for h in evidence.vehicle_seals if h.number == seal.number), None)
    if forged:
        seen = f"{forged[0].why}: {seal.number}"
        return _seal_check(seal, order, seen, forged[0].device, Reason.SEAL_FORGED)
    if heard:
        return _seal_check(seal, order, f"{heard.number}: {_state(heard)}", heard.device, _fault(heard, at, rules))
    parted = next((h for h in evidence.seals_elsewhere if h.number == seal.number), None)
    if parted:
        seen = f"elsewhere: {parted.number}"
        return _seal_check(seal, order, seen, parted.device, Reason.VEHICLE_SEAL_ELSEWHERE)
    strangers = [h for h in evidence.vehicle_seals if h.number not in ours]
    if strangers:
        seen = ", ".join(h.number for h in strangers)
        return _seal_check(seal, order, seen, strangers[0].device, Reason.VEHICLE_SEAL_DIFFERS)
    return _seal_check(seal, order, "", "", Reason.VEHICLE_SEAL_MISSING)


def check_seals(order: TransportOrder, evidence: Evidence, ours: frozenset[str], at: datetime, rules: LaneRules) -> Iterator[Check]:
    """Each seal that the order names. Kinds that no device reads are noted for whoever looks at the pictures."""
    for seal in order.seals:
        if seal.kind == PASSIVE_E_SEAL and rules.require_seals:
            yield check_passive_seal(seal, order, evidence.passive_seals, ours)
        elif seal.kind == VEHICLE_SEAL and rules.require_seals:
            yield check_vehicle_seal(seal, order, evidence, ours, at, rules)
        else:
            yield Check(
                subject=_SUBJECTS.get(seal.kind, Subject.SEAL),
                expected=seal.number,
                seen="",
                source="",
                result=CheckResult.NOTED,
                order=order.order_number,
            )
