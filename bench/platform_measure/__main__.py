"""The sizes and databases one after the other, and the table."""

import argparse
import asyncio
import platform
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.platform_measure.asking import INGESTING, Asking, LostError
from bench.platform_measure.filling import Filled, fill
from bench.platform_measure.made import GATES
from bench.platform_measure.serving import running
from tests.platform.postgres import programs
from tests.platform.postgres import server as postgresql_server

DURABLE: Final = "fsync = on\nfull_page_writes = on\nshared_buffers = 512MB"
SIZES: Final = (10_000, 100_000, 1_000_000)


def row(name: str, value: object) -> None:
    print(f"  {name:<46} {value}", flush=True)


def _tell_filling(filled: Filled) -> None:
    row("orders stored, 5,000 in a transaction", f"{filled.orders_a_second:,.0f} /s")
    row("passages stored, 5,000 in a transaction", f"{filled.passages_a_second:,.0f} /s")
    row("rows of one order with its passage", f"{filled.rows_of_an_order:.1f}")
    row("the database alone, the same rows in batches", f"{filled.raw_rows_a_second:,.0f} rows/s")


async def _ask(address: str, count: int) -> None:
    async with Asking.session() as session:
        asking = Asking(session, address, count)
        print("  search, median / p95 / longest")
        for name, times in (await asking.search()).items():
            row(f"  {name}", times)
        row(f"feed, {GATES} gates catching up at once", f"{await asking.feed():,.0f} entries/s")
        row(f"a new order at the last of {GATES} waiting gates", await asking.news())
        row(f"confirmations of {INGESTING} gates, one by one", f"{await asking.ingest(batched=False):,.0f} /s")
        row(f"confirmations of {INGESTING} gates, 50 at once", f"{await asking.ingest(batched=True):,.0f} /s")


def measure(name: str, folder: Path, url: str, count: int) -> None:
    print(f"{name}, {count:,} orders, each with a passage", flush=True)
    _tell_filling(asyncio.run(fill(url, count)))
    with running(folder, url) as address:
        asyncio.run(_ask(address, count))


def _on_sqlite(place: Path, count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="platform-bench-", dir=place) as folder:
        measure("SQLite", Path(folder), f"sqlite:///{folder}/platform.sqlite", count)


def _on_postgresql(place: Path, count: int) -> None:
    there = programs()
    if there is None:
        print("PostgreSQL: not measured, its server is not installed (Debian: postgresql)")
        return
    with (
        tempfile.TemporaryDirectory(prefix="platform-bench-", dir=place) as folder,
        postgresql_server(there, DURABLE) as server,
        server.database() as url,
    ):
        measure("PostgreSQL", Path(folder), url, count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="on the disk that is to be measured")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Linux {platform.release()}")
    try:
        for count in asked.orders:
            if asked.only != "postgresql":
                _on_sqlite(asked.folder, count)
            if asked.only != "sqlite":
                _on_postgresql(asked.folder, count)
    except LostError as error:
        print(f"LOST: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
