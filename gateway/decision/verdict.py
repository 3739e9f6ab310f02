"""The verdict on one passage, from its evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.decision.checks import check_match
from gateway.decision.evidence import Evidence
from gateway.decision.fallback import fall_back
from gateway.decision.matching import Match, match, may_have_companion
from gateway.decision.order_checks import check_orders_age
from gateway.model.answer import PlateRole
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import CLOCK
from gateway.model.reasons import Reason
from gateway.model.verdict import Check, CheckResult, Outcome, Subject, Verdict

# What no clerk at the lane may wave through: the evidence itself says that something is wrong, not merely unread.
STOPPING: Final = frozenset(
    {
        Reason.BOX_DIFFERS,
        Reason.BOX_UNEXPECTED,
        Reason.BOX_SWAPPED,
        Reason.ORDER_CANCELLED,
        Reason.INSPECTION_NOT_DONE,
        Reason.E_SEAL_DIFFERS,
        Reason.VEHICLE_SEAL_TAMPERED,
        Reason.SEAL_FORGED,
    }
)

INCOMPLETE: Final = frozenset({CheckResult.MISSING, CheckResult.UNSURE})


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, and for how many seconds it must have stood unchanged before the lane acts on it."""

    verdict: Verdict
    hold_s: float


def _reasons(checks: tuple[Check, ...]) -> tuple[Reason, ...]:
    """Each reason once; what stops before what refers, then in the order of the checks."""
    found = dict.fromkeys(check.reason for check in checks if check.reason)
    return tuple(sorted(found, key=lambda reason: reason not in STOPPING))


def _outcome(reasons: tuple[Reason, ...]) -> Outcome:
    if not reasons:
        return Outcome.PASS
    return Outcome.STOP if any(reason in STOPPING for reason in reasons) else Outcome.REFER


def _nothing_found(evidence: Evidence) -> Check:
    """Neither box nor order: say what was seen, so that a clerk has somewhere to start."""
    plate = evidence.answer.plate(PlateRole.TRACTOR) or evidence.answer.plate(PlateRole.UNKNOWN)
    return Check(
        subject=Subject.ORDER,
        expected="",
        seen=plate.number if plate else "",
        source="orders",
        result=CheckResult.MISSING,
        reason=Reason.NO_ORDER,
    )


def _hidden_box_checks(matches: tuple[Match, ...], rules: LaneRules) -> tuple[Check, ...]:
    """A 20-foot box that was read at one end of the truck only may have another one behind or before it."""
    if not rules.both_ends or len(matches) != 1 or not may_have_companion(matches[0]):
        return ()
    box = matches[0].box
    ends = {sight.device for sight in box.sights} if box else set()
    if len(ends) > 1:
        return ()
    return (
        Check(
            subject=Subject.CONTAINER,
            expected="",
            seen="",
            source=", ".join(sorted(ends)),
            result=CheckResult.MISSING,
            reason=Reason.BOX_UNREAD,
        ),
    )


def _device_checks(evidence: Evidence, referred: bool) -> tuple[Check, ...]:
    """A device that is out of order is always on the record; it is a reason only when something else is missing too."""
    return tuple(
        Check(
            subject=Subject.DEVICE,
            expected="",
            seen=device,
            source=device,
            result=CheckResult.MISSING if referred else CheckResult.NOTED,
            reason=Reason.DEVICE_LOST if referred else None,
        )
        for device in evidence.lost_devices
    )


def _clock_checks(evidence: Evidence, rules: LaneRules) -> tuple[Check, ...]:
    """A clock that is off is on the record, since its times are. One that is far off cannot tell whether an order is in date."""
    if not evidence.clock_fault:
        return ()
    far = evidence.clock_off_s > rules.clock_limit_s
    return (
        Check(
            subject=Subject.CLOCK,
            expected="",
            seen=evidence.clock_fault,
            source=CLOCK,
            result=CheckResult.UNSURE if far else CheckResult.NOTED,
            reason=Reason.CLOCK_WRONG if far else None,
        ),
    )


def _is_doubtful(found: Match, evidence: Evidence, rules: LaneRules) -> bool:
    """Whether the order had to confirm the box number or the plate."""
    if found.box and not (found.box.accepted and found.box.number == found.number):
        return True
    wanted = found.order.vehicle.plate_value if found.order else ""
    return rules.require_plate and not any(plate.accepted and plate.number == wanted for plate in evidence.answer.plates)


def _hold(outcome: Outcome, checks: tuple[Check, ...], matches: tuple[Match, ...], evidence: Evidence, rules: LaneRules) -> float:
    """A pass is given at once, unless a second box may come into view, no box was seen at all, or it rests on a reading that the
    reader does not rely on by itself: the next look may say otherwise.

    A referral waits longest, and so does a stop while something is still unread: the light is not green anyhow, and whoever
    comes to look wants the whole picture.
    """
    if outcome is Outcome.REFER or (outcome is Outcome.STOP and any(check.result in INCOMPLETE for check in checks)):
        return rules.patience_s
    if outcome is Outcome.STOP or (len(matches) == 1 and may_have_companion(matches[0])):
        return rules.settle_s
    if any(found.box is None for found in matches):
        return rules.empty_s
    return rules.settle_s if any(_is_doubtful(found, evidence, rules) for found in matches) else 0.0


def decide(evidence: Evidence, at: datetime, rules: LaneRules) -> Decision:
    """PASS when every check of every box holds; STOP when the evidence contradicts an order; REFER when something is missing."""
    matches = match(evidence, at, rules)
    orders = tuple(found.order for found in matches if found.order)
    ours = frozenset(seal.number for order in orders for seal in order.seals)
    checks = tuple(check for found in matches for check in check_match(found, evidence, ours, at, rules))
    if not matches:
        checks = (_nothing_found(evidence),)
    fallen = fall_back(checks, evidence, rules)
    checks = fallen.checks + _hidden_box_checks(matches, rules)
    stale = check_orders_age(evidence, rules)
    checks += _device_checks(evidence, referred=bool(_reasons(checks))) + ((stale,) if stale else ())
    checks += _clock_checks(evidence, rules)
    reasons = _reasons(checks)
    verdict = Verdict(
        outcome=_outcome(reasons),
        reasons=reasons,
        checks=checks,
        orders=tuple(order.order_number for order in orders),
        decided_at=at,
    )
    hold_s = _hold(verdict.outcome, checks, matches, evidence, rules)
    return Decision(verdict, max(hold_s, rules.empty_s) if fallen.waived else hold_s)  # another device may still see it
