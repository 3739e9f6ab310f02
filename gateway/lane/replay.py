"""A stored passage, decided again from its record alone."""

from gateway.lane.actions import Commit
from gateway.lane.machine import LaneMachine
from gateway.model.passage import Passage
from gateway.model.verdict import Verdict


def replay(passage: Passage) -> Verdict | None:
    """The verdict that the record leads to; byte for byte the stored one, or the code has changed since.

    None where the record ends undecided.
    """
    machine = LaneMachine(passage.lane, passage.rules, lambda _: passage.passage_id)
    for seen in passage.observations:
        for action in machine.observe(seen):
            if isinstance(action, Commit):
                return action.passage.verdict
    actions = machine.end(passage.verdict.decided_at) if passage.verdict and machine.passage else []
    return next((action.passage.verdict for action in actions if isinstance(action, Commit)), None)
