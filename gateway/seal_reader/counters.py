"""The highest counter heard of every seal, kept across restarts, so that a recording stays worthless.

Two ways were open. Reserving ahead (write "200" when 100 is heard, refuse up to 200 after a restart) loses nothing, but
turns away honest seals for minutes after every restart, and a gate that cries "forged" at honest trucks is soon ignored.
So counters are written behind, by a thread of their own that commits several times a second whatever has come in: the
lane never waits for the disk. A killed service or a power cut then loses the last fraction of a second; only a recording
of exactly those frames could be played back, and only until the seal is heard again.
"""

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Final, Protocol

from gateway.seal_reader.errors import CounterStoreError

PAUSE_S: Final = 0.2  # between two commits: a disk synced at every frame of every seal would wear out for nothing
RETRY_S: Final = 1.0  # after a full disk: counters stay in memory and are tried again

_KEEP_HIGHEST: Final = "INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET counter = max(counter, excluded.counter)"

log = logging.getLogger(__name__)


class CounterStore(Protocol):
    """What the authenticator needs to know of the past."""

    def last(self, serial: int) -> int | None:
        """The highest counter heard of this seal; None when it was never heard."""

    def advance(self, serial: int, counter: int) -> None:
        """A higher one was heard. Must not block: it is called on the loop that drives the lanes."""


class MemoryCounters:
    """Counters that end with the process: for replays and demonstrations, not for a gate."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def last(self, serial: int) -> int | None:
        return self._last.get(serial)

    def advance(self, serial: int, counter: int) -> None:
        self._last[serial] = counter


def remembered(path: Path) -> MemoryCounters:
    """What a service has stored, for whoever looks on beside it; nothing where there is no such file. Raises CounterStoreError."""
    found = MemoryCounters()
    if not path.exists():
        return found
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            for serial, counter in connection.execute("SELECT serial, counter FROM counters"):
                found.advance(serial, counter)
    except sqlite3.Error as error:
        raise CounterStoreError(f"seal counters {path}: {error}") from error
    return found


class CounterFile:
    """Counters in an SQLite file of their own. Close it when the service stops."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises CounterStoreError: a gate must not run on forgotten counters unawares."""
        self._path = path
        self._last = self._load()
        self._unwritten: dict[int, int] = {}
        self._writing = False
        self._closing = False
        self._hurry = False
        self._changed = threading.Condition()
        self._writer = threading.Thread(target=self._write_behind, name=f"counters {path.name}", daemon=True)
        self._writer.start()

    def last(self, serial: int) -> int | None:
        return self._last.get(serial)

    def advance(self, serial: int, counter: int) -> None:
        self._last[serial] = counter
        with self._changed:
            self._unwritten[serial] = counter
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was heard is on disk; False when it is not there in time."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: not self._unwritten and not self._writing, timeout_s)
            finally:
                self._hurry = False

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is left and end. Raises CounterStoreError when that fails."""
        written = self.flush(timeout_s)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._writer.join(timeout_s)
        if not written:
            raise CounterStoreError(f"seal counters {self._path}: {len(self._unwritten)} not written")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5.0)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _load(self) -> dict[int, int]:
        try:
            with contextlib.closing(self._connect()) as connection, connection:
                connection.execute("CREATE TABLE IF NOT EXISTS counters (serial INTEGER PRIMARY KEY, counter INTEGER NOT NULL)")
                return dict(connection.execute("SELECT serial, counter FROM counters").fetchall())
        except sqlite3.Error as error:
            raise CounterStoreError(f"seal counters {self._path}: {error}") from error

    def _write_behind(self) -> None:
        """The writer's thread. A connection that failed is thrown away: the next attempt opens the file afresh."""
        connection: sqlite3.Connection | None = None
        failing = False  # said once, and once when it is over
        while (batch := self._take_batch()) is not None:
            try:
                connection = connection or self._connect()
                with connection:
                    connection.executemany(_KEEP_HIGHEST, batch.items())
            except sqlite3.Error as error:
                if not failing:
                    log.error("seal counters %s: not written, kept in memory and tried again: %s", self._path, error)
                failing = True
                if connection is not None:
                    connection.close()
                connection = None
                self._finish(RETRY_S, put_back=batch)
            else:
                if failing:
                    log.info("seal counters %s: written again", self._path)
                failing = False
                self._finish(PAUSE_S, put_back={})
        if connection is not None:
            connection.close()

    def _take_batch(self) -> dict[int, int] | None:
        """What is to be written now; waits for it. None: closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._unwritten or self._closing)
            if self._closing:
                return None
            batch, self._unwritten, self._writing = self._unwritten, {}, True
            return batch

    def _finish(self, pause_s: float, put_back: dict[int, int]) -> None:
        with self._changed:
            self._writing = False
            self._unwritten = put_back | self._unwritten
            self._changed.notify_all()
            if put_back:  # a disk that is full is not less full because somebody is in a hurry
                self._changed.wait_for(lambda: self._closing, pause_s)
            else:
                self._changed.wait_for(lambda: self._closing or self._hurry, pause_s)
