"""A stored passage gone through once more: how its verdict came about, and what another set of rules would have made of it.

`retrace` follows the record step by step. `what_if` feeds it to a lane with other rules; it knows no more than the record, which
ends soon after the verdict: a lane that would have waited longer might have seen more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.lane.actions import Action
from gateway.lane.machine import LaneMachine
from gateway.lane.play import commits_in, play
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import CLOCK, Observation, OrdersFound, Tick
from gateway.model.passage import Passage
from gateway.model.verdict import Verdict

TICK: Final = timedelta(seconds=0.25)  # as often as a live lane looks at the clock
ANSWERED: Final = timedelta(seconds=1)  # a lookup's answer is on the record within this, or the lookup is none of the record's


@dataclass(frozen=True, slots=True)
class Turn:
    """From here on the lane would have decided so: after so many observations, at this time. `hold_s`: and waited so long."""

    observations: int
    at: datetime
    verdict: Verdict
    hold_s: float


@dataclass(frozen=True, slots=True)
class Retrace:
    """The verdict that the record leads to (None: the record ends undecided), and every change of mind before it."""

    verdict: Verdict | None
    turns: tuple[Turn, ...]
    used: int  # observations that the lane had taken when it decided


def retrace(passage: Passage) -> Retrace:
    """The way of a record to its verdict, by the rules of its day."""
    machine = LaneMachine(passage.lane, passage.rules, lambda _: passage.passage_id)
    turns: list[Turn] = []

    def note(observations: int, at: datetime, verdict: Verdict | None) -> None:
        if verdict and (not turns or turns[-1].verdict.gist != verdict.gist):
            turns.append(Turn(observations, at, verdict, machine.decision.hold_s if machine.decision else 0.0))

    for taken, seen in enumerate(passage.observations, start=1):
        actions = machine.observe(seen)
        verdict = _decided(actions)
        decision = machine.decision
        note(taken, seen.at, verdict or (decision.verdict if decision else None))
        if verdict:
            return Retrace(verdict, tuple(turns), taken)
    end = passage.verdict.decided_at if passage.verdict else None
    verdict = _decided(machine.end(end)) if end and machine.passage else None
    if end:
        note(len(passage.observations), end, verdict)
    return Retrace(verdict, tuple(turns), len(passage.observations))


def _decided(actions: Iterable[Action]) -> Verdict | None:
    return next((commit.verdict for commit in commits_in(actions)), None)


def what_if(passage: Passage, rules: LaneRules) -> Verdict | None:
    """What the lane would have decided by other rules on the same evidence; its lookups are answered anew, from the record."""
    machine = LaneMachine(passage.lane, rules, lambda _: passage.passage_id)
    seen = (seen for seen in _with_ticks(passage) if not isinstance(seen, OrdersFound))
    verdict = _decided(play(machine, seen, lambda _, asked_at: _answer(passage, asked_at)))
    if verdict is None and machine.passage:
        last = passage.closed_at or (passage.verdict.decided_at if passage.verdict else passage.observations[-1].at)
        return _decided(machine.end(last))
    return verdict


def _answer(passage: Passage, asked_at: datetime) -> OrdersFound:
    """What the gate's cache held at a time: the record's first answer from then on, else the last one before."""
    answers = [seen for seen in passage.observations if isinstance(seen, OrdersFound)]
    soon = (seen for seen in answers if asked_at <= seen.at <= asked_at + ANSWERED)
    found = next(soon, None) or next((seen for seen in reversed(answers) if seen.at < asked_at), None)
    return found.model_copy(update={"at": asked_at}) if found else OrdersFound(device="orders", at=asked_at, orders=())


def _with_ticks(passage: Passage) -> Iterator[Observation]:
    """The record with all the clock's ticks: it keeps only those that changed something by the rules of its day."""
    next_tick = passage.opened_at + TICK
    for seen in passage.observations:
        while next_tick < seen.at:
            yield Tick(device=CLOCK, at=next_tick)
            next_tick += TICK
        yield seen
    while passage.closed_at and next_tick < passage.closed_at:
        yield Tick(device=CLOCK, at=next_tick)
        next_tick += TICK
