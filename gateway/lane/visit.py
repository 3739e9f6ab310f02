"""One vehicle's visit to a lane: all that is known of it, and for how long. Thrown away whole when the vehicle has gone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.decision.evidence import Evidence, gather
from gateway.decision.matching import supported
from gateway.decision.verdict import Decision, decide
from gateway.lane.actions import FindOrders
from gateway.lane.rulings import weigh
from gateway.lane.under_green import LetGo
from gateway.model.answer import Answer
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import (
    ContainerRead,
    ManualOpening,
    Observation,
    OrdersFound,
    PassiveSealRead,
    PassRead,
    PlateRead,
    Presence,
    Ruling,
    TextRead,
    View,
)
from gateway.model.passage import Passage
from gateway.model.plate import Plate, VehicleClass
from gateway.model.verdict import Outcome, Verdict

# A vehicle that stands for hours must not fill the memory: four cameras at five frames a second give 1,200 reads a minute,
# and no verdict needs more than the first few dozen of them.
MAX_OBSERVATIONS: Final = 2000

ASK_AGAIN: Final = timedelta(seconds=1)  # depots transmit late, or once more while the truck waits

_SMALL: Final = frozenset({VehicleClass.CAR, VehicleClass.MOTORCYCLE})


@dataclass(slots=True)
class Visit:
    """`on_loop`: the loop says that it is there, and will say when it is gone; otherwise it ends when nothing is seen."""

    passage_id: str
    lane: str
    rules: LaneRules
    opened_at: datetime
    on_loop: bool
    present_at: datetime
    left_at: datetime | None = None
    observations: list[Observation] = field(default_factory=list)
    evidence: Evidence | None = None
    decision: Decision | None = None  # what the lane would decide now; not yet acted on
    verdict: Verdict | None = None
    ruling: Ruling | None = None
    weighed: Verdict | None = None
    withdrawn: Verdict | None = None
    let_go: LetGo | None = None  # once it has been decided that it may go, stored or not
    ahead: LetGo | None = None  # the vehicle that it follows without a gap: what is still heard of that one is not its own
    green_since: datetime | None = None
    lookups: int = 0
    _answer: Answer = field(default_factory=Answer)
    _standing_since: datetime | None = None
    _asked: FindOrders | None = None
    _asked_at: datetime | None = None

    # The record ------------------------------------------------------------------------------------------------------

    def keep(self, seen: Observation) -> None:
        if len(self.observations) < MAX_OBSERVATIONS or isinstance(seen, Ruling | ManualOpening):
            self.observations.append(seen)
        if isinstance(seen, OrdersFound):
            self.lookups = max(0, self.lookups - 1)
        if isinstance(seen, Presence) or (not self.on_loop and isinstance(seen, TextRead | View | PassRead | ManualOpening)):
            self.present_at = max(self.present_at, seen.at)

    def record(self) -> Passage:
        return Passage(
            passage_id=self.passage_id,
            lane=self.lane,
            rules=self.rules,
            opened_at=self.opened_at,
            observations=tuple(self.observations),
            answer=self._answer,
            verdict=self.verdict,
            ruling=self.ruling,
            weighed=self.weighed,
            withdrawn=self.withdrawn,
            closed_at=self.left_at,
        )

    def end(self) -> Passage:
        """The final record. The verdict stands as it was given; the answer is all that was read, to the end."""
        self._answer = gather(self.observations, self.rules.seal_rssi_dbm).answer
        return self.record()

    @property
    def nothing_seen(self) -> bool:
        """Neither a camera nor a reader has noticed anything. Vehicle seals do not count: their radio comes from afar."""
        return not any(isinstance(seen, TextRead | View | PassRead | PassiveSealRead) for seen in self.observations)

    # Deciding --------------------------------------------------------------------------------------------------------

    def weigh(self, at: datetime) -> None:
        """Fuse all that was seen and decide, provisionally."""
        self.evidence = gather(self.observations, self.rules.seal_rssi_dbm)
        self._answer = self.evidence.answer
        before, self.decision = self.decision, decide(self.evidence, at, self.rules)
        if before is None or before.verdict.gist != self.decision.verdict.gist:
            self._standing_since = at

    def settle(self, at: datetime) -> Verdict:
        """Fix the verdict at this moment."""
        self.evidence = gather(self.observations, self.rules.seal_rssi_dbm)
        self._answer = self.evidence.answer
        self.verdict = decide(self.evidence, at, self.rules).verdict
        return self.verdict

    def weigh_ruling(self, ruling: Ruling) -> Verdict:
        return weigh(ruling, ruling.at, self.observations, self._answer, self.rules)

    def weigh_again(self, at: datetime) -> Verdict:
        """After the release: what would be decided now, with what a person has read where one has."""
        if self.ruling:
            return weigh(self.ruling, at, self.observations, self._answer, self.rules)
        return decide(gather(self.observations, self.rules.seal_rssi_dbm), at, self.rules).verdict

    @property
    def answer(self) -> Answer:
        return self._answer

    # Waiting ---------------------------------------------------------------------------------------------------------

    def is_due(self, at: datetime) -> bool:
        """Whether the verdict has stood long enough, or patience has ended."""
        if self.decision is None or self._standing_since is None:
            return False
        if at - self.opened_at >= timedelta(seconds=self.rules.patience_s):
            return True
        hold_s = self._hold_s(self.decision)
        patience = hold_s >= self.rules.patience_s  # runs from the vehicle's arrival, not from the last change
        stood = at - self._standing_since >= timedelta(seconds=hold_s)
        return stood and self.lookups == 0 and not patience

    def _hold_s(self, decision: Decision) -> float:
        """A car or a motorcycle has strayed into the lane: nobody waits for a box that it cannot carry."""
        strayed = self.evidence is not None and not self.evidence.answer.containers and not decision.verdict.orders
        plates = self.evidence.answer.plates if self.evidence else ()
        small = bool(plates) and all(plate.accepted and Plate(plate.number).vehicle_class in _SMALL for plate in plates)
        return min(decision.hold_s, self.rules.empty_s) if strayed and small else decision.hold_s

    def is_gone(self, at: datetime) -> bool:
        """Where no loop says so: nothing has been seen for a while."""
        return not self.on_loop and at - self.present_at >= timedelta(seconds=self.rules.quiet_s)

    def green_is_over(self, at: datetime) -> bool:
        return self.green_since is not None and at - self.green_since >= timedelta(seconds=self.rules.green_s)

    def is_a_stuck_loop(self, at: datetime) -> bool:
        return self.on_loop and at - self.opened_at >= timedelta(seconds=self.rules.stuck_s) and self.nothing_seen

    def count_from(self, now: datetime) -> bool:
        """The waiting times go on from `now` if the clock was put back behind them; whether it was."""
        since = (self.opened_at, self.present_at, self._standing_since, self.green_since)
        if not any(one is not None and one > now for one in since):
            return False
        self.opened_at, self.present_at = min(self.opened_at, now), min(self.present_at, now)
        self._standing_since = min(self._standing_since, now) if self._standing_since else None
        self.green_since = min(self.green_since, now) if self.green_since else None
        return True

    # Orders ----------------------------------------------------------------------------------------------------------

    def ask(self, at: datetime) -> list[FindOrders]:
        """Look up what is new."""
        wanted = self.wanted(self.evidence) if self.evidence else None
        if wanted is None or wanted == self._asked or not (wanted.containers or wanted.plates or wanted.driving_licences):
            return []
        return [self._look_up(wanted, at)]

    def ask_again(self, at: datetime) -> FindOrders | None:
        """An order may be transmitted while the vehicle waits; None where there is nothing to hope for."""
        if self.lookups or self.decision is None or self._asked is None or self._asked_at is None:
            return None
        hopes = self.decision.verdict.outcome is not Outcome.PASS and abs(at - self._asked_at) >= ASK_AGAIN
        return self._look_up(self._asked, at) if hopes else None

    def _look_up(self, wanted: FindOrders, at: datetime) -> FindOrders:
        self._asked, self._asked_at = wanted, at
        self.lookups += 1
        return wanted

    def wanted(self, evidence: Evidence) -> FindOrders:
        support = self.rules.order_support
        return FindOrders(
            tuple(dict.fromkeys(number for box in evidence.answer.containers for number in supported(box, support))),
            tuple(dict.fromkeys(number for plate in evidence.answer.plates for number in supported(plate, support))),
            tuple(dict.fromkeys(seen.driving_licence for seen in evidence.passes if seen.driving_licence)),
        )


def is_read_before(seen: Observation, opened_at: datetime) -> bool:
    """A frame taken before the loop was occupied may still show the vehicle before."""
    return isinstance(seen, ContainerRead | PlateRead | View) and seen.at < opened_at
