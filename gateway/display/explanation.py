"""How a stored passage came to its verdict: what was seen, each change of mind, and what took how long. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.display.observed import ObservedLine, observed
from gateway.lane.retrace import Retrace, retrace
from gateway.model.observation import Presence
from gateway.model.passage import Passage
from gateway.model.sealing import Sealing
from gateway.store.archive import StoredPassage


class Why(StrEnum):
    """Why the lane decided then, and not sooner."""

    AT_ONCE = "at_once"  # the evidence was enough
    HELD = "held"  # it had stood unchanged as long as the rules ask
    PATIENCE = "patience"  # the vehicle had stood as long as the lane waits
    LEFT = "left"  # the vehicle was gone


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the vehicle's arrival, except `held_s`, and `stored_s` and `sent_s` from the verdict. None: not on record.

    `needed` is the place, among the record's observations, of the last one that changed what the lane would decide.
    """

    needed_s: float
    needed: int
    decided_s: float
    held_s: float
    why: Why
    stored_s: float | None
    sent_s: float | None
    closed_s: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`timing` is None where no verdict is on record. `way` is the record gone through once more by today's program."""

    stored: StoredPassage
    lines: tuple[ObservedLine, ...]
    way: Retrace
    timing: Timing | None

    @property
    def passage(self) -> Passage:
        return self.stored.passage

    @property
    def sealing(self) -> Sealing | None:
        """The confirmation of sealing that holds: what the platform is told last counts."""
        confirmed = [told.confirmation for told in self.stored.told if told.confirmation]
        return confirmed[-1].sealing if confirmed else None

    @property
    def decides_alike(self) -> bool:
        """Whether today's program gives the verdict that is on record."""
        return self.way.verdict == self.passage.verdict


def explain(stored: StoredPassage) -> Explanation:
    """Texts are in the language being spoken."""
    passage = stored.passage
    way = retrace(passage)
    return Explanation(stored, observed(passage.observations, passage.opened_at), way, _timing(stored, way))


def _timing(stored: StoredPassage, way: Retrace) -> Timing | None:
    passage = stored.passage
    if passage.verdict is None or not way.turns:
        return None
    decided_at, last = passage.verdict.decided_at, way.turns[-1]
    told = stored.told[0] if stored.told else None
    return Timing(
        needed_s=(last.at - passage.opened_at).total_seconds(),
        needed=max(last.observations - 1, 0),
        decided_s=(decided_at - passage.opened_at).total_seconds(),
        held_s=(decided_at - last.at).total_seconds(),
        why=_why(passage, way),
        stored_s=(told.committed_at - decided_at).total_seconds() if told else None,
        sent_s=(told.settled_at - decided_at).total_seconds() if told and told.settled_at else None,
        closed_s=(passage.closed_at - passage.opened_at).total_seconds() if passage.closed_at else None,
    )


def _why(passage: Passage, way: Retrace) -> Why:
    used = passage.observations[: way.used]
    if used and isinstance(used[-1], Presence) and not used[-1].occupied:
        return Why.LEFT
    if passage.verdict and (passage.verdict.decided_at - passage.opened_at).total_seconds() >= passage.rules.patience_s:
        return Why.PATIENCE
    return Why.HELD if way.turns[-1].hold_s else Why.AT_ONCE
