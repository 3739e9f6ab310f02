"""`python bench/faults.py`: the command line and the table."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.fault_measure.beside import beside
from bench.fault_measure.ext4_crash import ext4_crashes
from bench.fault_measure.finding import Finding, conditions, failed
from bench.fault_measure.full_disk import full_disk, read_only
from bench.fault_measure.kills import gate_kills, platform_kills
from bench.fault_measure.offline import clock_steps, offline
from bench.fault_measure.outbox import outbox
from bench.fault_measure.power_cut import power_cuts

BACKLOGS: Final = (1_000, 100_000)  # and the largest, which is an argument


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything: the defaults, and what `--quick` makes of them."""

    kills: int
    platform_kills: int
    beside_kills: int
    cuts: int
    passages: int  # before a power cut, and after the clock's steps
    crashes: int
    every_byte: int
    hours: float
    backlog: int
    seconds: float  # of each rate


FULL: Final = Scale(1000, 200, 50, 5000, 400, 200, 1, 72.0, 1_000_000, 10.0)
QUICK: Final = Scale(3, 2, 1, 50, 40, 3, 4999, 0.5, 2000, 0.5)

Part = Callable[[Path, Scale, argparse.Namespace], Awaitable[list[Finding]]]


async def _one(finding: Awaitable[Finding]) -> list[Finding]:
    return [await finding]


PARTS: Final[dict[str, Part]] = {
    "gate-kills": lambda folder, scale, args: _one(gate_kills(folder, scale.kills, args.seed)),
    "platform-kills": lambda folder, scale, args: _one(platform_kills(folder, scale.platform_kills, args.seed)),
    "beside": lambda folder, scale, args: beside(folder, scale.beside_kills, args.seed, args.beside),
    "power-cut": lambda folder, scale, args: power_cuts(folder, scale.cuts, scale.passages, args.seed),
    "ext4-crash": lambda folder, scale, args: _one(ext4_crashes(folder, scale.crashes, args.seed)),
    "full-disk": lambda folder, scale, args: full_disk(folder, scale.every_byte, args.seed),
    "read-only": lambda folder, scale, args: _one(read_only(folder)),
    "clock-steps": lambda folder, scale, args: _one(clock_steps(folder, scale.kills // 20, scale.passages, args.seed)),
    "offline": lambda folder, scale, args: _one(offline(folder, scale.hours)),
    "outbox": lambda folder, scale, args: outbox(
        folder, [*(b for b in BACKLOGS if b < scale.backlog), scale.backlog], scale.seconds
    ),
}


async def measured(parts: list[str], scale: Scale, args: argparse.Namespace) -> AsyncIterator[tuple[Finding, float]]:
    """Each part in a folder of its own, which is removed after it; with the seconds since the part began."""
    for part in parts:
        folder = Path(tempfile.mkdtemp(prefix=f"{part}-", dir=args.folder))
        begun = time.monotonic()
        try:
            for finding in await PARTS[part](folder, scale, args):
                yield finding, time.monotonic() - begun
        finally:
            await asyncio.to_thread(shutil.rmtree, folder)


async def table(parts: list[str], scale: Scale, args: argparse.Namespace) -> int:
    print(conditions(args.folder, args.seed), end="\n\n", flush=True)
    findings = []
    async for finding, seconds in measured(parts, scale, args):
        findings.append(finding)
        print(f"{finding.lines()} [{seconds:.0f} s]", flush=True)
    print("\nSOMETHING WAS LOST, or is wrong" if failed(findings) else "\nnothing lost")
    return 1 if failed(findings) else 0


def arguments(words: list[str] | None = None) -> tuple[list[str], Scale, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="bench/faults.py", description="Nothing lost: what survives which fault.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="a miniature of everything, in about a minute")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="on the disk that is to be measured")
    parser.add_argument("--kills", type=int, help=f"of the gate ({FULL.kills})")
    parser.add_argument("--platform-kills", type=int, help=f"({FULL.platform_kills})")
    parser.add_argument(
        "--beside", action="store_true", help="install thingsboard-gateway into a throwaway environment and probe it too"
    )
    parser.add_argument("--beside-kills", type=int, help=f"at each pace ({FULL.beside_kills})")
    parser.add_argument("--cuts", type=int, help=f"states of the files after a power cut ({FULL.cuts})")
    parser.add_argument("--crashes", type=int, help=f"of a real ext4 ({FULL.crashes})")
    parser.add_argument("--every-byte", type=int, metavar="N", help=f"cut a commit off at every N-th byte ({FULL.every_byte})")
    parser.add_argument("--hours", type=float, help=f"without a platform, by the gate's clock ({FULL.hours:g})")
    parser.add_argument("--backlog", type=int, help=f"largest number of records that wait ({FULL.backlog})")
    args = parser.parse_args(words)
    unknown = [part for part in args.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]!r}: {', '.join(PARTS)}")
    scale = QUICK if args.quick else FULL
    given = {name: value for name in Scale.__slots__ if (value := getattr(args, name, None)) is not None}
    return args.parts or list(PARTS), replace(scale, **given), args


def main() -> None:
    parts, scale, args = arguments()
    sys.exit(asyncio.run(table(parts, scale, args)))


if __name__ == "__main__":
    main()
