"""One thread that owns one SQLite connection: work is submitted from the event loop and awaited there.

Every piece of work is one transaction. The thread is the lock: the write connection has one, so writers never wait for each
other inside SQLite, and the event loop never waits for a disk.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar

from gateway.store.connection import connect, naming
from gateway.store.errors import StoreClosedError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class ConnectionThread:
    """`run` gives a piece of work to the thread. Cancelling the caller never leaves a transaction half done."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._begin: Literal["BEGIN", "BEGIN IMMEDIATE"] = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-read" if read_only else "store-write")
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def start(self) -> None:
        """Open the connection. Raises StoreError."""
        loop = asyncio.get_running_loop()
        self._connection = await loop.run_in_executor(self._thread, lambda: connect(self._path, read_only=self._read_only))

    async def run(self, work: Work[T], committed: Callable[[T], None] | None = None) -> T:
        """Do the work in a transaction of its own and return what it returns, once it is committed.

        `committed` is called on the event loop after the commit and before this returns, even where the caller has been
        cancelled meanwhile: what must follow a commit follows it. Raises StoreError; errors of the work itself pass through.
        """
        if self._connection is None or self._closed:
            raise StoreClosedError(self._path, "the store is closed")
        loop = asyncio.get_running_loop()

        def transaction() -> T:
            result = self._transaction(work)
            if committed is not None:
                loop.call_soon_threadsafe(committed, result)
            return result

        return await loop.run_in_executor(self._thread, transaction)

    def _transaction(self, work: Work[T]) -> T:
        connection = self._connection
        if connection is None:
            raise StoreClosedError(self._path, "the store is closed")
        with naming(self._path):
            connection.execute(self._begin)
            try:
                result = work(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return result

    async def close(self) -> None:
        """Finish the work that was submitted, then close the connection and end the thread. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close_connection)
        self._thread.shutdown(wait=False)

    def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
