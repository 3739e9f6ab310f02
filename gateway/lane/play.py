"""A lane played through without devices: its machine is served as a runner serves it, by a store that never refuses."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from gateway.lane.actions import Action, Commit, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.model.observation import Observation, OrdersFound
from gateway.model.passage import Passage

LookUp = Callable[[FindOrders, datetime], OrdersFound]
"""Answers what a lane asks for at a time."""


def play(machine: LaneMachine, observations: Iterable[Observation], look_up: LookUp | None = None) -> Iterator[Action]:
    """All that the lane does with these observations, each action before it is carried out.

    Without `look_up` the answers to its questions are among the observations, as they are on a record.
    """
    for seen in observations:
        yield from carry_out(machine, machine.observe(seen), seen.at, look_up)


def carry_out(machine: LaneMachine, actions: Iterable[Action], at: datetime, look_up: LookUp | None = None) -> Iterator[Action]:
    """These actions and all that follows from them. Orders that were looked up are told behind the rest, as the runner does."""
    found: list[OrdersFound] = []
    for action in actions:
        yield action
        if isinstance(action, Commit):
            yield from carry_out(machine, machine.stored(), at, look_up)
        elif isinstance(action, FindOrders) and look_up:
            found.append(look_up(action, at))
    yield from play(machine, found, look_up)


def commits_in(actions: Iterable[Action]) -> Iterator[Passage]:
    """The records that the lane wants stored, in order."""
    return (action.passage for action in actions if isinstance(action, Commit))
