"""A small gate that a fault may hit at any time: the real store and uplink, and passages as fast as they can be committed.

    python -m bench.fault_measure.gate FOLDER [--platform URL] [--life N] [--count N] ...

On standard output: `begins` before the store is opened, `NUMBER PASSAGE` for each passage after `commit_decision` has returned
(this is the acknowledgement that it is held to), `refused ERROR` and the end where the store refuses one.
"""

import argparse
import asyncio
import itertools
import logging
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from bench.fault_measure.passages import BEGUN, EVERY, GATE, LANE_TITLE, closed, decided, picture
from gateway.model.clock import Clock, utc_now
from gateway.orders.order_cache import OrderCache
from gateway.store.errors import StoreError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import PictureState
from gateway.store.space import StoreSettings
from gateway.uplink.settings import UplinkSettings
from gateway.uplink.uplink import Uplink

NO_RESERVE: Final = StoreSettings(nearly_full_below_mib=0, full_below_mib=0)
STEP: Final = timedelta(hours=1)
STEP_EVERY: Final = 20  # passages
DRAIN_LOOK_S: Final = 0.02
SETTLED_BEHIND: Final = 5
LIE_S: Final = 0.05  # how long before the commit a liar acknowledges


class SteppingClock:
    """The real time, on which somebody turns the clock an hour forward or back now and then."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def passed(self, number: int) -> None:
        if number % STEP_EVERY == 0:
            self._ahead = self._rng.choice((-STEP, timedelta(), STEP))


class SimulatedClock:
    """Time goes by with the passages only."""

    def __init__(self) -> None:
        self._now = BEGUN

    def __call__(self) -> datetime:
        return self._now

    def passed(self, number: int) -> None:
        self._now = BEGUN + number * EVERY


def say(line: str) -> None:
    """Whole or not at all, whenever the process is killed: one write of less than PIPE_BUF (pipe(7))."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


class Gate:
    """The passages of one life of the process."""

    def __init__(self, store: GateStore, args: argparse.Namespace, passed: Callable[[int], None], at: Clock | None) -> None:
        self._store, self._args = store, args
        self._passed, self._at = passed, at

    async def work(self) -> None:
        numbers = itertools.count(1) if self._args.count < 0 else range(1, self._args.count + 1)
        for number in numbers:
            while self._store.waiting_count >= self._args.ahead:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(DRAIN_LOOK_S / 10)
            await self._pass(number)
            self._passed(number)
            if self._args.pause:
                await asyncio.sleep(self._args.pause)

    async def _pass(self, number: int) -> None:
        jpeg = picture(self._args.life, number)
        if jpeg:
            await asyncio.to_thread(self._store.pictures.keep, jpeg)
        record = decided(self._args.life, number, self._args.reads, self._at() if self._at else None)
        if self._args.liar:
            next_one = await self._store.read(lambda connection: connection.execute("SELECT next_sequence FROM gate").fetchone()[0])
            say(f"{next_one} {record.passage_id}")
            await asyncio.sleep(LIE_S)
        sequence = await self._store.commit_decision(record, LANE_TITLE)
        if not self._args.liar:
            say(f"{sequence} {record.passage_id}")
        await self._store.close_passage(closed(record), LANE_TITLE)
        if self._args.settle and sequence > SETTLED_BEHIND:
            await self._store.acknowledged(sequence - SETTLED_BEHIND)

    async def drained(self) -> None:
        """Until the platform has every record and picture."""
        while self._store.waiting_count or await self._pictures_waiting():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(DRAIN_LOOK_S)

    async def _pictures_waiting(self) -> int:
        return (await self._store.counts()).pictures[PictureState.WAITING]


def uplink_of(store: GateStore, cache: OrderCache, url: str, clock: Clock) -> Uplink:
    settings = UplinkSettings(url=url, allow_clear_text=True, retry_first_s=0.02, retry_cap_s=0.2, feed_pause_s=0.05, feed_wait_s=5)
    return Uplink(store, cache.apply, cache.place, settings, clock=clock, random=os.urandom, on_clock=lambda _: None)


async def live(args: argparse.Namespace) -> None:
    clock = SteppingClock(args.life) if args.clock == "steps" else SimulatedClock()
    say("begins")
    async with GateStore.open(args.folder, GATE, clock, NO_RESERVE) as store, asyncio.TaskGroup() as tasks:
        gate = Gate(store, args, clock.passed, clock if args.clock == "steps" else None)
        uplink = None
        if args.platform:
            uplink = tasks.create_task(uplink_of(store, await OrderCache.open(store), args.platform, clock).run())
        say("open")
        await gate.work()
        if args.stay:
            say("done")
            await asyncio.Event().wait()
        if uplink:
            await gate.drained()
            uplink.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--platform", help="address; without it, nothing is sent")
    parser.add_argument("--life", type=int, default=1, help="which life of the gate this is: part of its passages' ids")
    parser.add_argument("--count", type=int, default=-1, help="passages, after which everything is drained; below 0, without end")
    parser.add_argument("--reads", type=int, default=4, help="reads on each passage's record")
    parser.add_argument("--ahead", type=int, default=1 << 60, help="wait while so many records wait for the platform")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between passages")
    parser.add_argument("--clock", choices=("simulated", "steps"), default="simulated")
    parser.add_argument("--settle", action="store_true", help="mark older records as acknowledged, as an uplink would")
    parser.add_argument("--stay", action="store_true", help="after the last passage, until killed")
    parser.add_argument("--liar", action="store_true", help="acknowledge before the commit: the bench must find this out")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)  # a platform that is killed is meant to be
    try:
        asyncio.run(live(args))
    except* StoreError as errors:
        say(f"refused {type(errors.exceptions[0]).__name__}")
        sys.exit(1)


if __name__ == "__main__":
    main()
