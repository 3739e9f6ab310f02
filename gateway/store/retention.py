"""Lets go of what the site's policy no longer keeps, a little at a time, so that no lane waits for it.

Pictures by age and by the room that they take; records, with their passages, by age. What the platform has not acknowledged stays.
Only a disk that is full forces pictures out before, the oldest first, and that is said aloud and written down.

Pictures lie in 256 folders by their SHA-256, which spreads them evenly: each folder is held to its own part of the room.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.store import outbox
from gateway.store.connection import naming
from gateway.store.errors import StoreBusyError, StoreFullError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import RecordState, timestamp
from gateway.store.pictures import PARTS, picture_place
from gateway.store.space import MIB, SpaceState, StoreSettings

ROUND_S: Final = 3600.0  # in which every folder is looked at once
YOUNGEST: Final = timedelta(hours=2)  # a picture younger than this may be of a passage that is not committed yet
RECORDS_AT_A_TIME: Final = 200
MADE_ROOM: Final = 0.1  # of a folder's pictures, that go in one step where the disk is full
WANT_OF_SPACE: Final = "removed unsent: the disk was full"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptPicture:
    sha256: str
    size: int
    at: float  # seconds since 1970, when it was stored


@dataclass(slots=True)
class Removed:
    """What a round has let go of. `unsent` pictures went though the platform had not got them."""

    pictures: int = 0
    size: int = 0
    unsent: int = 0
    records: int = 0


class Retention:
    """`run` until cancelled, beside the lanes."""

    def __init__(self, store: GateStore, settings: StoreSettings) -> None:
        self._store, self._settings = store, settings
        self._folder = store.folder / "pictures"
        self._unsent: frozenset[str] | None = None  # asked for once a round, and only where something would go

    async def run(self) -> None:
        """Raises StoreError where the store is damaged or closed."""
        while True:
            await self.round(ROUND_S / PARTS)

    async def round(self, pause_s: float) -> Removed:
        """Every folder once, with a pause between them, and the records that are old enough. A full disk is given room at once."""
        removed, self._unsent = Removed(), None
        for part in range(PARTS):
            if (await self._store.space()).state is SpaceState.FULL:
                await self._make_room(removed)
            await self._sweep(part, removed)
            await asyncio.sleep(pause_s)
        removed.records = await self._let_records_go()
        if removed.pictures or removed.records:
            log.info("retention: %d pictures (%d MiB), %d records", removed.pictures, removed.size // MIB, removed.records)
        return removed

    # Pictures

    async def _sweep(self, part: int, removed: Removed) -> None:
        kept = await asyncio.to_thread(_kept, self._folder / f"{part:02x}")
        now = self._store.clock()
        most = self._settings.pictures_at_most_mib * MIB // PARTS
        old = (now - timedelta(days=self._settings.keep_pictures_days)).timestamp()
        young = (now - YOUNGEST).timestamp()
        size = sum(one.size for one in kept)
        leaving = []
        for one in kept:
            if one.at >= young or not (one.at < old or size > most):
                break
            leaving.append(one)
            size -= one.size
        await self._remove(leaving, removed, forced=False)

    async def _make_room(self, removed: Removed) -> None:
        """The oldest that the platform has, of every folder; where there is none, the oldest at all."""
        before = removed.pictures
        for forced in (False, True):
            for part in range(PARTS):
                kept = await asyncio.to_thread(_kept, self._folder / f"{part:02x}")
                young = (self._store.clock() - YOUNGEST).timestamp()
                old = [one for one in kept if one.at < young]
                if not forced:
                    unsent = await self._unsent_pictures()
                    old = [one for one in old if one.sha256 not in unsent]
                await self._remove(old[: max(1, round(len(kept) * MADE_ROOM))], removed, forced)
            if removed.pictures > before:
                return

    async def _unsent_pictures(self) -> frozenset[str]:
        if self._unsent is None:
            self._unsent = await self._store.read(outbox.unsent_pictures)
        return self._unsent

    async def _remove(self, leaving: Iterable[KeptPicture], removed: Removed, forced: bool) -> None:
        leaving = list(leaving)
        if not leaving:
            return
        unsent = await self._unsent_pictures()
        gone = [one for one in leaving if forced or one.sha256 not in unsent]
        lost = [one.sha256 for one in gone if one.sha256 in unsent]
        if lost:
            log.error("the disk is full: %d pictures are removed that the platform has not got, %s … first", len(lost), lost[0])
            await self._note(lost)
        await asyncio.to_thread(_unlink, self._folder, [one.sha256 for one in gone])
        removed.pictures += len(gone)
        removed.size += sum(one.size for one in gone)
        removed.unsent += len(lost)

    async def _note(self, lost: list[str]) -> None:
        try:
            await self._store.write(lambda connection: outbox.give_up_pictures(connection, lost, WANT_OF_SPACE))
        except (StoreFullError, StoreBusyError) as error:  # making room comes first; the log has it
            log.error("what was removed cannot be noted: %s", error)

    # Records

    async def _let_records_go(self) -> int:
        before = self._store.clock() - timedelta(days=self._settings.keep_records_days)
        gone = 0
        while True:
            try:
                count, more = await self._store.write(lambda connection: _delete_records(connection, before))
            except (StoreFullError, StoreBusyError) as error:
                log.warning("retention: records stay for now: %s", error)
                return gone
            gone += count
            if not more:
                return gone


def _kept(folder: Path) -> list[KeptPicture]:
    """The whole pictures of one folder, the oldest first."""
    with naming(folder), os.scandir(folder) as entries:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries if entry.name.endswith(".jpg")]
    pictures = [KeptPicture(name.removesuffix(".jpg"), status.st_size, status.st_mtime) for name, status in found]
    return sorted(pictures, key=lambda one: (one.at, one.sha256))


def _unlink(folder: Path, hashes: list[str]) -> None:
    """Not made durable: what comes back after a power cut goes with the next round."""
    for sha256 in hashes:
        place = picture_place(folder, sha256)
        with naming(place):
            place.unlink(missing_ok=True)


def _delete_records(connection: sqlite3.Connection, before: datetime) -> tuple[int, bool]:
    """Confirmations from the oldest on, up to the first that must stay, so that what is left has no holes; then their passages.

    How many confirmations went, and whether there may be more. Both tables are read from their oldest rows only.
    """
    cutoff = timestamp(before)
    gone = _old_confirmations(connection, cutoff)
    if gone:
        connection.execute("DELETE FROM picture_upload WHERE sequence <= ?", (gone[-1],))
        connection.execute("DELETE FROM outbox WHERE sequence <= ?", (gone[-1],))
    oldest = connection.execute("SELECT passage_id, opened_at FROM passage ORDER BY passage_id LIMIT ?", (RECORDS_AT_A_TIME,))
    old = [(row["passage_id"],) for row in oldest if row["opened_at"] < cutoff]  # UUIDv7: in the order of time
    alone = "passage_id = ? AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.passage_id = passage.passage_id)"
    passages = connection.executemany(f"DELETE FROM passage WHERE {alone}", old).rowcount
    if gone:
        connection.execute("DELETE FROM order_use WHERE at < ?", (cutoff,))
    return len(gone), RECORDS_AT_A_TIME in {len(gone), passages}


def _old_confirmations(connection: sqlite3.Connection, cutoff: str) -> list[int]:
    wanted = connection.execute("SELECT min(sequence) FROM picture_upload WHERE state = 'waiting'").fetchone()[0]
    rows = connection.execute("SELECT sequence, state, committed_at FROM outbox ORDER BY sequence LIMIT ?", (RECORDS_AT_A_TIME,))
    gone = []
    for row in rows:
        if row["state"] == RecordState.WAITING or row["committed_at"] >= cutoff or row["sequence"] == wanted:
            break
        gone.append(int(row["sequence"]))
    return gone
