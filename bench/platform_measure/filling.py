"""A platform's database with orders and passages in it, by way of its own stores, and the raw rate of the same rows."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import Connection, MetaData, Table, func, select, text

from bench.platform_measure import made
from gateway.model.clock import utc_now
from gateway.model.wire import Confirmation
from gateway.platform import bulk
from gateway.platform.database import METADATA, Database
from gateway.platform.lanes import confirmation_store
from gateway.platform.lanes.confirmation_store import Arrived
from gateway.platform.orders import store

T = TypeVar("T")

AT_ONCE: Final = 5000  # in one transaction
MOST_RAW: Final = 20_000  # rows of a table that are written once more, to know what the database itself can do


@dataclass(frozen=True, slots=True)
class Filled:
    """Rows a second: through the stores, and of the same rows in one batch each."""

    orders_a_second: float
    passages_a_second: float
    rows_of_an_order: float
    raw_rows_a_second: float


async def fill(url: str, count: int) -> Filled:
    database = Database(url)
    await database.open()
    try:
        orders_s = await _orders(database, count)
        passages_s = await _passages(database, count)
        rows, raw = await database.write(_raw)
        return Filled(count / orders_s, count / passages_s, rows / count, raw)
    finally:
        await database.close()


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, AT_ONCE)):
        yield some


async def _orders(database: Database, count: int) -> float:
    took = 0.0
    for some in _batches(made.orders(count)):
        begun = time.perf_counter()
        await database.write(lambda connection, some=some: store.take_all(connection, some, utc_now()) and None)
        took += time.perf_counter() - begun
    return took


async def _passages(database: Database, count: int) -> float:
    """Of one gate after the other, as a gate sends what has waited."""
    took = 0.0
    for numbers in _batches(range(count)):
        of_gates: dict[str, list[Arrived]] = {}
        for number in numbers:
            gate = f"gate-{number % made.GATES}"
            confirmation = Confirmation.model_validate(made.passage(number, gate, number // made.GATES + 1))
            of_gates.setdefault(gate, []).append(Arrived(confirmation, confirmation.model_dump_json().encode(), None))
        begun = time.perf_counter()
        await database.write(partial(_take_all, of_gates.values()))
        took += time.perf_counter() - begun
    return took


def _take_all(of_gates: Iterable[list[Arrived]], connection: Connection) -> None:
    for of_one in of_gates:
        confirmation_store.take(connection, of_one, utc_now())


def _raw(connection: Connection) -> tuple[int, float]:
    """How many rows there are in all, and how many a second the database takes in one batch a table, with no index but the key."""
    rows, written, took = 0, 0, 0.0
    for table in METADATA.sorted_tables:
        rows += connection.execute(select(func.count()).select_from(table)).scalar_one()
        some = [dict(row) for row in connection.execute(select(table).limit(MOST_RAW)).mappings()]
        if not some:
            continue
        copy = Table(f"raw_{table.name}", MetaData(), *(column._copy() for column in table.columns))
        copy.create(connection)
        begun = time.perf_counter()
        bulk.add(connection, copy, some)
        took += time.perf_counter() - begun
        written += len(some)
        connection.execute(text(f"DROP TABLE {copy.name}"))
    return rows, written / took
