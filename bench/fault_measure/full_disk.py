"""A disk that is full at any place of a commit, a file that may not grow by one byte more, and a disk that may only be read.

What is refused must be refused by name, must leave nothing behind, and must succeed as soon as there is room.
"""

import os
import resource
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import Final

from bench.fault_measure.disks import NoDiskError, remount, small_disk
from bench.fault_measure.finding import Finding, not_measured
from bench.fault_measure.gate import NO_RESERVE, SimulatedClock
from bench.fault_measure.kept import Contents, Judgement, Ledger, judge_store
from bench.fault_measure.passages import GATE, LANE_TITLE, closed, decided
from gateway.store.errors import StoreError, StoreFullError
from gateway.store.gate_store import GateStore

READS: Final = 4
LIFE: Final = 1
PAGE: Final = 4096  # what tmpfs gives out at a time
DISK_BYTES: Final = 8 << 20
FILLED_UP_BYTES: Final = 24 << 20  # more than the write-ahead log grows to before it is written back (1000 pages)
FILLED_UP_TIMES: Final = 5


class Work:
    """What a gate writes, one piece after another; each may be tried again after a refusal."""

    def __init__(self, store: GateStore, ledger: Ledger) -> None:
        self.number = 0
        self.pictures: dict[str, bytes] = {}  # that were said to be kept
        self._store, self._ledger = store, ledger

    def kinds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "decision": self.decision,
            "final record": self.final,
            "acknowledgement": self.acknowledgement,
            "picture": self.picture,
        }

    def next(self) -> None:
        self.number += 1

    async def picture(self) -> None:
        jpeg = self.number.to_bytes(4) * PAGE
        self.pictures[self._store.pictures.keep(jpeg)] = jpeg

    async def decision(self) -> None:
        record = decided(LIFE, self.number, READS)
        sequence = await self._store.commit_decision(record, LANE_TITLE)
        self._ledger.take([f"{sequence} {record.passage_id}"])

    async def final(self) -> None:
        await self._store.close_passage(closed(decided(LIFE, self.number, READS)), LANE_TITLE)

    async def acknowledgement(self) -> None:
        await self._store.acknowledged(self.number)


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[GateStore]:
    async with GateStore.open(folder, GATE, SimulatedClock(), NO_RESERVE) as store:
        yield store


def _empty_log(path: Path) -> None:
    """Write the log back, so that the next commit begins at its first byte."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


class Ballast:
    """A file that takes all but so much of a disk."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "ballast"

    def leave(self, pages: int) -> None:
        self.off()
        free = os.statvfs(self._path.parent)
        self._path.write_bytes(bytes(max(free.f_bavail * free.f_frsize - pages * PAGE, 0)))

    def off(self) -> None:
        self._path.unlink(missing_ok=True)


async def full_disk(folder: Path, every_byte: int, seed: int) -> list[Finding]:
    """`every_byte`: how many bytes lie between two places at which a file may not grow any more."""
    found = []
    try:
        with small_disk(folder / "small", DISK_BYTES) as disk:
            found.append(await _by_pages(disk))
        with small_disk(folder / "larger", FILLED_UP_BYTES) as disk:
            found.append(await _filled_up(disk, Random(seed)))
    except NoDiskError as error:
        found.append(not_measured("full-disk", str(error)))
    found.append(await _by_bytes(folder / "gate", every_byte))
    return found


async def _judged(folder: Path, ledger: Ledger, pictures: Mapping[str, bytes] | None = None) -> Judgement:
    async with _opened(folder) as store:
        judgement = judge_store(ledger, await Contents.of(store), READS)
        for sha256, jpeg in (pictures or {}).items():
            place = store.pictures.path(sha256)
            judgement.wrong["PICTURES MISSING"] += place is None or place.read_bytes() != jpeg
        return judgement


async def _by_pages(disk: Path) -> Finding:
    ledger, ballast, tried = Ledger(), Ballast(disk), Counter[str]()
    async with _opened(disk / "gate") as store:
        work = Work(store, ledger)
        for kind in work.kinds():
            await _until_there_is_room(kind, work, ballast, disk, tried)
    judgement = await _judged(disk / "gate", ledger, work.pictures)
    what = ", ".join(f"{count} {kind}" for kind, count in tried.items())
    return _finding(
        judgement, tried, f"one page after another left free for each kind of write: {what}; {len(ledger.said)} records"
    )


async def _until_there_is_room(kind: str, work: Work, ballast: Ballast, disk: Path, tried: Counter[str]) -> None:
    """Leave 0, 1, 2… pages, until this kind of write succeeds twice; each refused one must succeed once there is room."""
    succeeded, pages = 0, 0
    while succeeded < 2:
        work.next()
        if kind != "decision":
            await work.decision()
        _empty_log(disk / "gate" / "gate.sqlite3")
        ballast.leave(pages)
        write = work.kinds()[kind]
        try:
            await write()
            succeeded += 1
        except StoreFullError:
            tried[f"{kind} refused"] += 1
        except StoreError as error:
            tried[f"{kind} refused as {type(error).__name__}"] += 1
        ballast.off()
        await write()
        pages += 1


def _finding(judgement: Judgement, tried: Counter[str], what: str) -> Finding:
    misnamed = [kind for kind in tried if " as " in kind]
    verdict = str(judgement) if not misnamed else f"MISNAMED: {', '.join(misnamed)}"
    return Finding("full-disk", what, verdict, judgement.ok and not misnamed)


async def _filled_up(disk: Path, rng: Random) -> Finding:
    """Passages until the disk is full, from a different amount of free room each time; over write-backs of the log."""
    ledger, ballast, tried = Ledger(), Ballast(disk), Counter[str]()
    for _ in range(FILLED_UP_TIMES):
        async with _opened(disk / "gate") as store:
            work = Work(store, ledger)
            work.number = max(ledger.said, default=0)
            ballast.leave(rng.randrange(FILLED_UP_BYTES // PAGE // 3))
            try:
                while True:
                    work.next()
                    await work.decision()
            except StoreFullError:
                tried["decision refused"] += 1
            except StoreError as error:
                tried[f"decision refused as {type(error).__name__}"] += 1
            ballast.off()
            await work.decision()
    judgement = await _judged(disk / "gate", ledger)
    return _finding(judgement, tried, f"filled up {FILLED_UP_TIMES} times, then given room; {len(ledger.said)} records")


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def _by_bytes(folder: Path, every_byte: int) -> Finding:
    """The log may not grow beyond one byte after another of a commit (setrlimit(2), RLIMIT_FSIZE): the write is cut off there."""
    ledger, refused, size = Ledger(), Counter[str](), 0
    async with _opened(folder) as store:
        work = Work(store, ledger)
        while True:
            work.next()
            _empty_log(folder / "gate.sqlite3")
            try:
                with _largest_file(size):
                    await work.decision()
                break
            except StoreError as error:
                refused[type(error).__name__] += 1
            await work.decision()
            size += every_byte
    judgement = await _judged(folder, ledger)
    names = ", ".join(f"{count} as {name}" for name, count in refused.items())
    what = f"a commit's {size} bytes in the log cut off every {every_byte} B: {names}; {len(ledger.said)} records"
    return Finding("full-disk", what, str(judgement), judgement.ok and refused.total() > 0)


async def read_only(folder: Path) -> Finding:
    """The service is started on a file system that can only be read, as after a failed check of a disk; then it is mended."""
    ledger, refusal = Ledger(), ""
    try:
        with small_disk(folder / "disk", DISK_BYTES) as disk:
            for mode in ("rw", "ro", "rw"):
                remount(disk, mode)
                said = await _a_few(disk / "gate", ledger)
                if (mode == "ro") is not said.startswith("StoreError"):
                    return Finding("read-only", f"mounted {mode}: {said or 'committed'}", "NOT SAID", False)
                refusal = said or refusal
            judgement = await _judged(disk / "gate", ledger)
    except NoDiskError as error:
        return not_measured("read-only", str(error))
    return Finding("read-only", f"{len(ledger.said)} records; while it could only be read: {refusal}", str(judgement), judgement.ok)


async def _a_few(folder: Path, ledger: Ledger) -> str:
    """Open and commit; the refusal, if there is one."""
    try:
        async with _opened(folder) as store:
            work = Work(store, ledger)
            work.number = max(ledger.said, default=0)
            for _ in range(3):
                work.next()
                await work.decision()
    except StoreError as error:
        return f"{type(error).__name__} ({error.detail})"
    return ""
