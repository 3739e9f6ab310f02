"""One lane as a state machine without input or output: observations and ticks in, actions out.

It knows no device, no clock and no store. What it does with equal observations is always the same, so a passage can be
replayed from its record (`gateway.lane.replay`). A passage keeps every observation that it used, in order of use.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gateway.decision.evidence import Evidence
from gateway.decision.verdict import Decision
from gateway.lane.actions import (
    Action,
    Amend,
    AnswerRuling,
    Attend,
    Close,
    Commit,
    FindOrders,
    OpenBarrier,
    ReportDevice,
    ShowLight,
    Sound,
)
from gateway.lane.recent import Recent, Repeats, key_of
from gateway.lane.rulings import RulingAnswer, answer_to, evidence_with, goes_beyond_rights
from gateway.lane.transitions import GREEN, LIGHTS, TRANSITIONS, State, Trigger
from gateway.lane.under_green import LetGo, Turn
from gateway.lane.visit import Visit, is_read_before
from gateway.model.lane_rules import Direction, LaneRules, OpenedBy
from gateway.model.observation import (
    LAMPS,
    DeviceState,
    ManualOpening,
    Observation,
    PassRead,
    Presence,
    Ruling,
    TextRead,
    Tick,
    View,
)
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome, Verdict

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
_RELEASES: Final = frozenset({Trigger.STORED_PASS, Trigger.STORED_APPROVAL})
_BEING_STORED: Final = frozenset({State.COMMITTING, State.UNSTORED, State.RULING_COMMITTING, State.RULING_UNSTORED})


class LaneMachine:
    """One lane. Feed it with `observe`; after a `Commit` was carried out, call `stored` or `store_refused`."""

    def __init__(self, lane: str, rules: LaneRules, new_id: Callable[[datetime], str]) -> None:
        self.lane = lane
        self.rules = rules
        self._new_id = new_id
        self.state = State.IDLE
        self._recent = Recent(timedelta(seconds=rules.lookback_s))
        self._repeats = Repeats()
        self._now: Tick | None = None
        self._gone_at: datetime | None = None  # when the last vehicle left: what was seen until then is not the next one's
        self._last: Visit | None = None  # of the last vehicle, for as long as reads of it may still be under way
        self._stuck_loop = ""  # the loop's name while it is taken for stuck
        self._next: list[Presence | ManualOpening] = []  # came while the last vehicle's record was still being stored
        self._forget()

    def _forget(self) -> None:
        """Nothing of the last vehicle stays."""
        self._visit: Visit | None = None
        self._when_stored: Trigger | None = None  # what follows once the record is stored that is on its way
        self._turned: tuple[Observation, Verdict | None] | None = None  # what was seen meanwhile, and the verdict then

    # What the screen shows -------------------------------------------------------------------------------------------

    @property
    def passage(self) -> Passage | None:
        """The passage as it stands, with a verdict once there is one; None while nobody is there."""
        return self._visit.record() if self._visit else None

    @property
    def evidence(self) -> Evidence | None:
        return self._visit.evidence if self._visit else None

    @property
    def decision(self) -> Decision | None:
        """What the lane would decide now; not yet acted on."""
        return self._visit.decision if self._visit else None

    # What goes in ----------------------------------------------------------------------------------------------------

    def set_direction(self, direction: Direction) -> None:
        """From the next vehicle on; the one that is there keeps the direction in which it came."""
        self.rules = self.rules.model_copy(update={"direction": direction})

    def observe(self, seen: Observation) -> list[Action]:
        """Take one observation. Observations of one lane come in order of arrival; `at` may be slightly out of order."""
        self._recent.note(seen)
        if isinstance(seen, Tick):
            self._now = seen
            self._forgive_the_clock(seen.at)
            self._forget_the_last(seen.at)
        if isinstance(seen, Ruling):
            return self._rule(seen)
        if self._is_of_the_last_vehicle(seen):
            return self._observe_last(seen)
        if self.state is State.LEFT_COMMITTING:
            return self._observe_next(seen)
        if self._visit is None:
            return self._observe_idle(seen)
        return self._pass_time(self._visit, seen) if isinstance(seen, Tick) else self._observe_vehicle(self._visit, seen)

    def stored(self) -> list[Action]:
        """The passage's record is committed: now, and only now, act on it."""
        trigger, self._when_stored = self._when_stored, None
        visit = self._visit
        if trigger is None or visit is None:
            return []
        if trigger in _RELEASES and self._turned and self.state is not State.LEFT_COMMITTING:
            return self._turn(visit, *self._turned)
        actions = self._go(trigger)
        if self.state in GREEN:
            visit.green_since = None
            actions.append(OpenBarrier(visit.passage_id))
        if self.state in _HEARD:
            actions.append(Sound(_HEARD[self.state]))
        if self.state in GREEN and self.rules.read_under_green:
            actions.append(Attend(True))
        if self.state is State.IDLE:
            arrived, self._next = self._next, []
            for seen in arrived:
                actions += self.observe(seen)
        return actions

    def store_refused(self) -> list[Action]:
        """The store did not take the record (disk full, for instance): red until it does."""
        return self._go(Trigger.STORE_REFUSED)

    def end(self, at: datetime) -> list[Action]:
        """The source of observations has ended (a clip, a shutdown): decide on what there is, then close."""
        return [] if self._visit is None or self.state is State.LEFT_COMMITTING else self._leave(self._visit, at)

    def lookup_for(self, ruling: Ruling) -> FindOrders | None:
        """Which orders a ruling makes worth looking for, before it is observed; None where the lane would not take it."""
        visit = self._visit
        if visit is None or self._answer_to(ruling) is not RulingAnswer.TAKEN:
            return None
        return visit.wanted(evidence_with(ruling, visit.observations, visit.answer, visit.rules))

    # Whose it is -----------------------------------------------------------------------------------------------------

    def _is_of_the_last_vehicle(self, seen: Observation) -> bool:
        """A read may come seconds after its frame was taken; a device's state, a hand on the key and the time always count."""
        return self._gone_at is not None and seen.at <= self._gone_at and not isinstance(seen, DeviceState | ManualOpening | Tick)

    def _forgive_the_clock(self, now: datetime) -> None:
        """What lies in the future was seen before the clock was put back: the lane must not be deaf until then."""
        self._recent.clock_shows(now)
        if self._gone_at is not None and self._gone_at > now:
            self._gone_at = now

    def _forget_the_last(self, now: datetime) -> None:
        """Nothing comes so late, or the clock was put back and nobody knows what was seen when."""
        left_at = self._last.left_at if self._last else None
        if left_at and not left_at <= now <= left_at + timedelta(seconds=self.rules.late_s):
            self._last = None

    def _observe_last(self, seen: Observation) -> list[Action]:
        """A frame that was taken while the last vehicle was there, and read when it had gone: it belongs to its record."""
        visit = self._visit if self.state is State.LEFT_COMMITTING else self._last
        if visit is None or seen.at < visit.opened_at or not isinstance(seen, TextRead | View):
            return []
        visit.keep(seen)
        return [Amend(visit.end())] if visit is self._last else []

    def _observe_next(self, seen: Observation) -> list[Action]:
        """The vehicle has left and its record is still being stored: what comes now belongs to the next one."""
        if isinstance(seen, Presence):
            self._next = [kept for kept in self._next if isinstance(kept, ManualOpening)]
            if not seen.occupied:
                return self._loop_works(seen)
        if isinstance(seen, Presence | ManualOpening):
            self._next.append(seen)
        else:
            self._recent.add(seen)
        return []

    # Arriving --------------------------------------------------------------------------------------------------------

    def _observe_idle(self, seen: Observation) -> list[Action]:
        self._recent.add(seen)
        if isinstance(seen, Presence):
            return self._arrive(seen, self._by_loop) if seen.occupied else self._loop_works(seen)
        if isinstance(seen, ManualOpening):
            return self._arrive(seen, on_loop=False)
        if self._stuck_loop and isinstance(seen, TextRead | PassRead):
            actions = self._arrive(self._recent.add(Presence(device=seen.device, at=seen.at, occupied=True)), on_loop=False)
            return actions + (self.observe(seen) if isinstance(seen, TextRead) else [])
        return []

    @property
    def _by_loop(self) -> bool:
        return self.rules.opened_by is OpenedBy.LOOP

    def _arrive(self, seen: Observation, on_loop: bool) -> list[Action]:
        """Somebody is there: begin a passage with what came just before."""
        visit = Visit(self._new_id(seen.at), self.lane, self.rules, seen.at, on_loop, seen.at)
        self._visit = visit
        visit.observations = [kept for kept in self._recent.take(seen.at) if not self._repeats.is_repeat(kept)]
        return [*self._go(Trigger.ARRIVED), Attend(True), *self._weigh(visit, seen.at)]

    # While it is there -----------------------------------------------------------------------------------------------

    def _observe_vehicle(self, visit: Visit, seen: Observation) -> list[Action]:
        if self._repeats.is_repeat(seen) or self._is_no_evidence(visit, seen):
            return []
        turn = visit.let_go.turn(seen) if visit.let_go else None
        if turn is Turn.FOLLOWED and self.state in GREEN:
            return self._follow(visit, seen)
        visit.keep(seen)
        if turn and self.state in GREEN | _BEING_STORED:
            turned = seen, visit.weigh_again(seen.at) if turn is Turn.WITHDRAWN else None
            if self.state in GREEN:
                return self._turn(visit, *turned)
            self._turned = self._turned or turned
        if isinstance(seen, Presence):
            return self._presence(visit, seen)
        if isinstance(seen, DeviceState) and seen.device == LAMPS and self.state in GREEN:
            return [*self._go(Trigger.GREEN_ENDED), Attend(False)]
        return self._weigh(visit, seen.at) if self.state is State.READING else []

    def _is_no_evidence(self, visit: Visit, seen: Observation) -> bool:
        """What was seen or heard of the vehicle before."""
        if visit.ahead is not None and visit.ahead.owns(seen):
            return True
        return visit.on_loop and is_read_before(seen, visit.opened_at)

    def _presence(self, visit: Visit, seen: Presence) -> list[Action]:
        if seen.occupied:
            visit.on_loop = self._by_loop
            return []
        return [*self._loop_works(seen), *self._leave(visit, seen.at)] if self._by_loop else []

    def _pass_time(self, visit: Visit, tick: Tick) -> list[Action]:
        begins = self.state in GREEN and visit.green_since is None
        if begins:
            visit.green_since = tick.at
        put_back = visit.count_from(tick.at)
        gone = visit.is_gone(tick.at)
        stuck = self.state in {State.REFERRED, State.STOPPED} and visit.is_a_stuck_loop(tick.at)
        due = self.state is State.READING and visit.is_due(tick.at)
        over = self.state in GREEN and visit.green_is_over(tick.at)
        again = visit.ask_again(tick.at) if self.state is State.READING and not (gone or due) else None
        if begins or put_back or gone or stuck or due or over or again:
            visit.keep(tick)
        if gone:
            return self._leave(visit, tick.at)
        if stuck:
            return self._loop_is_stuck(visit, tick.at)
        if due:
            return self._weigh(visit, tick.at)
        if over:
            return [*self._go(Trigger.GREEN_ENDED), Attend(False)]
        return [again] if again else []

    def _weigh(self, visit: Visit, at: datetime) -> list[Action]:
        """Fuse, look up what is new, decide; act once the verdict has stood long enough or patience has ended."""
        visit.weigh(at)
        actions: list[Action] = [*visit.ask(at)]
        if visit.is_due(at):
            self._settle(visit, at)
            return [*actions, *self._go(Trigger.DECIDED), Attend(False), Commit(visit.record())]
        return actions

    def _settle(self, visit: Visit, at: datetime) -> None:
        verdict = visit.settle(at)
        self._when_stored = _STORED[verdict.outcome]
        if verdict.outcome is Outcome.PASS and visit.evidence:
            visit.let_go = LetGo.of(visit.evidence, verdict.orders, self._repeats.heard())

    def _leave(self, visit: Visit, at: datetime) -> list[Action]:
        visit.left_at = self._gone_at = at
        self._recent.vehicle_left(self._repeats.heard())
        self._repeats.clear()
        reading = self.state is State.READING
        if reading:
            self._settle(visit, at)
        actions = [*self._go(Trigger.LEFT), Attend(bool(self._stuck_loop))]
        return [*actions, Commit(visit.record())] if reading else actions

    # A person decides ------------------------------------------------------------------------------------------------

    def _answer_to(self, ruling: Ruling) -> RulingAnswer:
        passage_id = self._visit.passage_id if self._visit else ""
        now = max(self._now.at, ruling.at) if self._now else ruling.at
        answer = answer_to(ruling, passage_id, self.state, now)
        ruled = self._visit is not None and self._visit.ruling is not None  # the store keeps the first, and the first only
        return RulingAnswer.ALREADY_RULED if ruled and answer is RulingAnswer.TAKEN else answer

    def _rule(self, ruling: Ruling) -> list[Action]:
        """Take a person's decision, if this person may still make it on this very passage. Acted on once it is stored."""
        answer, visit = self._answer_to(ruling), self._visit
        if visit is None or answer is not RulingAnswer.TAKEN:
            return [AnswerRuling(ruling, answer)]
        weighed = visit.weigh_ruling(ruling)
        if goes_beyond_rights(ruling, self.state, weighed):
            return [AnswerRuling(ruling, RulingAnswer.NOT_ALLOWED)]
        if self._now:
            visit.observations.append(self._now)  # that it had not expired is on the record, too
        visit.keep(ruling)
        visit.ruling, visit.weighed = ruling, weighed
        seen = evidence_with(ruling, visit.observations, visit.answer, visit.rules)
        visit.let_go = LetGo.of(seen, weighed.orders, self._repeats.heard()) if ruling.approved else None
        self._when_stored = Trigger.STORED_APPROVAL if ruling.approved else Trigger.STORED_REFUSAL
        return [AnswerRuling(ruling, answer), *self._go(Trigger.RULED), Commit(visit.record())]

    # After it was let go ---------------------------------------------------------------------------------------------

    def _turn(self, visit: Visit, seen: Observation, withdrawn: Verdict | None) -> list[Action]:
        """Green no more: either this vehicle must not go after all, or (nothing `withdrawn`) another one stands there already."""
        self._turned = None
        if withdrawn is None:
            return self._follow(visit, seen)
        visit.withdrawn = withdrawn
        visit.let_go = None
        self._when_stored = Trigger.STORED_WITHDRAWAL
        return [*self._go(Trigger.WITHDRAWN), Attend(False), Commit(visit.record())]

    def _follow(self, visit: Visit, seen: Observation) -> list[Action]:
        """The vehicle that was let go is gone, and the next one has taken its place without a gap."""
        ahead, since = visit.let_go, seen.at - timedelta(seconds=self.rules.lookback_s)
        here = [kept for kept in visit.observations if kept.at >= since and key_of(kept) and not (ahead and ahead.owns(kept))]
        visit.left_at = self._gone_at = seen.at - timedelta.resolution
        self._recent.vehicle_left(frozenset())
        self._repeats.clear()
        actions = self._go(Trigger.FOLLOWED)
        for kept in (*here, Presence(device=seen.device, at=seen.at, occupied=True)):
            self._recent.add(kept)
        actions += self._arrive(seen, visit.on_loop)
        if self._visit:
            self._visit.ahead = ahead
        return actions + self.observe(seen)

    # The loop --------------------------------------------------------------------------------------------------------

    def _loop_is_stuck(self, visit: Visit, at: datetime) -> list[Action]:
        """Nobody is there, whatever the loop says: from now on what is seen says it, until the loop is free once."""
        loop = next((seen.device for seen in visit.observations if isinstance(seen, Presence)), "loop")
        self._stuck_loop = loop
        detail = f"occupied for {self.rules.stuck_s:g} s, and nothing was seen"
        return [*self._leave(visit, at), ReportDevice(DeviceState(device=loop, at=at, working=False, detail=detail))]

    def _loop_works(self, seen: Presence) -> list[Action]:
        if not self._stuck_loop or seen.device != self._stuck_loop:
            return []
        self._stuck_loop = ""
        works = DeviceState(device=seen.device, at=seen.at, working=True, detail="free again")
        return [ReportDevice(works), *([Attend(False)] if self.state is State.IDLE else [])]

    # The table -------------------------------------------------------------------------------------------------------

    def _go(self, trigger: Trigger) -> list[Action]:
        """Follow the table. Entering a state shows its light; coming home closes the passage."""
        target = TRANSITIONS[self.state].get(trigger)
        if target is None:
            return []
        before, self.state = self.state, target
        actions: list[Action] = [ShowLight(LIGHTS[target])] if LIGHTS[before] is not LIGHTS[target] else []
        if target is State.IDLE and self._visit:
            actions.append(Close(self._visit.end()))
            self._last = self._visit
            self._forget()
        return actions
