"""Opening one SQLite connection durably, and turning SQLite's errors into this room's, with the file's name.

Durability is a property of the connection, not of the file: `synchronous` is set and read back on every connection, because
a default of FULL is a build option of SQLite and not a promise.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.store.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError, StoreSchemaError

BUSY_TIMEOUT_S: Final = 5.0  # a backup or an engineer's sqlite3 shell may hold the file for a moment
SYNCHRONOUS_FULL: Final = 2  # https://www.sqlite.org/pragma.html#pragma_synchronous
WAL_LIMIT_BYTES: Final = 16 << 20  # a WAL that a long read let grow is cut back to this
NO_ROOM_BYTES: Final = 64 << 10  # less than SQLite's write-ahead index and one page need: an I/O error here means "full"
READ_BYTES: Final = 1 << 20

_UNDECODABLE: Final = "Could not decode to UTF-8"  # as Python has it, with no code of SQLite
_NO_TEXT: Final = "damaged (other bytes than were written): the gateway rebuilds it when it starts"
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_MAY_MEAN_FULL: Final = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in WAL mode with `synchronous=FULL`; transactions are written out by hand. Raises StoreError."""
    mode = "ro" if read_only else "rwc"
    with naming(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _settle(connection, path, read_only)
        except (sqlite3.Error, StoreError):
            connection.close()
            raise
    return connection


def _settle(connection: sqlite3.Connection, path: Path, read_only: bool) -> None:
    connection.row_factory = sqlite3.Row
    journal = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous=FULL")
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if journal != "wal" or synchronous != SYNCHRONOUS_FULL:
        raise StoreError(path, f"cannot be opened durably (journal_mode={journal}, synchronous={synchronous})")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA temp_store=MEMORY")  # a full /tmp must not stop a lane
    connection.execute(f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}")
    if read_only:
        connection.execute("PRAGMA query_only=ON")


def free_bytes(folder: Path) -> int:
    """Space that an unprivileged process may still use on the folder's file system."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def means_full(error: OSError) -> bool:
    return error.errno in _NO_SPACE


def damage(path: Path, found: str) -> StoreError:
    """What it means that SQLite calls the file corrupt: damage, or only a disk that cannot read it, which it cannot tell apart."""
    if unreadable := _read_failure(path):
        return StoreError(path, f"this disk cannot read it ({unreadable}); that does not mean that it is damaged")
    return StoreDamagedError(path, f"damaged or not a gate's store ({found}): the gateway rebuilds it when it starts")


def _read_failure(path: Path) -> str:
    """Why the system cannot read the file or its log; empty where it can."""
    for place in (path, path.with_name(f"{path.name}-wal")):
        try:
            with place.open("rb", buffering=0) as file:
                while file.read(READ_BYTES):
                    pass
        except FileNotFoundError:
            continue
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _translate(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_FULL or (primary in _MAY_MEAN_FULL and free_bytes(path.parent) < NO_ROOM_BYTES):
        return StoreFullError(path, "no space left: make room on this disk; earlier records are safe")
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return damage(path, str(error))
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusyError(path, f"held by another program for more than {BUSY_TIMEOUT_S:.0f} s")
    if primary == sqlite3.SQLITE_ERROR:
        return StoreSchemaError(path, f"SQLITE_ERROR: {error}")
    return StoreError(path, f"{getattr(error, 'sqlite_errorname', 'SQLite')}: {error}")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Within this block SQLite's and the system's errors become StoreErrors that name `path`."""
    try:
        yield
    except UnicodeDecodeError:  # in what SQLite says of a damaged schema
        raise StoreDamagedError(path, _NO_TEXT) from None
    except sqlite3.Error as error:
        if str(error).startswith(_UNDECODABLE):
            raise StoreDamagedError(path, _NO_TEXT) from None  # without the text: it is of people
        raise _translate(error, path) from error
    except OSError as error:
        if means_full(error):
            raise StoreFullError(path, "no space left: make room on this disk; earlier records are safe") from error
        raise StoreError(path, error.strerror or str(error)) from error
