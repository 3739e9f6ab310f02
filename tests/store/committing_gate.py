"""A gate that commits decisions and prints each number after the commit: `python -m tests.store.committing_gate FOLDER COUNT`.

After COUNT decisions it waits for its standard input to end; with COUNT 0 it goes on until it is killed.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from gateway.store.gate_store import GateStore
from tests.store.conftest import clock
from tests.store.passages import decided


async def main(folder: Path, count: int) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        first = store.waiting_count + 1
        for number in itertools.count(first) if count == 0 else range(first, first + count):
            print(await store.commit_decision(decided(number), "Lane 1"), flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
