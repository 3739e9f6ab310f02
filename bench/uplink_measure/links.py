"""Trucks at a real site, a real platform behind a bad link, and pictures on their way between them.

A whole site but for its cameras runs in this process, the platform and the link before it (`bad_link.py`) in another one. Its
store holds a backlog of pictures, and trucks come meanwhile. Measured are how late the loop of the lanes was, the time from a
vehicle's arrival to the lane's verdict and light (of which the lane waits 0.1 s for more), from the commit of a new record to the
platform's receipt while a picture is under way, and until everything was there.
"""

import argparse
import asyncio
import hashlib
import logging
import multiprocessing
import statistics
import sys
import tempfile
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Final

import aiohttp

from bench.uplink_measure.bad_link import Link, bad_link
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.site.decided import DecidedSite, decided_site
from tests.store.passages import decided

PICTURE_BYTES: Final = 1_000_000
AT_MOST_S: Final = 900.0
LOOK_EVERY_S: Final = 0.005
LINKS: Final = {
    "healthy": Link(),
    "2 s delay each way": Link(delay_s=2.0),
    "50 kbit/s": Link(a_second=6250),
    "50 kbit/s, 2 s delay": Link(delay_s=2.0, a_second=6250),
    "1 % of segments lost": Link(lost=1.0, delay_s=0.05),
    "reset within 60 kB": Link(broken_after=60_000),
    "hangs within 60 kB": Link(broken_after=60_000, hangs=True),
}
HEADING: Final = f"""\
{"":22} {"loop late, ms":>15} {"arrival to light, s":>20} {"commit to receipt, s":>21} {"all there":>10} {"once,":>9}
{"link":22} {"99 %":>7} {"max":>7} {"median":>12} {"max":>7} {"median":>13} {"max":>7} {"after, s":>10} in order"""


def platform(folder: Path, name: str, told: Pipe) -> None:
    """In a process of its own, with the link before it."""

    async def serve() -> None:
        async with running(PlatformSettings(data_dir=folder, port=0)) as address:
            port = int(address.rpartition(":")[2])
            async with bad_link(LINKS[name], port) as near:
                told.send((address, near))
                await asyncio.get_running_loop().create_future()

    asyncio.run(serve())


def picture(number: int) -> bytes:
    """Begins as a JPEG of 64 by 48 does; the rest cannot be pressed together."""
    head = bytes.fromhex("ffd8ffc0000b080030004001011100")
    noise = b"".join(hashlib.sha256(f"{number} {block}".encode()).digest() for block in range(PICTURE_BYTES // 32))
    return head + noise + b"\xff\xd9"


class Measured:
    def __init__(self) -> None:
        self.late: list[float] = []
        self.lights: list[float] = []
        self.receipts: list[float] = []

    def line(self, name: str, took_s: float, whole: bool) -> str:
        late = sorted(self.late)
        return (
            f"{name:22} {late[int(len(late) * 0.99)] * 1000:7.1f} {late[-1] * 1000:7.1f} "
            f"{statistics.median(self.lights):12.2f} {max(self.lights):7.2f} "
            f"{statistics.median(self.receipts):13.2f} {max(self.receipts):7.2f} {took_s:10.0f} {'yes' if whole else 'NO':>8}"
        )


async def watch_loop(late: list[float]) -> None:
    now = asyncio.get_running_loop().time
    while True:
        begun = now()
        await asyncio.sleep(LOOK_EVERY_S)
        late.append(now() - begun - LOOK_EVERY_S)


async def receipt(here: DecidedSite) -> float:
    """Seconds from now until no record waits."""
    now = asyncio.get_running_loop().time
    begun = now()
    await here.store.all_told.wait()
    return now() - begun


async def truck(here: DecidedSite, found: Measured) -> None:
    """The one that stands there leaves; the next comes, and the lane decides."""
    now = asyncio.get_running_loop().time
    here.module.drive("loop", on=False)
    await here.until(here.is_empty)
    begun = now()
    here.module.drive("loop", on=True)
    await here.until(here.waits)
    found.lights.append(now() - begun)
    found.receipts.append(await receipt(here))


async def everything_sent(here: DecidedSite) -> None:
    while here.store.waiting_count or await here.store.waiting_pictures(1):  # noqa: ASYNC110 - nothing announces the last picture
        await asyncio.sleep(0.05)


async def as_it_should(address: str, records: int, pictures: list[str]) -> bool:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address}/api/confirmations?limit=200") as answer:
            found = (await answer.json())["items"]
        there = [(await session.get(f"{address}/api/pictures/{one}")).status == 200 for one in pictures]
    sequences = [one["confirmation"]["sequence"] for one in found]
    return sequences == list(range(1, records + 1)) and all(there) and not any(one["conflicts"] for one in found)


async def measure(name: str, folder: Path, address: str, near: int, pictures: int, trucks: int) -> bool:
    found = Measured()
    now = asyncio.get_running_loop().time
    kept: list[str] = []
    more = (
        f"platform: {{url: 'http://127.0.0.1:{near}', allow_clear_text: true, answer_timeout_s: 10, picture_timeout_s: 60, "
        "retry_cap_s: 2}\n"
    )
    async with decided_site(folder, more, AT_MOST_S) as here:
        await receipt(here)
        begun = now()
        for number in range(1, pictures + 1):
            kept.append(await asyncio.to_thread(here.store.pictures.keep, picture(number)))
            await here.store.commit_decision(decided(number, pictures=(kept[-1],)), "Lane 1")
        await receipt(here)
        watching = asyncio.create_task(watch_loop(found.late))
        for _ in range(trucks):
            await truck(here, found)
        await everything_sent(here)
        watching.cancel()
        records = sum((await here.store.counts()).records.values())
        whole = await as_it_should(address, records, kept)
    print(found.line(name, now() - begun, whole), flush=True)
    return whole


def one(name: str, pictures: int, trucks: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=platform, args=(Path(folder) / "platform", name, theirs))
        process.start()
        try:
            address, near = ours.recv()
            return asyncio.run(measure(name, Path(folder), address, near, pictures, trucks))
        finally:
            process.terminate()
            process.join()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", choices=tuple(LINKS), help="one link")
    arguments.add_argument("--pictures", type=int, default=1)
    arguments.add_argument("--trucks", type=int, default=10)
    asked = arguments.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    print(HEADING)
    whole = [one(name, asked.pictures, asked.trucks) for name in ([asked.only] if asked.only else LINKS)]
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main())
