"""A passage: one vehicle (or its boxes) through one lane, with everything that led to its verdict."""

from pydantic import BaseModel, ConfigDict

from gateway.model.answer import Answer
from gateway.model.clock import UtcTime
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import ManualOpening, Observation, Ruling
from gateway.model.verdict import Outcome, Verdict


def what_holds(verdict: Verdict, ruling: Ruling | None, withdrawn: Verdict | None) -> Outcome:
    """The last word of the three: the lane's verdict, what it took back under green, and what a person decided."""
    if withdrawn and not (ruling and ruling.at > withdrawn.decided_at):
        return Outcome.STOP
    if ruling is None:
        return verdict.outcome
    return Outcome.PASS if ruling.approved else Outcome.STOP


def orders_fulfilled(verdict: Verdict, ruling: Ruling | None, weighed: Verdict | None) -> tuple[str, ...]:
    """Order numbers: those that the lane named, with a person's corrections where there are some; or the one that was picked
    where the lane does not name it."""
    named = weighed.orders if ruling and weighed else verdict.orders
    return (ruling.order,) if ruling and ruling.order and ruling.order not in named else named


class Passage(BaseModel):
    """The record of one passage. `observations` stand in the order in which the lane took them: a replay needs no more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passage_id: str  # UUIDv7
    lane: str
    rules: LaneRules
    opened_at: UtcTime
    observations: tuple[Observation, ...]
    answer: Answer
    verdict: Verdict | None = None  # the lane's own; it stands as it was given
    ruling: Ruling | None = None  # what a person then decided
    weighed: Verdict | None = None  # what the lane decides anew with it: an approval waives the reasons that are left
    withdrawn: Verdict | None = None  # why the lane took back its green while the vehicle was still there
    closed_at: UtcTime | None = None

    @property
    def manual_openings(self) -> tuple[ManualOpening, ...]:
        return tuple(seen for seen in self.observations if isinstance(seen, ManualOpening))

    @property
    def outcome(self) -> Outcome | None:
        """What holds of it by now; None while it is undecided."""
        return what_holds(self.verdict, self.ruling, self.withdrawn) if self.verdict else None

    @property
    def orders(self) -> tuple[str, ...]:
        """The order numbers that it fulfils where it is let go."""
        return orders_fulfilled(self.verdict, self.ruling, self.weighed) if self.verdict else ()
