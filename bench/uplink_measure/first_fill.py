"""A fresh gate takes every order of a platform.

The platform, a process of its own with its SQLite file, holds the orders; the feed of a gate's uplink, in this process with its own
store, takes them. The lag is that of this process's event loop, on which a site's lanes run. Beside it a passage is committed every
50 ms, as a lane does: its time is from the call to the commit.
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, Final

from gateway.model.clock import utc_now
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.orders.order_cache import OrderCache
from gateway.platform.database import Database
from gateway.platform.examples import ORDER
from gateway.platform.orders import store
from gateway.platform.serve import serve
from gateway.platform.settings import PlatformSettings
from gateway.store.gate_store import GateStore
from gateway.uplink.settings import UplinkSettings
from gateway.uplink.uplink import Uplink
from tests.store.passages import decided

AT_ONCE: Final = 5000  # orders in one transaction of the platform
LOOK_EVERY_S: Final = 0.005
COMMIT_EVERY_S: Final = 0.05


def orders(count: int) -> Iterator[TransportOrder]:
    """Each with a number, box, plate and licence of its own."""
    for serial in range(count):
        message: dict[str, Any] = deepcopy(ORDER)
        message |= {
            "order_number": f"BD1102{4595257 + serial // 100_000:08d}{serial % 100_000:05d}",
            "message_id": f"M{serial:019d}",
        }
        message["container"]["number"] = f"TEMU{serial:07d}"
        message["vehicle"] |= {"plate": f"K{serial % 260:02X}-{serial % 9999:04d}", "driving_licence": f"A{serial:09d}"}
        yield parse_order(message).order


async def filled(folder: Path, count: int) -> None:
    """The platform's file with the orders in it, by way of its own store."""
    database = Database(f"sqlite:///{folder / 'platform.sqlite'}")
    await database.open()
    waiting = list(orders(count))
    for begin in range(0, count, AT_ONCE):
        some = waiting[begin : begin + AT_ONCE]
        await database.write(lambda connection, some=some: store.take_all(connection, some, utc_now()) and None)
    await database.close()


def platform(folder: Path, count: int, told: Pipe) -> None:
    """In a process of its own."""
    folder.mkdir()
    asyncio.run(filled(folder, count))
    asyncio.run(serve(PlatformSettings(data_dir=folder, port=0), on_ready=told.send))


def resident_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


async def lag(found: list[float]) -> None:
    now = asyncio.get_running_loop().time
    while True:
        begun = now()
        await asyncio.sleep(LOOK_EVERY_S)
        found.append(now() - begun - LOOK_EVERY_S)


async def commits(gate: GateStore, found: list[float]) -> None:
    for number in range(1, 1_000_000):
        begun = time.perf_counter()
        await gate.commit_decision(decided(number), "Lane 1")
        found.append(time.perf_counter() - begun)
        await asyncio.sleep(COMMIT_EVERY_S)


def of(name: str, seconds: list[float]) -> str:
    longest = sorted(seconds)
    high = longest[int(len(longest) * 0.99)]
    median = statistics.median(seconds)
    return f"{name}: median {median * 1000:.1f} ms, 99 of 100 below {high * 1000:.1f} ms, longest {longest[-1] * 1000:.1f} ms"


async def fill(folder: Path, url: str, count: int, limit: int) -> bool:
    late: list[float] = []
    committed: list[float] = []
    async with GateStore.open(folder, "first-fill", utc_now) as gate:
        cache = await OrderCache.open(gate)
        settings = UplinkSettings(url=url, allow_clear_text=True, feed_limit=limit)
        uplink = Uplink(gate, cache.apply, cache.place, settings, clock=utc_now, random=os.urandom, on_clock=lambda _: None)
        before_mib, begun = resident_mib(), time.perf_counter()
        tasks = [asyncio.create_task(work) for work in (uplink.run(), lag(late), commits(gate, committed))]
        highest_mib = before_mib
        while cache.count < count and not tasks[0].done():
            await asyncio.sleep(0.05)
            highest_mib = max(highest_mib, resident_mib())
        took_s = time.perf_counter() - begun
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        found = await cache.find([f"TEMU{count - 1:07d}"], [], [])
    print(f"{cache.count} orders of {count} in {took_s:.1f} s, {cache.count / took_s:.0f} a second")
    print(f"resident memory {before_mib:.0f} MiB before, at most {highest_mib:.0f} MiB")
    print(of("the loop was late by", late))
    print(of(f"{len(committed)} passages were committed meanwhile, each in", committed))
    return cache.count == count and len(found) == 1


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--orders", type=int, default=200_000)
    arguments.add_argument(
        "--limit", type=int, default=UplinkSettings.model_fields["feed_limit"].default, help="orders of one page"
    )
    asked = arguments.parse_args()
    count: int = asked.orders
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=platform, args=(Path(folder) / "platform", count, theirs))
        process.start()
        try:
            url: str = ours.recv()
            complete = asyncio.run(fill(Path(folder) / "gate", url, count, asked.limit))
        finally:
            process.terminate()
            process.join()
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
