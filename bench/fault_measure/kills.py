"""`kill -9` of the gate and of the platform in the midst of work; and of the same gate at a gate's pace, beside another gateway."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import aiohttp

from bench.fault_measure.children import GateChild, PlatformChild, platform_beside
from bench.fault_measure.finding import Finding
from bench.fault_measure.kept import Ledger, at_platform, judge_platform
from gateway.demo.processes import ProcessError

READS: Final = 4
AHEAD: Final = 300  # records that may wait for the platform: so that the gate sends, settles and commits all at once
LONGEST_LIFE_S: Final = 0.8  # of a gate, from just before it opens its store
LONGEST_SERVICE_S: Final = 1.0  # of a platform, once it answers
KILLED_WHILE_STARTING: Final = 0.2  # of the platforms
LONGEST_START_S: Final = 2.0


async def gate_kills(folder: Path, kills: int, seed: int, arguments: Iterable[str] = ()) -> Finding:
    """`arguments`: further ones of the gate's."""
    rng, ledger = Random(seed), Ledger()
    settings: tuple[str | int | float, ...] = ("--reads", READS, "--ahead", AHEAD, *arguments)
    early = 0
    async with platform_beside(folder) as (platform, session):
        await platform.start()
        for life in range(1, kills + 1):
            gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--life", life, *settings)
            await asyncio.sleep(rng.uniform(0, LONGEST_LIFE_S))
            early += ledger.take(await gate.kill()) == 0
        return await _drained(folder, platform, session, ledger, "gate-kills", f"{kills} kills, {early} before a first record")


async def platform_kills(folder: Path, kills: int, seed: int) -> Finding:
    rng, ledger = Random(seed), Ledger()
    async with platform_beside(folder) as (platform, session):
        gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--reads", READS, "--ahead", AHEAD)
        starting = 0
        for _ in range(kills):
            if rng.random() < KILLED_WHILE_STARTING:
                starting += 1
                await _killed_while_starting(platform, rng.uniform(0, LONGEST_START_S))
                continue
            await platform.start()
            await asyncio.sleep(rng.uniform(0, LONGEST_SERVICE_S))
            await platform.kill()
        ledger.take(await gate.kill())
        await platform.start()
        return await _drained(
            folder, platform, session, ledger, "platform-kills", f"{kills} kills, {starting} of them while it started"
        )


async def _killed_while_starting(platform: PlatformChild, after_s: float) -> None:
    start = asyncio.ensure_future(platform.start())
    await asyncio.wait({start}, timeout=after_s)
    await platform.kill()
    with suppress(ProcessError):
        await start


async def _drained(
    folder: Path, platform: PlatformChild, session: aiohttp.ClientSession, ledger: Ledger, fault: str, what: str
) -> Finding:
    """A last life, in which everything goes to the platform; then the platform is asked."""
    gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--count", 0)
    ledger.take(await gate.end())
    judgement = judge_platform(ledger, await at_platform(session, platform.url))
    refused = "".join(f", {count} {name}" for name, count in ledger.refusals.items())
    what = f"{what}; {len(ledger.said)} acknowledged, {judgement.records} at the platform{refused}"
    return Finding(fault, what, str(judgement), judgement.ok and not ledger.refusals)
