"""The platform's database: opened durably, migrated at start, and never touched on the event loop.

It is one SQLite file, or PostgreSQL (`postgresql`) by its address: the same code, and the same tests on both. One thread writes,
a few read. A write is one transaction, and it is on the disk before `write` returns: SQLite runs in WAL mode with
`synchronous=FULL` on every connection, PostgreSQL with `synchronous_commit`. Writers come one after another, those of other
processes too, so that cursors become visible in the order in which they were given: on SQLite by `BEGIN IMMEDIATE`, on
PostgreSQL by a lock.

The two do not sort texts alike, as PostgreSQL goes by its locale. So no answer depends on the order of texts, but for that of
`timestamp`: digits in the same places come in the same order everywhere.
"""

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, BigInteger, Connection, Engine, Integer, MetaData, create_engine, event, make_url, text
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.model.wire import FieldProblem
from gateway.platform import postgresql
from gateway.platform.errors import BadRequestError, DatabaseError, NotFoundError, Refusal, StoreFullError, UnavailableError

T = TypeVar("T")

KINDS: Final = ("sqlite", "postgresql", postgresql.DRIVER)
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


def _make_sqlite_engine(address: URL) -> Engine:
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _address(url: str) -> URL:
    """Raises DatabaseError, which never shows the address: it may hold a password."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseError(f"the database address cannot be used: {type(error).__name__}") from None
    if address.drivername not in KINDS:
        kinds = ", ".join(f"{kind}://" for kind in KINDS)
        raise DatabaseError(f"the database address cannot be used: it begins with none of {kinds}")
    return address


def _make_engine(address: URL) -> Engine:
    sqlite = address.get_backend_name() == "sqlite"
    engine = _make_sqlite_engine(address) if sqlite else postgresql.make_engine(address)
    event.listen(engine, "before_cursor_execute", _refuse_nul)
    return engine


def _refuse_nul(connection: Connection, _: object, __: str, parameters: Any, context: ExecutionContext, ___: bool) -> None:
    """PostgreSQL keeps no text with U+0000 in it. SQLite would: what is taken must not depend on it.

    Raises BadRequestError for one that is to be kept, NotFoundError for one that is looked for.
    """
    rows = parameters if isinstance(parameters, list) else (parameters,)
    if not any(isinstance(value, str) and "\0" in value for row in rows for value in row or ()):
        return
    if not connection.get_execution_options()["gateway_writes"]:
        raise NotFoundError("There is no such thing here.")
    named = (pair for row in getattr(context, "compiled_parameters", None) or () for pair in row.items())
    name = next((name for name, value in named if isinstance(value, str) and "\0" in value), "text")
    field = re.sub(r"_\d+$", "", name)  # a condition's parameters are numbered
    problem = FieldProblem(field=field, message="holds the character U+0000")
    raise BadRequestError(f"{field}: a text with the character U+0000 is not kept.", (problem,))


def migrate(connection: Connection, version: str = "head") -> None:
    """Bring the schema to this program's version, or an earlier one, inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", "gateway.platform:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _refusal(error: DBAPIError | OSError) -> Refusal:
    """What a caller is told of a failing database; the cause is in the log."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = postgresql.fields_of(cause)
    code = said.get("C", "")
    logger.error("database: %s", f"{code} {said.get('M')}" if said else cause)
    if code == postgresql.FULL or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StoreFullError("The platform's disk is full; nothing was stored. Send again later.")
    if code.startswith(postgresql.CONTENT):
        return BadRequestError("The platform's database cannot keep this content; nothing was stored.")
    return UnavailableError("The platform's database does not answer; nothing was stored. Send again later.")


def _transaction(engine: Engine, work: Callable[[Connection], T], writes: bool) -> T:
    with engine.connect().execution_options(gateway_writes=writes) as connection, connection.begin():
        return work(connection)


class Database:
    """Opened with `open`, closed with `close`. `write` and `read` take a function of a connection and run it in a thread."""

    def __init__(self, url: str) -> None:
        """Touches no database. Raises DatabaseError for an address that cannot be used."""
        self._address = _address(url)
        self._engine = _make_engine(self._address)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="platform-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="platform-read")

    async def open(self) -> None:
        """Connect and migrate, however long that takes. Raises DatabaseError."""
        async with AsyncExitStack() as undone:
            undone.push_async_callback(self.close)
            try:
                await self._run(self._writer, self._migrate)
            except CommandError as error:
                raise DatabaseError(f"the database was written by a newer version of this program ({error})") from error
            except DBAPIError as error:
                said = postgresql.fields_of(error.orig).get("M") or error.orig
                raise DatabaseError(f"the database cannot be opened: {said}") from error
            except OSError as error:
                raise DatabaseError(f"the database cannot be opened: {error}") from error
            undone.pop_all()

    def _migrate(self) -> None:
        if self._engine.dialect.name == "sqlite":
            _transaction(self._engine, migrate, True)
            return
        _transaction(self._engine, postgresql.require_utf8, False)  # within the limits of time: a silent server is not waited for
        patient = postgresql.make_engine(self._address, patient=True)
        try:
            _transaction(patient, migrate, True)
        finally:
            patient.dispose()

    async def close(self) -> None:
        """Wait for what is under way, then let go of the file."""
        for executor in (self._writer, self._readers):
            await asyncio.to_thread(executor.shutdown, wait=True)
        await asyncio.to_thread(self._engine.dispose)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction in the writer thread, committed when this returns.

        Raises StoreFullError, UnavailableError, and BadRequestError for content that no database of ours keeps.
        """
        return await self._answering(self._writer, work, True)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """One consistent view in a reader thread. Raises UnavailableError, and NotFoundError for what nothing can be called."""
        return await self._answering(self._readers, work, False)

    async def ping(self) -> None:
        """Raises UnavailableError where the database does not answer."""
        await self.read(lambda connection: connection.execute(text("SELECT 1")).scalar_one())

    async def _answering(self, executor: ThreadPoolExecutor, work: Callable[[Connection], T], writes: bool) -> T:
        try:
            return await self._run(executor, _transaction, self._engine, work, writes)
        except (DBAPIError, OSError) as error:
            raise _refusal(error) from error

    async def _run(self, executor: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)
