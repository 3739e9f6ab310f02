"""A stored passage, decided again from its record alone."""

from gateway.lane.actions import Commit
from gateway.lane.machine import LaneMachine
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
    commits: list[Passage] = []
    for seen in passage.observations:
        _store(machine, [action.passage for action in machine.observe(seen) if isinstance(action, Commit)], commits)
    if not commits and passage.verdict and machine.passage:
        commits += [action.passage for action in machine.end(passage.verdict.decided_at) if isinstance(action, Commit)]
    return tuple(commits)


def _store(machine: LaneMachine, decided: list[Passage], commits: list[Passage]) -> None:
    """As the store would: at once, which changes nothing that is decided."""
    for passage in decided:
        commits.append(passage)
        machine.stored()
