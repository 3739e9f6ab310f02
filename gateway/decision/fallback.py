"""What a lane does without while a device is out of order: only what its rules name, and never without saying so."""

from dataclasses import dataclass
from typing import Final

from gateway.decision.evidence import Evidence
from gateway.model.lane_rules import LaneRules
from gateway.model.verdict import Check, CheckResult, Subject

_SEALS: Final = frozenset({Subject.PASSIVE_SEAL, Subject.VEHICLE_SEAL})


@dataclass(frozen=True, slots=True)
class FellBack:
    """The checks with what was waived noted as such, and whether anything was."""

    checks: tuple[Check, ...]
    waived: bool


def fall_back(checks: tuple[Check, ...], evidence: Evidence, rules: LaneRules) -> FellBack:
    """Waive what is missing because its device is out of order, where the rules say so.

    What was seen and differs is never waived. A seal is waived only beside another seal of the same order that is in order:
    on dual track the lane decides on what remains, and a box that only a broken device could vouch for waits for a person.
    """
    lost_for = {
        subject.value: device for device in evidence.lost_devices for subject in sorted(rules.without.get(device, ()), reverse=True)
    }
    if not lost_for:
        return FellBack(checks, waived=False)
    sealed = {check.order for check in checks if check.subject in _SEALS and check.result is CheckResult.OK}
    found = tuple(_waive(check, lost_for[check.subject]) if _may(check, lost_for, sealed) else check for check in checks)
    return FellBack(found, waived=found != checks)


def _may(check: Check, lost_for: dict[str, str], sealed: set[str]) -> bool:
    if check.result is not CheckResult.MISSING or check.subject not in lost_for:
        return False
    return check.subject not in _SEALS or check.order in sealed


def _waive(check: Check, device: str) -> Check:
    return check.model_copy(update={"result": CheckResult.NOTED, "reason": None, "source": f"waived: {device} is out of order"})
