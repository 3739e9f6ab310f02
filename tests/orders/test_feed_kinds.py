"""A gate has what it needs of the feed, in its latest version, and nothing else, however its needs change: with the platform's own
tables and the gate's own file.
"""

import sqlite3
import tempfile
from itertools import count
from pathlib import Path

import hypothesis
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from gateway.model.wire import (
    ENTRY_KINDS,
    Entry,
    FeedPage,
    OrderEntry,
    OrderStandingEntry,
    PassiveSealEntry,
    PortPassEntry,
    VehicleSealEntry,
)
from gateway.orders.order_cache import OrderCache
from gateway.orders.schema import ORDERS
from gateway.platform.feed.store import FEED, head, publish, read
from gateway.store.gate_store import GateStore
from tests.orders.conftest import SetClock
from tests.orders.entries import order

ALWAYS = frozenset({"order", "order_standing"})


def entry(kind: str, key: int, version: int) -> Entry:
    match kind:
        case "order":
            return OrderEntry(order=order(key, driver=f"driver {version}"))
        case "order_standing":
            return OrderStandingEntry(order_number=f"BD{key}", notes=(f"{version}",))
        case "port_pass":
            return PortPassEntry(technology="uhf", uid=f"{key}", holder=f"holder {version}", driving_licence="A123456789")
        case "passive_seal":
            return PassiveSealEntry(epc=f"{key:08d}", number=f"WLS{version}")
        case _:
            return VehicleSealEntry(serial=key, number=f"VS{version}")


async def follow(connection: Connection, cache: OrderCache, clock: SetClock, limit: int, most: int, older: bool) -> None:
    """At most so many pages. `older`: of a platform that sends everything, whatever it is asked for."""
    for _ in range(most):
        asked = await cache.place()
        if asked.after == head(connection) and not asked.behind:
            return
        page = read(connection, asked.after, limit, () if older else asked.kinds).page(clock())
        await cache.apply(FeedPage.model_validate_json(page), asked.kinds)


async def held(store: GateStore) -> set[str]:
    """Every entry that the gate's file holds, as JSON."""

    def work(connection: sqlite3.Connection) -> set[str]:
        orders = {f'{{"kind":"order","order":{row["body"]}}}' for row in connection.execute("SELECT body FROM transport_order")}
        return orders | {row["body"] for row in connection.execute("SELECT body FROM register_entry")}

    return await store.read(work)


days = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from(sorted(ENTRY_KINDS - ALWAYS))),  # what the gate needs from this day on, beside orders
        st.lists(st.tuples(st.sampled_from(sorted(ENTRY_KINDS)), st.integers(1, 3)), max_size=9),  # kind and key of what arrives
        st.integers(0, 4),  # how many pages it reads that day
        st.booleans(),  # whether the platform is an older one that day
    ),
    min_size=2,
    max_size=6,
)


@hypothesis.settings(deadline=None, max_examples=20)
@given(days=days)
async def test_what_is_needed_is_there_and_nothing_else(
    days: list[tuple[frozenset[str], list[tuple[str, int]], int, bool]],
) -> None:
    clock, latest, versions = SetClock(), dict[tuple[str, int], str](), count(1)
    with tempfile.TemporaryDirectory() as folder, create_engine("sqlite://").begin() as platform:
        FEED.create(platform)
        async with GateStore.open(Path(folder), "kh-t4", clock) as store:
            for registers, arrivals, pages, older in days:
                cache = await OrderCache.open(store, ALWAYS | registers)
                for kind, key in arrivals:
                    made = entry(kind, key, next(versions))
                    publish(platform, str(key), made)
                    latest[kind, key] = made.model_dump_json()
                await follow(platform, cache, clock, 2, pages, older)
            await follow(platform, cache, clock, 2, 1000, older)
            assert not (await cache.place()).behind
            assert await held(store) == {said for (kind, _), said in latest.items() if kind in ALWAYS | registers}


async def test_a_gate_of_before_was_sent_everything_and_goes_on_where_it_was(store: GateStore) -> None:
    def as_before(connection: sqlite3.Connection) -> None:
        ORDERS.apply(sqlite_utils.Database(connection), stop_before="0002_cursor_of_each_kind")
        connection.execute("INSERT INTO feed_state (id, cursor, answered_at) VALUES (1, 7, '2026-11-23T01:00:00.000000+00:00')")

    await store.write(as_before)
    cache = await OrderCache.open(store)
    place = await cache.place()
    assert (place.after, place.kinds, place.behind) == (7, ENTRY_KINDS, False)
    assert cache.age_s(store.clock()) == 3600
