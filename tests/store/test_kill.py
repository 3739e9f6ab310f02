"""kill -9 in the middle of the work: every number that was said is there, none twice, none left out."""

import subprocess
import sys
from pathlib import Path

from gateway.store.gate_store import GateStore
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id


def _commit_until_killed(folder: Path, lines: int) -> list[int]:
    gate = subprocess.Popen(
        [sys.executable, "-m", "tests.store.committing_gate", str(folder), "0"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert gate.stdout
    said = [gate.stdout.readline() for _ in range(lines)]
    gate.kill()
    said += gate.stdout.read().splitlines(keepends=True)
    gate.stdout.close()
    gate.wait()
    return [int(line) for line in said if line.endswith("\n")]


async def test_what_was_said_survives_a_kill(folder: Path) -> None:
    said: list[int] = []
    for lines in (5, 40, 120):
        said += _commit_until_killed(folder, lines)
        async with GateStore.open(folder, "kh-t4", clock) as store:
            kept = [(record.sequence, record.passage_id) for record in await store.waiting(100_000)]
        assert set(said) <= {sequence for sequence, _ in kept}
        assert kept == [(n, passage_id(n)) for n in range(1, len(kept) + 1)]
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert await store.commit_decision(decided(900_000), "") == len(kept) + 1
