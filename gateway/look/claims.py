"""What was read beside what was expected: the checks of a verdict joined to the numbers that they rest on. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.model.answer import ContainerAnswer
from gateway.model.verdict import Check, CheckResult, Subject


@dataclass(frozen=True, slots=True)
class BoxClaim:
    """One box: its answer, and what its order expects. Without `answer` it was expected and not read."""

    answer: ContainerAnswer | None
    expected: str
    result: CheckResult | None


def _check_of_box(answer: ContainerAnswer, checks: Iterable[Check]) -> Check | None:
    """The check that rests on this box: on its number, or on one of the other readings that the pictures support."""
    readings = {answer.number, *(other.number for other in answer.alternatives)}
    ours = [check for check in checks if check.subject is Subject.CONTAINER and check.seen in readings]
    return min(ours, key=lambda check: check.seen != answer.number, default=None)


def box_claims(containers: Sequence[ContainerAnswer], checks: Sequence[Check]) -> tuple[BoxClaim, ...]:
    """The boxes that were read, in their order, then those that were expected besides."""
    found = []
    used: list[Check] = []
    for answer in containers:
        check = _check_of_box(answer, checks)
        if check:
            used.append(check)
        found.append(BoxClaim(answer, check.expected if check else "", check.result if check else None))
    for check in checks:
        if check.subject is Subject.CONTAINER and check not in used and check.expected:
            found.append(BoxClaim(None, check.expected, check.result))
    return tuple(found)
