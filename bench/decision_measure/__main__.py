"""`python bench/decisions.py`: the command line."""

import argparse
import json
import time
from pathlib import Path
from random import Random

from bench.decision_measure import drive as driving
from bench.decision_measure import sights, trips
from bench.decision_measure.drive import Driven, drive
from bench.decision_measure.table import Table, judged
from bench.decision_measure.trips import Trip, trip
from gateway.lane.replay import replay


def one(seed: int, index: int) -> tuple[Trip, Driven]:
    """Each passage has a seed of its own, so that it can be looked at alone."""
    rng = Random(f"{seed}/{index}")
    drawn = trip(rng)
    return drawn, drive(drawn, rng, f"{seed:08x}-0000-7000-8000-{index:012d}")


def rates() -> list[str]:
    """Every rate that is drawn by."""
    every = sum(kind.weight for kind in trips.KINDS)
    found = [f"{100 * kind.weight / every:5.1f} %  {kind.name}" for kind in trips.KINDS]
    for module in (trips, sights, driving):
        found += [
            f"{name} = {value}"
            for name, value in vars(module).items()
            if name.isupper() and isinstance(value, float | tuple) and name not in {"KINDS", "QUAD", "FRAME"}
        ]
    return found


def show(drawn: Trip, driven: Driven) -> None:
    """All of one passage."""
    print(drawn)
    for seen in driven.decided.observations:
        print(f"{(seen.at - driven.decided.opened_at).total_seconds():+7.2f}", seen.model_dump_json(exclude={"at"})[:300])
    verdict = driven.decided.verdict
    if verdict:
        print(judged(drawn, verdict), verdict.outcome, *verdict.reasons)
        for check in verdict.checks:
            print(" ", check.model_dump_json())


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/decisions.py", description="What lanes decide on passages whose truth is known.")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first passage")
    parser.add_argument("--only", type=int, metavar="N", help="show all of one passage")
    parser.add_argument("--rates", action="store_true", help="print the rates that passages are drawn by")
    parser.add_argument("--json", type=Path, metavar="FILE", help="one line for each passage that was not decided correctly")
    args = parser.parse_args()
    if args.rates:
        print("\n".join(rates()))
        return
    if args.only is not None:
        show(*one(args.seed, args.only))
        return
    raise SystemExit(measure(args.seed, args.first, args.passages, args.json))


def measure(seed: int, first: int, passages: int, notes: Path | None) -> int:
    """The table. Every record is also decided again from itself alone."""
    table, otherwise, begun = Table(), 0, time.perf_counter()
    noted = notes.open("w", encoding="utf-8") if notes else None
    for index in range(first, first + passages):
        drawn, driven = one(seed, index)
        verdict = driven.decided.verdict
        if verdict is None:
            raise RuntimeError(f"passage {index} was committed without a verdict")
        what = table.count(drawn, verdict)
        otherwise += replay(driven.closed) != verdict
        if what == "wrong pass":
            print(f"WRONG PASS: --seed {seed} --only {index}: {drawn.kind}", flush=True)
        if noted and what != "correct":
            noted.write(json.dumps({"index": index, "kind": drawn.kind, "judged": what, "reasons": verdict.reasons}) + "\n")
    if noted:
        noted.close()
    print("\n".join(table.lines()))
    for kind, reasons in table.reasons.items():
        print(f"\nreferred, {kind}: " + ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))
    print(f"\n{otherwise} of {passages} records decide otherwise when replayed; {time.perf_counter() - begun:.0f} s, seed {seed}")
    return 1 if table.wrong_passes or otherwise else 0


if __name__ == "__main__":
    main()
