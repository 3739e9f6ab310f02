"""Try every attack, print the table."""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from bench.attack_table import floods, paths, people, records, seals, texts
from bench.attack_table.scene import Attack, Tried, scene

ATTACKS: tuple[Attack, ...] = (
    *people.ATTACKS,
    *paths.ATTACKS,
    *texts.ATTACKS,
    *seals.ATTACKS,
    *records.ATTACKS,
    *floods.ATTACKS,
)
HEADING = f"{'attack':58} {'tried':>7}  {'what it got':72} verdict"


def line(tried: Tried) -> str:
    return f"{tried.attack:58} {tried.times:7}  {tried.got[:72]:72} {'held' if tried.held else 'GOT IN'}"


async def measure(quick: bool, only: str = "") -> list[Tried]:
    found: list[Tried] = []
    with tempfile.TemporaryDirectory() as folder:
        async with scene(Path(folder), quick) as here:
            for attack in ATTACKS:
                if only not in f"{attack.__module__}.{attack.__name__}":
                    continue
                found.append(await attack(here))
                print(line(found[-1]), flush=True)
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description="Attacks on a running platform and gate")
    arguments.add_argument("--quick", action="store_true", help="fewer tries, no browser")
    arguments.add_argument("--only", default="", help="those whose name holds this")
    asked = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    print(HEADING)
    found = asyncio.run(measure(asked.quick, asked.only))
    got_in = sum(not tried.held for tried in found)
    print(f"{len(found)} attacks, {sum(tried.times for tried in found)} tries: {got_in} got in")
    return 1 if got_in else 0


if __name__ == "__main__":
    sys.exit(main())
