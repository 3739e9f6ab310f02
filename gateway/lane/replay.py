"""A stored passage, decided again from its record alone."""

from gateway.lane.machine import LaneMachine
from gateway.lane.play import commits_in, play
from gateway.model.passage import Passage
from gateway.model.verdict import Verdict


def replay(passage: Passage) -> Verdict | None:
    """The lane's own verdict that the record leads to; byte for byte the stored one, or the code has changed since.

    None where the record ends undecided.
    """
    commits = commits_of(passage)
    return commits[0].verdict if commits else None


def commits_of(passage: Passage) -> tuple[Passage, ...]:
    """All that the record lets the lane commit, in order: its verdict first, then what a person ruled."""
    machine = LaneMachine(passage.lane, passage.rules, lambda _: passage.passage_id)
    commits = tuple(commits_in(play(machine, passage.observations)))
    if not commits and passage.verdict and machine.passage:
        return tuple(commits_in(machine.end(passage.verdict.decided_at)))
    return commits
