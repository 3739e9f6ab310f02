#!/usr/bin/env python3
"""How long after the last observation that it needed a lane gave each verdict, and how soon after that it stood on the disk.

    .venv/bin/python bench/verdict.py [--trucks 20] [--seed 1] [--folder STORE]

Runs the demonstration: a real gate process, its cameras, radio and relays played by a program. `--folder` counts over the store
of a gate that ran instead. "Last needed" is the last observation that changed what the lane would have decided, by the time at
which its device saw it, so that reading a picture is part of the delay. Verdicts that wait on purpose are counted apart: those
that are held (nothing may come that changes them), those at the end of the lane's patience, and those of vehicles that left.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final

from gateway.display.explanation import Timing, Why, explain
from gateway.model.verdict import Outcome
from gateway.store.archive import Archive

GOAL_S: Final = 1.0
SHARE: Final = 0.95
WORDS: Final = {
    Why.AT_ONCE: "at once",
    Why.HELD: "held on purpose",
    Why.PATIENCE: "patience ended",
    Why.LEFT: "vehicle left",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trucks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="the store of a gate that ran")
    given = parser.parse_args()
    if given.folder:
        report(given.folder)
        return
    with tempfile.TemporaryDirectory(prefix="verdict-") as folder:
        command = [sys.executable, "-m", "gateway.cli", "demo", "--trucks", str(given.trucks), "--seed", str(given.seed)]
        ended = subprocess.run([*command, "--data", folder], check=False)
        stores = [path.parent for path in Path(folder).rglob("gate.sqlite3")]
        if len(stores) != 1:
            sys.exit(f"the demonstration ended with status {ended.returncode} and left {len(stores)} stores of a gate")
        report(stores[0])


def report(folder: Path) -> None:
    """A line for each outcome and reason to decide then; seconds."""
    timings: defaultdict[tuple[Outcome, Why], list[Timing]] = defaultdict(list)
    with Archive.open(folder) as archive:
        for passage_id in archive.since(None):
            found = explain(archive.one(passage_id))
            if found.timing and found.passage.verdict:
                timings[found.passage.verdict.outcome, found.timing.why].append(found.timing)
    print(f"{'verdict':8} {'given':16} {'number':>6} {'median s':>9} {'p95 s':>7} {'longest s':>10} {'stored p95 s':>13}")
    for (outcome, why), some in sorted(timings.items()):
        held = sorted(timing.held_s for timing in some)
        stored_s = sorted(timing.stored_s for timing in some if timing.stored_s is not None)
        delay = f"{statistics.median(held):9.2f} {_most(held):7.2f} {held[-1]:10.2f}"
        on_disk = f"{_most(stored_s):13.2f}" if stored_s else f"{'-':>13}"
        print(f"{outcome.value:8} {WORDS[why]:16} {len(some):6} {delay} {on_disk}")
    at_once = sorted(timing.held_s for (_, why), some in timings.items() if why is Why.AT_ONCE for timing in some)
    if at_once:
        within = f"95 % within {_most(at_once):.2f} s of the last needed observation"
        print(f"of {len(at_once)} given at once, {within} (goal {GOAL_S:g} s)")


def _most(values: list[float]) -> float:
    """What `SHARE` of them do not exceed."""
    return values[min(int(len(values) * SHARE), len(values) - 1)]


if __name__ == "__main__":
    main()
