"""A damaged database is set aside, never deleted, and made anew of every row that can still be read.

gate.sqlite3.suspect                   damage was met while the service ran: look at the next start, whatever a check says
gate.sqlite3.rebuilt                   the new database, whole; a start that finds it puts it in its place
gate.sqlite3.damaged-YYYYMMDDTHHMMSSZ  the damaged one, and its write-ahead log; a person takes them away
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from gateway.model.evidence import BEGINNING, Link, digest
from gateway.store import outbox, schema
from gateway.store.connection import BUSY_TIMEOUT_S, naming
from gateway.store.durable_file import flush_folder
from gateway.store.errors import StoreGateError
from gateway.store.resumption import latest, resume

TABLES: Final = ("gate", "passage", "outbox", "picture_upload", "order_use")
# A damaged page that leads to others (4096 bytes, some 450 of them) hides at most some 40 rows of the shortest table on each.
MOST_STEPS: Final = 20_000
_UNREADABLE: Final = (sqlite3.DatabaseError, UnicodeDecodeError)  # the latter in what SQLite says of a damaged schema


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`kept` and `unreadable`: rows by table; of rows that the file no longer says anything about, nobody knows how many."""

    aside: Path | None
    kept: dict[str, int]
    unreadable: dict[str, int]
    next_sequence: int

    def __str__(self) -> str:
        rows = ", ".join(f"{table} {kept} (unreadable {self.unreadable[table]})" for table, kept in self.kept.items())
        return f"rebuilt: {rows}; the next record is No. {self.next_sequence}; the damaged database is set aside as {self.aside}"


def suspect(path: Path) -> None:
    """Have the database rebuilt at the next start."""
    with naming(path):
        _beside(path, "suspect").touch(mode=0o600)
        flush_folder(path.parent)


def is_suspect(path: Path) -> bool:
    return _beside(path, "suspect").exists()


def set_aside(path: Path) -> tuple[Path, ...]:
    """The damaged databases that a person has not yet taken away, oldest first."""
    return tuple(sorted(one for one in path.parent.glob(f"{path.name}.damaged-*") if not one.name.endswith("-wal")))


def rebuild(path: Path, gate: str, now: datetime) -> Rebuilt:
    """Put a sound database in the place of the damaged one, which nothing may have open; its numbers leap. The tables of the rooms
    above are left out: what stands there comes again from the platform.

    Raises StoreGateError for another gate's, StoreVersionError, StoreFullError, StoreError.
    """
    unfinished = _beside(path, "unfinished")
    kept, unreadable = {}, {}
    with naming(unfinished), ExitStack() as undo:
        unfinished.unlink(missing_ok=True)
        undo.callback(unfinished.unlink, missing_ok=True)
        with closing(_opened(path, "ro")) as old, closing(_opened(unfinished, "rwc")) as new:
            old.execute("PRAGMA writable_schema=ON")  # reads a file that was cut short as far as it goes
            new.execute("PRAGMA journal_mode=MEMORY")  # a half-made one is begun anew
            new.execute("BEGIN")
            schema.migrate(new, schema.STORE, path)
            for table in TABLES:
                kept[table], unreadable[table] = _copy(old, new, table)
            next_sequence = _count_on(new, path, gate, now)
            new.execute("COMMIT")
        _complete(unfinished, now)
    aside = exchange(path)
    return Rebuilt(aside, kept, unreadable, next_sequence)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> tuple[int, int]:
    """Copy what is readable and sound; how many rows that was, and how many more are there but are not."""
    columns = ", ".join(sorted(_columns(old, table) & _columns(new, table)))
    kept = unreadable = 0
    for rowid in sorted({*_rowids(old, table, ">", 0), *_rowids(old, table, "<", (1 << 63) - 1)}):
        row = _row(old, table, columns, rowid)
        if row is not None and _insert(new, table, row):
            kept += 1
        else:
            unreadable += 1
    return kept, unreadable


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    try:
        return {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
    except _UNREADABLE:
        return set()


def _rowids(old: sqlite3.Connection, table: str, direction: str, start: int) -> Iterator[int]:
    """The row numbers of a table from one end, stepping over what cannot be read; not past a damage that hides too many."""
    order, step = ("ASC", 1) if direction == ">" else ("DESC", -1)
    query = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid {direction} ? ORDER BY rowid {order} LIMIT 1"
    place, failures = start, 0
    while failures < MOST_STEPS:
        try:
            row = old.execute(query, (place,)).fetchone()
        except _UNREADABLE as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
                return  # no such table, or no database at all
            place, failures = place + step, failures + 1
            continue
        if row is None:
            return
        if (row[0] - place) * step <= 0:  # a damaged tree may lead round in a circle
            place, failures = place + step, failures + 1
            continue
        place, failures = int(row[0]), 0
        yield place


def _row(old: sqlite3.Connection, table: str, columns: str, rowid: int) -> sqlite3.Row | None:
    try:
        query = f"SELECT {columns} FROM {table} NOT INDEXED WHERE rowid = ?"
        row: sqlite3.Row | None = old.execute(query, (rowid,)).fetchone()
        return row if row is None or table != "outbox" or outbox.is_sound(row) else None
    except _UNREADABLE:
        return None


def _insert(new: sqlite3.Connection, table: str, row: sqlite3.Row) -> bool:
    names = row.keys()
    try:
        places = ", ".join("?" * len(names))
        new.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", tuple(row))
    except sqlite3.IntegrityError:
        return False  # a number where a text belongs, the same key twice
    return True


def _count_on(new: sqlite3.Connection, path: Path, gate: str, now: datetime) -> int:
    """Behind every number that may ever have been given, also where nothing of the gate itself could be read."""
    new.execute(
        "INSERT INTO gate (id, name, next_sequence, chain_head) VALUES (1, ?, 1, ?) ON CONFLICT DO NOTHING", (gate, _head(new))
    )
    owner = new.execute("SELECT name FROM gate WHERE id = 1").fetchone()["name"]
    if owner != gate:
        raise StoreGateError(path, f"is damaged, and belongs to gate {owner!r}, not to {gate!r}")
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return resume(new, max(now, written, latest(new) or now))  # a clock that is behind is not believed


def _head(new: sqlite3.Connection) -> str:
    """The digest of the latest signed record that could be read."""
    row = new.execute("SELECT body, link FROM outbox WHERE link IS NOT NULL ORDER BY sequence DESC LIMIT 1").fetchone()
    return digest(Link.model_validate_json(row["link"]).previous, row["body"].encode()) if row else BEGINNING


def _complete(unfinished: Path, now: datetime) -> None:
    """On the disk, under the name by which a start knows that it is whole. Its time names what it takes the place of."""
    unfinished.chmod(0o600)
    os.utime(unfinished, (now.timestamp(), now.timestamp()))
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.rename(unfinished.with_suffix(".rebuilt"))
    flush_folder(unfinished.parent)


def exchange(path: Path) -> Path | None:
    """Set the damaged database aside and put the rebuilt one in its place, or finish doing so; None where there is none.

    At no moment is there neither: a start without a database would begin to count anew.
    """
    rebuilt = _beside(path, "rebuilt")
    with naming(path):
        if not rebuilt.exists():
            return None
        aside = _unused(_beside(path, f"damaged-{datetime.fromtimestamp(rebuilt.stat().st_mtime, UTC):%Y%m%dT%H%M%SZ}"))
        for ending in ("-wal", ""):  # the new one must never find the old one's log
            if path.with_name(path.name + ending).exists():
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
        flush_folder(path.parent)
        rebuilt.rename(path)
        _beside(path, "suspect").unlink(missing_ok=True)
        flush_folder(path.parent)
    return aside


def _unused(aside: Path) -> Path:
    names = (aside if number == 1 else aside.with_name(f"{aside.name}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())
