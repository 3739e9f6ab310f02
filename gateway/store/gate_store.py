"""The gate's store: passages, the outbox and the pictures of one gate, in one folder that one service owns.

    folder/gate.sqlite3     passages, outbox, and the tables of the rooms above
    folder/pictures/        JPEG files named by their SHA-256
    folder/signing.key      the gate's own key (Ed25519), 0600
    folder/platform.pem     the gate's certificate at the platform with its key, 0600 (`uplink/identity.py`)
    folder/in-use.lock      says which process has the folder
    folder/gate.sqlite3.…   what is left of a damaged database: `gateway/store/salvage.py`

What an `async` method has returned is on the disk. Nothing is shown or sent before that.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlite_utils.migrations import Migrations

from gateway.model.clock import Clock
from gateway.model.passage import Passage
from gateway.store import outbox, passages, salvage, schema
from gateway.store.connection import damage, free_bytes, naming
from gateway.store.connection_thread import ConnectionThread, Work
from gateway.store.errors import StoreDamagedError, StoreError, StoreFullError, StoreGateError, StoreSchemaError
from gateway.store.folder_lock import FolderLock, private_folder
from gateway.store.outbox import OutboxCounts, PictureState, RecordState, WaitingPicture, WaitingRecord
from gateway.store.pictures import PictureFolder
from gateway.store.resumption import resume
from gateway.store.signing_key import FILE_NAME as KEY
from gateway.store.signing_key import signing_key
from gateway.store.space import Space, SpaceState, StoreSettings

T = TypeVar("T")

# A damaged page is better found at the start than under a truck; above this size looking at every page takes too long
# (about a second for each 500 MB read from an SSD), and damage is found when it is met.
CHECK_BELOW_BYTES: Final = 256 << 20

log = logging.getLogger(__name__)


class GateStore:
    """Opened with `async with GateStore.open(folder, gate, clock) as store`.

    `committed` is set whenever a new record waits in the outbox, `wanted` whenever the platform wants pictures; whoever sends them
    clears it. `all_told` is set as long as no record waits. `damaged` is set where the database turned out to be damaged: whoever
    runs the store ends, and the next start rebuilds it.
    """

    def __init__(
        self, folder: Path, gate: str, clock: Clock, settings: StoreSettings, pictures: PictureFolder, key: Ed25519PrivateKey
    ) -> None:
        """Use `open`."""
        self.folder: Final = folder
        self.gate: Final = gate
        self.clock: Final = clock
        self.pictures: Final = pictures
        self.committed: Final = asyncio.Event()
        self.damaged: Final = asyncio.Event()
        self.wanted: Final = asyncio.Event()
        self.all_told: Final = asyncio.Event()
        self._path = folder / "gate.sqlite3"
        self._settings = settings
        self._signing = passages.Signing(key, self._path)
        self._writer = ConnectionThread(self._path)
        self._reader = ConnectionThread(self._path, read_only=True)
        self._refused_for_space = False
        self._unreadable: set[str] = set()
        self._waiting = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, gate: str, clock: Clock, settings: StoreSettings | None = None) -> AsyncIterator["GateStore"]:
        """Open or make the store of `gate` in `folder` (made private, 0700). A damaged database is set aside and rebuilt.

        Raises StoreLockedError, StoreCorruptError, StoreVersionError, StoreGateError, StoreFullError or StoreError; each names
        the file or folder.
        """
        settings = settings or StoreSettings()
        lock = FolderLock(folder)
        await asyncio.to_thread(private_folder, folder)
        await asyncio.to_thread(lock.take)
        try:
            reserve = settings.full_below_mib << 20
            pictures = await asyncio.to_thread(PictureFolder, folder / "pictures", reserve)
            has_signed = await asyncio.to_thread((folder / KEY).exists)
            store = cls(folder, gate, clock, settings, pictures, await asyncio.to_thread(signing_key, folder))
            try:
                await store._start(has_signed)
                yield store
            finally:
                await store._close()
        finally:
            lock.release()

    async def _start(self, has_signed: bool) -> None:
        unfinished = await asyncio.to_thread(self.pictures.sweep)
        if unfinished:
            log.info("%d half-written pictures of an earlier run removed", unfinished)
        await asyncio.to_thread(salvage.exchange, self._path)
        try:
            await self._writer.start()
            await self._writer.run(self._check)
            await self.migrate(schema.STORE)
        except (StoreDamagedError, StoreSchemaError) as found:
            await self._rebuild(found)
        await self.write(lambda connection: self._belong_to_gate(connection, has_signed))
        await self._reader.start()
        self._now_waiting(await self.read(outbox.count_waiting))
        if self._waiting:
            self.committed.set()

    async def _close(self) -> None:
        await self._reader.close()
        await self._writer.close()

    def _check(self, connection: sqlite3.Connection) -> None:
        if salvage.is_suspect(self._path):
            raise StoreDamagedError(self._path, "was found damaged while the service ran")
        with naming(self._path):
            if self._path.stat().st_size > CHECK_BELOW_BYTES:
                return
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if answer != "ok":
            raise damage(self._path, answer)

    async def _rebuild(self, found: StoreError) -> None:
        log.error("%s: it is rebuilt", found)
        await self._writer.close()
        rebuilt = await asyncio.to_thread(salvage.rebuild, self._path, self.gate, self.clock())
        log.error("%s", rebuilt)
        self.damaged.clear()
        self._writer = ConnectionThread(self._path)
        await self._writer.start()

    def _belong_to_gate(self, connection: sqlite3.Connection, has_signed: bool) -> None:
        begin = "INSERT INTO gate (id, name, next_sequence) VALUES (1, ?, 1) ON CONFLICT DO NOTHING"
        if connection.execute(begin, (self.gate,)).rowcount and has_signed:
            log.error(
                "%s is lost or empty, and this gate has signed before: it counts on with No. %d",
                self._path,
                resume(connection, self.clock()),
            )
        owner = connection.execute("SELECT name FROM gate WHERE id = 1").fetchone()["name"]
        if owner != self.gate:
            raise StoreGateError(self.folder, f"belongs to gate {owner!r}, not to {self.gate!r}")

    # For the rooms above: their own tables in the same file.

    async def migrate(self, migrations: Migrations) -> None:
        """Bring a room's own tables up to date. Raises StoreVersionError, StoreDamagedError."""
        try:
            await self.write(lambda connection: schema.migrate(connection, migrations, self._path))
        except StoreSchemaError:
            await self._found_damaged()
            raise

    async def write(self, work: Work[T], committed: Callable[[T], None] | None = None) -> T:
        """One transaction on the writer thread; returns after the commit. `committed`: see `ConnectionThread.run`."""
        try:
            result = await self._writer.run(work, committed)
        except StoreFullError:
            self._refused_for_space = True
            raise
        except StoreDamagedError:
            await self._found_damaged()
            raise
        self._refused_for_space = False
        return result

    async def read(self, work: Work[T]) -> T:
        """One consistent look at the file, on the reading thread. Raises StoreError when it tries to write."""
        try:
            return await self._reader.run(work)
        except StoreDamagedError:
            await self._found_damaged()
            raise

    def make_sure_of_soundness(self) -> None:
        """Raises StoreDamagedError where the database turned out to be damaged since it was opened."""
        if self.damaged.is_set():
            raise StoreDamagedError(self._path, "was found damaged: started again, the gateway rebuilds it")

    async def _found_damaged(self) -> None:
        with suppress(StoreError):  # on a full disk nothing can be noted; the check at the start finds most damages by itself
            await asyncio.to_thread(salvage.suspect, self._path)
        self.damaged.set()

    # Passages

    async def commit_decision(self, passage: Passage, lane_title: str) -> int:
        """Store a decided passage and its confirmation in one transaction; returns the gate's sequence number for it.

        The same passage again returns the same number and changes nothing, unless it now bears a person's ruling: that is
        confirmed once more, under the next number. Raises UnconfirmableError for a passage without a verdict, StoreFullError
        when there is no room.
        """
        now = self.clock()

        def work(connection: sqlite3.Connection) -> tuple[int, bool]:
            next_number = passages.next_number(connection)
            sequence = passages.decide(connection, passage, lane_title, now, self._signing)
            return sequence, sequence >= next_number

        sequence, _ = await self.write(work, lambda result: self._one_more_waits(result[1]))
        return sequence

    def _one_more_waits(self, more: bool) -> None:
        if more:
            self._now_waiting(self._waiting + 1)
            self.committed.set()

    async def close_passage(self, passage: Passage, lane_title: str = "") -> None:
        """Store the final record of a passage, decided or not. Its confirmations stand; openings of the barrier by hand that none
        of them tells of are confirmed under the next number.
        """
        now = self.clock()

        await self.write(
            lambda connection: passages.close(connection, passage, lane_title, now, self._signing), self._one_more_waits
        )

    async def passage(self, passage_id: str) -> Passage | None:
        """Raises StoreCorruptError when the record cannot be read."""
        return await self.read(lambda connection: passages.one(connection, passage_id, self._path))

    async def recent(self, lane: str, limit: int) -> tuple[Passage, ...]:
        """The lane's latest passages, newest first."""
        return await self.read(lambda connection: passages.recent(connection, lane, limit, self._path, self._unreadable))

    # Outbox

    @property
    def waiting_count(self) -> int:
        """How many confirmations the platform has not answered yet."""
        return self._waiting

    async def after(self, sequence: int, limit: int) -> tuple[WaitingRecord, ...]:
        """Confirmations behind a sequence number, oldest first, whatever became of them."""
        return await self.read(lambda connection: outbox.records_after(connection, sequence, limit, self._path))

    async def waiting(self, limit: int) -> tuple[WaitingRecord, ...]:
        """Confirmations to send, oldest first."""
        return await self.read(lambda connection: outbox.waiting_records(connection, limit, self._path))

    async def acknowledged(self, sequence: int, missing_pictures: Iterable[str] = ()) -> None:
        """The platform has committed this confirmation and still wants these pictures. Twice is as once."""
        wanted = tuple(missing_pictures)
        await self._settle(sequence, RecordState.ACKNOWLEDGED, "", wanted)

    async def set_aside(self, sequence: int, state: RecordState, detail: str) -> None:
        """The platform will never take this confirmation (`conflict`, `refused`): kept, marked, no longer sent."""
        await self._settle(sequence, state, detail, ())

    async def _settle(self, sequence: int, state: RecordState, detail: str, wanted: tuple[str, ...]) -> None:
        now = self.clock()

        def work(connection: sqlite3.Connection) -> bool:
            settled = outbox.settle(connection, sequence, state, detail, now)
            outbox.want_pictures(connection, sequence, wanted)
            return settled

        def told(settled: bool) -> None:
            self._now_waiting(self._waiting - settled)
            if wanted:
                self.wanted.set()

        await self.write(work, told)

    def _now_waiting(self, waiting: int) -> None:
        """Told by differences: counting the rows takes the longer, the longer the platform is away."""
        self._waiting = waiting
        if waiting:
            self.all_told.clear()
        else:
            self.all_told.set()

    async def waiting_pictures(self, limit: int) -> tuple[WaitingPicture, ...]:
        """Pictures that the platform still wants, those of the oldest confirmation first."""
        return await self.read(lambda connection: outbox.waiting_pictures(connection, limit))

    async def settle_picture(self, sha256: str, state: PictureState, detail: str = "") -> None:
        """The picture was sent, has vanished from this disk, or the platform will never take it."""
        await self.write(lambda connection: outbox.settle_picture(connection, sha256, state, detail))

    async def counts(self) -> OutboxCounts:
        return await self.read(outbox.count)

    # Room on the disk

    async def space(self) -> Space:
        """How much room is left. After a write was refused for want of it, `full` until a small write succeeds again."""
        if self._refused_for_space:
            await self._try_a_small_write()
        free = await asyncio.to_thread(free_bytes, self.folder)
        state = SpaceState.FULL if self._refused_for_space else self._settings.state(free)
        return Space(state=state, free_bytes=free)

    async def damaged_databases(self) -> tuple[str, ...]:
        """Names of the damaged databases that were set aside, until a person takes them away."""
        return tuple(aside.name for aside in await asyncio.to_thread(salvage.set_aside, self._path))

    async def _try_a_small_write(self) -> None:
        with suppress(StoreFullError):
            await self.write(lambda connection: connection.execute("UPDATE gate SET name = name"))
