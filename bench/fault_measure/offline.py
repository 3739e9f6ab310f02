"""A clock that is turned while the gate works, and three days without the platform."""

import asyncio
import time
from pathlib import Path
from random import Random
from typing import Final

from bench.fault_measure.children import GateChild, platform_beside
from bench.fault_measure.finding import Finding
from bench.fault_measure.kept import Ledger, at_platform, judge_platform
from bench.fault_measure.passages import EVERY

READS: Final = 4
AHEAD: Final = 100
LONGEST_LIFE_S: Final = 1.5
ALLOWED_MIB: Final = 16.0  # what SQLite and the interpreter may keep after three days' work


async def clock_steps(folder: Path, lives: int, passages: int, seed: int) -> Finding:
    """The clock jumps by an hour, forward or back, every 20 passages; the gate is killed in between."""
    rng, ledger = Random(seed), Ledger()
    settings = ("--clock", "steps", "--reads", READS, "--ahead", AHEAD)
    async with platform_beside(folder) as (platform, session):
        await platform.start()
        for life in range(1, lives + 1):
            gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--life", life, *settings)
            await asyncio.sleep(rng.uniform(0, LONGEST_LIFE_S))
            ledger.take(await gate.kill())
        last = ("--count", passages, "--life", lives + 1)
        gate = await GateChild.start(folder / "gate", "--platform", platform.url, *last, *settings)
        ledger.take(await gate.end())
        judgement = judge_platform(ledger, await at_platform(session, platform.url))
    what = f"±1 h every 20 passages, {lives} kills; {len(ledger.said)} acknowledged, {judgement.records} at the platform"
    return Finding("clock-steps", what, str(judgement), judgement.ok)


async def offline(folder: Path, hours: float) -> Finding:
    """So many hours by the gate's clock with nobody at the platform's address, then the platform is there."""
    passages = int(hours * 3600 / EVERY.total_seconds())
    ledger = Ledger()
    async with platform_beside(folder) as (platform, session):
        gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--reads", READS, "--count", passages, "--stay")
        await gate.until(b"open")
        before = gate.resident_mib()
        begun = time.monotonic()
        await gate.until(b"done")
        took_s, after = time.monotonic() - begun, gate.resident_mib()
        ledger.take(await gate.kill())
        begun = time.monotonic()
        await platform.start()
        gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--count", 0)
        ledger.take(await gate.end())
        drained_s = time.monotonic() - begun
        judgement = judge_platform(ledger, await at_platform(session, platform.url))
    what = (
        f"{hours:g} h by the gate's clock, {len(ledger.said)} passages committed in {took_s:.0f} s, the gate {before:.0f} MiB "
        f"before and {after:.0f} after; killed; {judgement.records} at the platform {drained_s:.0f} s after it was started"
    )
    if after > before + ALLOWED_MIB:
        judgement.wrong["MiB MORE MEMORY"] += round(after - before)
    return Finding("offline", what, str(judgement), judgement.ok)
