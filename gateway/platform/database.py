"""The platform's database: opened durably, migrated at start, and never touched on the event loop.

One thread writes, a few read. A write is one transaction, and it is on the disk before `write` returns: SQLite runs in WAL
mode with `synchronous=FULL` on every connection. Every write of the process goes through the one thread, so that cursors
become visible in the order in which they were given, whatever the database.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import BigInteger, Connection, Engine, Integer, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.platform.errors import DatabaseError, StoreFullError, UnavailableError

T = TypeVar("T")

READERS: Final = 3  # reads are short; more threads would only compete for the same two cores
BUSY_MS: Final = 10_000  # another process (a backup, sqlite3 on the command line) may hold the file this long
METADATA: Final = MetaData()
CURSOR: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only in an INTEGER column
logger = logging.getLogger(__name__)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds always written out, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: the driver would leave DDL outside of them
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("gateway_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise DatabaseError(f"the database address cannot be used: {type(error).__name__}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def migrate(connection: Connection, version: str = "head") -> None:
    """Bring the schema to this program's version, or an earlier one, inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", "gateway.platform:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _refusal(error: DBAPIError) -> StoreFullError | UnavailableError:
    """What a caller is told of a failing database; the cause is in the log."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    logger.error("database: %s", error.orig)
    if code == sqlite3.SQLITE_FULL:
        return StoreFullError("The platform's disk is full; nothing was stored. Send again later.")
    return UnavailableError("The platform's database does not answer; nothing was stored. Send again later.")


class Database:
    """Opened with `open`, closed with `close`. `write` and `read` take a function of a connection and run it in a thread."""

    def __init__(self, url: str) -> None:
        self._engine = _make_engine(url)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="platform-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="platform-read")

    async def open(self) -> None:
        """Connect and migrate. Raises DatabaseError."""
        try:
            await self._run(self._writer, self._transaction, migrate, True)
        except CommandError as error:
            raise DatabaseError(f"the database was written by a newer version of this program ({error})") from error
        except DBAPIError as error:
            raise DatabaseError(f"the database cannot be opened: {error.orig}") from error

    async def close(self) -> None:
        """Wait for what is under way, then let go of the file."""
        for executor in (self._writer, self._readers):
            await asyncio.to_thread(executor.shutdown, wait=True)
        await asyncio.to_thread(self._engine.dispose)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction in the writer thread, committed when this returns. Raises StoreFullError, UnavailableError."""
        return await self._answering(self._writer, work, True)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """One consistent view in a reader thread. Raises UnavailableError."""
        return await self._answering(self._readers, work, False)

    async def ping(self) -> None:
        """Raises UnavailableError where the database does not answer."""
        await self.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    async def _answering(self, executor: ThreadPoolExecutor, work: Callable[[Connection], T], writes: bool) -> T:
        try:
            return await self._run(executor, self._transaction, work, writes)
        except DBAPIError as error:
            raise _refusal(error) from error

    async def _run(self, executor: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)

    def _transaction(self, work: Callable[[Connection], T], writes: bool) -> T:
        with self._engine.connect().execution_options(gateway_writes=writes) as connection, connection.begin():
            return work(connection)
