"""Try every attack, print the table."""

import argparse
import asyncio
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

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
HEADING: Final = "| attack | tried | what it got | the same, done honestly | |\n|---|---:|---|---|---|"


def line(tried: Tried) -> str:
    return f"| {tried.attack} | {tried.times:,} | {tried.got} | {tried.honestly} | {tried.verdict} |"


def conditions() -> str:
    load = os.getloadavg()[0]
    system = f"{os.cpu_count()} cores, load {load:.1f}; Linux {platform.release()}, Python {platform.python_version()}"
    return f"{system}; platform, gate and attacks on this machine, at loopback"


def summary(found: Sequence[Tried]) -> str:
    got_in, empty = sum(not tried.denied for tried in found), sum(not tried.served for tried in found)
    return f"{len(found)} attacks, {sum(tried.times for tried in found):,} tries: {got_in} got in, {empty} prove nothing"


def failed(found: Sequence[Tried]) -> bool:
    """Also where nothing was tried at all."""
    return not found or not all(tried.held for tried in found)


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
    print(conditions(), HEADING, sep="\n\n", flush=True)
    begun = time.monotonic()
    found = asyncio.run(measure(asked.quick, asked.only))
    print(f"\n{summary(found)} [{time.monotonic() - begun:.0f} s]")
    return 1 if failed(found) else 0


if __name__ == "__main__":
    sys.exit(main())
