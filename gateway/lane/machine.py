"""One lane as a state machine without input or output: observations and ticks in, actions out.

It knows no device, no clock and no store. What it does with equal observations is always the same, so a passage can be
replayed from its record (`gateway.lane.replay`). A passage keeps every observation that it used, in order of use.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.decision.evidence import Evidence, gather
from gateway.decision.matching import supported
from gateway.decision.verdict import Decision, decide
from gateway.lane.actions import Action, AnswerRuling, Attend, Close, Commit, FindOrders, OpenBarrier, ShowLight, Sound
from gateway.lane.recent import Recent, Repeats
from gateway.lane.rulings import RulingAnswer, answer_to, evidence_with, goes_beyond_rights, weigh
from gateway.lane.transitions import LIGHTS, TRANSITIONS, LightColour, State, Trigger
from gateway.model.answer import Answer
from gateway.model.lane_rules import LaneRules, OpenedBy
from gateway.model.observation import DeviceState, Observation, OrdersFound, Presence, Ruling, TextRead, Tick, View
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome, Verdict

# A vehicle that stands for hours must not fill the memory: four cameras at five frames a second give 1,200 reads a minute,
# and no verdict needs more than the first few dozen of them.
MAX_OBSERVATIONS: Final = 2000

ASK_AGAIN: Final = timedelta(seconds=1)  # depots transmit late, or once more while the truck waits

_GREEN: Final = frozenset(state for state, colour in LIGHTS.items() if colour is LightColour.GREEN)
_HEARD: Final = {  # decided, and the vehicle is still there
    State.PASSED: Outcome.PASS,
    State.REFERRED: Outcome.REFER,
    State.STOPPED: Outcome.STOP,
    State.RELEASED: Outcome.PASS,
    State.REFUSED: Outcome.STOP,
}
_STORED: Final = {
    Outcome.PASS: Trigger.STORED_PASS,
    Outcome.REFER: Trigger.STORED_REFER,
    Outcome.STOP: Trigger.STORED_STOP,
}


class LaneMachine:
    """One lane. Feed it with `observe`; after a `Commit` was carried out, call `stored` or `store_refused`."""

    def __init__(self, lane: str, rules: LaneRules, new_id: Callable[[datetime], str]) -> None:
        self.lane = lane
        self.rules = rules
        self._new_id = new_id
        self.state = State.IDLE
        self._recent = Recent(timedelta(seconds=rules.lookback_s))
        self._repeats = Repeats()
        self._next: Presence | None = None
        self._now: Tick | None = None
        self._gone_at: datetime | None = None  # when the last vehicle left: what was seen until then is not the next one's
        self._forget()

    def _forget(self) -> None:
        """Nothing of the last vehicle stays."""
        self._passage_id = ""
        self._opened_at: datetime | None = None
        self._present_at: datetime | None = None
        self._left_at: datetime | None = None
        self._observations: list[Observation] = []
        self._evidence: Evidence | None = None
        self._decision: Decision | None = None
        self._decided: Verdict | None = None
        self._ruling: Ruling | None = None
        self._weighed: Verdict | None = None
        self._when_stored: Trigger | None = None  # what follows once the record is stored that is on its way
        self._answer = Answer()
        self._standing_since: datetime | None = None
        self._asked: FindOrders | None = None
        self._asked_at: datetime | None = None
        self._lookups = 0

    # What the screen shows -------------------------------------------------------------------------------------------

    @property
    def passage(self) -> Passage | None:
        """The passage as it stands, with a verdict once there is one; None while nobody is there."""
        return self._record(None) if self._opened_at else None

    @property
    def evidence(self) -> Evidence | None:
        return self._evidence

    @property
    def decision(self) -> Decision | None:
        """What the lane would decide now; not yet acted on."""
        return self._decision

    # What goes in ----------------------------------------------------------------------------------------------------

    def observe(self, seen: Observation) -> list[Action]:
        """Take one observation. Observations of one lane come in order of arrival; `at` may be slightly out of order."""
        self._recent.note(seen)
        if isinstance(seen, Tick):
            self._now = seen
            self._forgive_the_clock(seen.at)
        if isinstance(seen, Ruling):
            return self._rule(seen)
        if self._is_of_the_last_vehicle(seen):
            return []
        if self.state is State.IDLE:
            return self._observe_idle(seen)
        if self.state is State.LEFT_COMMITTING:
            return self._observe_next(seen)
        return self._pass_time(seen) if isinstance(seen, Tick) else self._observe_vehicle(seen)

    def stored(self) -> list[Action]:
        """The passage's record is committed: now, and only now, act on it."""
        trigger, self._when_stored = self._when_stored, None
        if trigger is None:
            return []
        passage_id = self._passage_id
        actions = self._go(trigger)
        if self.state in _GREEN:
            actions.append(OpenBarrier(passage_id))
        if self.state in _HEARD:
            actions.append(Sound(_HEARD[self.state]))
        if self.state is State.IDLE and self._next:
            arrived, self._next = self._next, None
            actions += self._observe_idle(arrived)
        return actions

    def store_refused(self) -> list[Action]:
        """The store did not take the record (disk full, for instance): red until it does."""
        return self._go(Trigger.STORE_REFUSED)

    def end(self, at: datetime) -> list[Action]:
        """The source of observations has ended (a clip, a shutdown): decide on what there is, then close."""
        return [] if self.state in {State.IDLE, State.LEFT_COMMITTING} else self._leave(at)

    def lookup_for(self, ruling: Ruling) -> FindOrders | None:
        """Which orders a ruling makes worth looking for, before it is observed; None where the lane would not take it."""
        if self._answer_to(ruling) is not RulingAnswer.TAKEN:
            return None
        return self._wanted(evidence_with(ruling, self._observations, self._answer, self.rules))

    # What happens ----------------------------------------------------------------------------------------------------

    def _is_of_the_last_vehicle(self, seen: Observation) -> bool:
        """A read may come seconds after its frame was taken; a device's state and the time always count."""
        return self._gone_at is not None and seen.at <= self._gone_at and not isinstance(seen, DeviceState | Tick)

    def _forgive_the_clock(self, now: datetime) -> None:
        """What lies in the future was seen before the clock was put back: the lane must not be deaf until then."""
        self._recent.clock_shows(now)
        if self._gone_at is not None and self._gone_at > now:
            self._gone_at = now

    def _count_from(self, now: datetime) -> bool:
        """While a vehicle is there: its waiting times go on from `now` if the clock was put back behind them."""
        if not any(since is not None and since > now for since in (self._opened_at, self._present_at, self._standing_since)):
            return False
        self._opened_at, self._present_at, self._standing_since = (
            None if since is None else min(since, now) for since in (self._opened_at, self._present_at, self._standing_since)
        )
        return True

    def _observe_idle(self, seen: Observation) -> list[Action]:
        self._recent.add(seen)
        if not (isinstance(seen, Presence) and seen.occupied):
            return []
        self._passage_id = self._new_id(seen.at)
        self._opened_at = self._present_at = seen.at
        self._observations = [kept for kept in self._recent.take(seen.at) if not self._repeats.is_repeat(kept)]
        return [*self._go(Trigger.ARRIVED), Attend(True), *self._weigh(seen.at)]

    def _observe_vehicle(self, seen: Observation) -> list[Action]:
        if self._repeats.is_repeat(seen) or self._is_before_the_loop(seen):
            return []
        self._keep(seen)
        if isinstance(seen, Presence):
            return self._presence(seen)
        if self.state is not State.READING:
            return []
        if isinstance(seen, OrdersFound):
            self._lookups -= 1
        return self._weigh(seen.at)

    def _is_before_the_loop(self, seen: Observation) -> bool:
        """A frame taken before the loop was occupied may still show the vehicle before."""
        loop = self.rules.opened_by is OpenedBy.LOOP
        return loop and isinstance(seen, TextRead | View) and self._opened_at is not None and seen.at < self._opened_at

    def _observe_next(self, seen: Observation) -> list[Action]:
        """The vehicle has left and its record is still being stored: what comes now belongs to the next one."""
        if isinstance(seen, Presence):
            self._next = seen if seen.occupied else None
        else:
            self._recent.add(seen)
        return []

    def _answer_to(self, ruling: Ruling) -> RulingAnswer:
        return answer_to(ruling, self._passage_id, self.state, self._now.at if self._now else ruling.at)

    def _rule(self, ruling: Ruling) -> list[Action]:
        """Take a person's decision, if this person may still make it on this very passage. Acted on once it is stored."""
        answer = self._answer_to(ruling)
        if answer is not RulingAnswer.TAKEN:
            return [AnswerRuling(ruling, answer)]
        weighed = weigh(ruling, self._observations, self._answer, self.rules)
        if goes_beyond_rights(ruling, self.state, weighed):
            return [AnswerRuling(ruling, RulingAnswer.NOT_ALLOWED)]
        if self._now:
            self._observations.append(self._now)  # that it had not expired is on the record, too
        self._observations.append(ruling)
        self._ruling, self._weighed = ruling, weighed
        self._when_stored = Trigger.STORED_APPROVAL if ruling.approved else Trigger.STORED_REFUSAL
        return [AnswerRuling(ruling, answer), *self._go(Trigger.RULED), Commit(self._record(None))]

    def _presence(self, seen: Presence) -> list[Action]:
        if seen.occupied:
            self._present_at = seen.at
            return []
        return self._leave(seen.at) if self.rules.opened_by is OpenedBy.LOOP else []

    def _pass_time(self, tick: Tick) -> list[Action]:
        quiet = timedelta(seconds=self.rules.quiet_s)
        put_back = self._count_from(tick.at)
        gone = self.rules.opened_by is OpenedBy.CAMERA and self._present_at and tick.at - self._present_at >= quiet
        due = self.state is State.READING and self._is_due(tick.at)
        again = self._asked if self._hopes_for_another_order(tick.at) else None
        if put_back or gone or due or again:
            self._keep(tick)
        if gone:
            return self._leave(tick.at)
        if due:
            return self._weigh(tick.at)
        return [self._look_up(again, tick.at)] if again else []

    def _hopes_for_another_order(self, at: datetime) -> bool:
        if self.state is not State.READING or self._lookups or self._decision is None or self._asked_at is None:
            return False
        return self._decision.verdict.outcome is not Outcome.PASS and abs(at - self._asked_at) >= ASK_AGAIN

    def _leave(self, at: datetime) -> list[Action]:
        self._left_at = self._gone_at = at
        self._recent.vehicle_left(self._repeats.heard())
        self._repeats.clear()
        if self.state is State.READING:
            self._settle(at)
            return [*self._go(Trigger.LEFT), Attend(False), Commit(self._record(None))]
        return [*self._go(Trigger.LEFT), Attend(False)]

    def _weigh(self, at: datetime) -> list[Action]:
        """Fuse, look up what is new, decide; act once the verdict has stood long enough or patience has ended."""
        self._evidence = gather(self._observations, self.rules.seal_rssi_dbm)
        self._answer = self._evidence.answer
        actions: list[Action] = self._ask(self._evidence, at)
        before = self._decision
        self._decision = decide(self._evidence, at, self.rules)
        if before is None or _gist(before) != _gist(self._decision):
            self._standing_since = at
        if self._is_due(at):
            self._settle(at)
            return [*actions, *self._go(Trigger.DECIDED), Attend(False), Commit(self._record(None))]
        return actions

    def _is_due(self, at: datetime) -> bool:
        if self._opened_at is None or self._decision is None or self._standing_since is None:
            return False
        if at - self._opened_at >= timedelta(seconds=self.rules.patience_s):
            return True
        patience = self._decision.hold_s >= self.rules.patience_s  # runs from the vehicle's arrival, not from the last change
        stood = at - self._standing_since >= timedelta(seconds=self._decision.hold_s)
        return stood and self._lookups == 0 and not patience

    def _settle(self, at: datetime) -> None:
        """Fix the verdict at this moment."""
        self._evidence = gather(self._observations, self.rules.seal_rssi_dbm)
        self._answer = self._evidence.answer
        self._decided = decide(self._evidence, at, self.rules).verdict
        self._when_stored = _STORED[self._decided.outcome]

    def _ask(self, evidence: Evidence, at: datetime) -> list[Action]:
        wanted = self._wanted(evidence)
        if wanted == self._asked or not (wanted.containers or wanted.plates or wanted.driving_licences):
            return []
        return [self._look_up(wanted, at)]

    def _wanted(self, evidence: Evidence) -> FindOrders:
        support = self.rules.order_support
        return FindOrders(
            tuple(dict.fromkeys(number for box in evidence.answer.containers for number in supported(box, support))),
            tuple(dict.fromkeys(number for plate in evidence.answer.plates for number in supported(plate, support))),
            tuple(dict.fromkeys(seen.driving_licence for seen in evidence.passes if seen.driving_licence)),
        )

    def _look_up(self, wanted: FindOrders, at: datetime) -> FindOrders:
        self._asked, self._asked_at = wanted, at
        self._lookups += 1
        return wanted

    def _go(self, trigger: Trigger) -> list[Action]:
        """Follow the table. Entering a state shows its light; coming home closes the passage."""
        target = TRANSITIONS[self.state].get(trigger)
        if target is None:
            return []
        before, self.state = self.state, target
        actions: list[Action] = [ShowLight(LIGHTS[target])] if LIGHTS[before] is not LIGHTS[target] else []
        if target is State.IDLE:
            # The verdict stands as it was given; the record's answer is all that was read, to the end.
            self._answer = gather(self._observations, self.rules.seal_rssi_dbm).answer
            actions.append(Close(self._record(self._left_at)))
            self._forget()
        return actions

    def _keep(self, seen: Observation) -> None:
        if len(self._observations) < MAX_OBSERVATIONS:
            self._observations.append(seen)

    def _record(self, closed_at: datetime | None) -> Passage:
        if self._opened_at is None:
            raise RuntimeError(f"lane {self.lane}: no passage is open")  # a fault of this file, never of its input
        return Passage(
            passage_id=self._passage_id,
            lane=self.lane,
            rules=self.rules,
            opened_at=self._opened_at,
            observations=tuple(self._observations),
            answer=self._answer,
            verdict=self._decided,
            ruling=self._ruling,
            weighed=self._weighed,
            closed_at=closed_at,
        )


def _gist(decision: Decision) -> tuple[object, ...]:
    """What must stand still before a verdict is acted on: the outcome, its reasons and its orders."""
    return decision.verdict.outcome, decision.verdict.reasons, decision.verdict.orders
