"""How fast the outbox is and what a backlog costs: beside the disk's own flushes, and beside what the platform can take."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp

from bench.fault_measure.children import GateChild, platform_beside
from bench.fault_measure.finding import Finding
from bench.fault_measure.gate import NO_RESERVE, SimulatedClock
from bench.fault_measure.passages import GATE, LANE_TITLE, confirmation, decided, passage_id
from gateway.store import passages
from gateway.store.gate_store import GateStore
from gateway.store.signing_key import signing_key

READS: Final = 1
LIFE: Final = 1
PAGE: Final = 4096
AT_ONCE: Final = 8  # requests on their way to the platform, each of a gate of its own
LOOK_S: Final = 0.1
IN_ONE: Final = 2000  # records in one transaction while a backlog is made
ALLOWED_MIB: Final = 16.0  # between the smallest backlog and the largest


async def outbox(folder: Path, backlogs: list[int], seconds: float) -> list[Finding]:
    """`seconds`: how long each rate is measured."""
    flushes = await asyncio.to_thread(_flushes, folder / "raw", seconds)
    commits = await _commits(folder / "commits", seconds)
    rates = (
        f"{commits:.0f} records/s committed one by one; {flushes:.0f} times a second {PAGE} bytes appended and flushed (fdatasync)"
    )
    found = [Finding("outbox", f"{rates}, in the same folder", f"{commits / flushes:.2f} of the disk's flushes", None)]
    ingest = await _platform_alone(folder / "ingest", seconds)
    resident = []
    for backlog in backlogs:
        place = folder / f"backlog-{backlog}"
        finding, mib = await _backlog(place, backlog, ingest, seconds)
        await asyncio.to_thread(shutil.rmtree, place)
        found.append(finding)
        resident.append(mib)
    grown = max(resident) - resident[0]
    what = f"{grown:+.1f} MiB from {backlogs[0]} waiting records to the largest of {backlogs[1:]}; {ALLOWED_MIB:g} are allowed"
    found.append(Finding("outbox", what, "memory is flat" if grown <= ALLOWED_MIB else "MEMORY GROWS", grown <= ALLOWED_MIB))
    return found


def _flushes(place: Path, seconds: float) -> float:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        begun, count = time.monotonic(), 0
        while time.monotonic() - begun < seconds:
            os.write(descriptor, bytes(PAGE))
            os.fdatasync(descriptor)
            count += 1
        return count / (time.monotonic() - begun)
    finally:
        os.close(descriptor)


async def _counted(work: Callable[[int], Awaitable[object]], seconds: float) -> float:
    """How often a second this can be done, one after the other."""
    begun, count = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        count += 1
        await work(count)
    return count / (time.monotonic() - begun)


async def _commits(folder: Path, seconds: float, life: int = LIFE) -> float:
    async with GateStore.open(folder, GATE, SimulatedClock(), NO_RESERVE) as store:
        return await _counted(lambda number: store.commit_decision(decided(life, number, READS), LANE_TITLE), seconds)


async def _platform_alone(folder: Path, seconds: float) -> float:
    async with platform_beside(folder) as (platform, session):
        await platform.start()
        return await _ingest(session, platform.url, seconds)


async def _ingest(session: aiohttp.ClientSession, url: str, seconds: float) -> float:
    """Records a second that the platform stores when several gates hand theirs in at once."""

    async def one_gate(index: int) -> float:
        gate = f"other-{index}"

        async def put(sequence: int) -> None:
            body = confirmation(passage_id(index, sequence), sequence, READS).replace(f'"{GATE}"', f'"{gate}"')
            async with session.put(
                f"{url}/api/gates/{gate}/confirmations/{sequence}", data=body, headers={"Content-Type": "application/json"}
            ) as answer:
                answer.raise_for_status()
                await answer.read()

        return await _counted(put, seconds)

    return sum(await asyncio.gather(*(one_gate(1000 + index) for index in range(AT_ONCE))))


async def _backlog(folder: Path, backlog: int, ingest: float, seconds: float) -> tuple[Finding, float]:
    """The gate with so many records waiting, while they go to a platform of its own; and its resident memory, MiB."""
    await _make(folder / "gate", backlog)
    async with platform_beside(folder) as (platform, session):
        await platform.start()
        gate = await GateChild.start(folder / "gate", "--platform", platform.url, "--count", 0, "--stay")
        await gate.until(b"open")
        drained = await _drained_a_second(session, platform.url, backlog, seconds)
        resident = gate.resident_mib()
        await gate.kill()
    commits = await _commits(folder / "gate", seconds, LIFE + 1)
    size_mib = (folder / "gate" / "gate.sqlite3").stat().st_size / (1 << 20)
    what = (
        f"{backlog} records waiting ({size_mib:.0f} MiB): sent {drained:.0f} records/s, {drained / ingest:.2f} of the {ingest:.0f} "
        f"that the platform stores of {AT_ONCE} gates at once; committed {commits:.0f}/s"
    )
    return Finding("outbox", what, f"{resident:.0f} MiB resident", None), resident


async def _make(folder: Path, backlog: int) -> None:
    """Records as `commit_decision` makes them, many in one transaction."""
    async with GateStore.open(folder, GATE, SimulatedClock(), NO_RESERVE) as store:
        signing = passages.Signing(signing_key(folder), folder)

        def some(connection: sqlite3.Connection, first: int) -> None:
            for number in range(first, min(first + IN_ONE, backlog + 1)):
                passages.decide(connection, decided(LIFE, number, READS), LANE_TITLE, store.clock(), signing)

        for first in range(1, backlog + 1, IN_ONE):
            await store.write(partial(some, first=first))


async def _drained_a_second(session: aiohttp.ClientSession, url: str, backlog: int, seconds: float) -> float:
    """Records that reach the platform, until all of them have or the time is over."""
    begun, first = time.monotonic(), await _latest(session, url)
    latest = first
    while latest < backlog and time.monotonic() - begun < seconds:
        await asyncio.sleep(LOOK_S)
        latest = await _latest(session, url)
    return (latest - first) / (time.monotonic() - begun)


async def _latest(session: aiohttp.ClientSession, url: str) -> int:
    """The number of the record that the platform stored last."""
    async with session.get(f"{url}/api/confirmations", params={"direction": "newest", "limit": 1}) as answer:
        items = (await answer.json())["items"]
    return int(items[0]["confirmation"]["sequence"]) if items else 0
