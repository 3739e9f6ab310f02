"""The cached orders are found by what a lane can read, survive a restart, and are never older than their last version."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.transport_order import TransportOrder
from gateway.orders.matching import find_among
from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from tests.orders.conftest import SetClock
from tests.orders.entries import order, page


async def test_an_order_is_found_by_box_plate_or_licence_however_they_are_written(cache: OrderCache) -> None:
    wanted = order(1)
    await cache.apply(page(wanted, order(2, box="CMAU5110875", plate="KLB-7777", licence="B222222222")))
    assert await cache.find(["temu 922135-3"], [], []) == (wanted,)
    assert await cache.find([], ["kla1234"], []) == (wanted,)
    assert await cache.find([], [], ["a123456789 "]) == (wanted,)
    assert await cache.find(["TEMU9221354"], ["KLA-1235"], ["A12345678"]) == ()
    assert await cache.find([], [], []) == ()
    assert await cache.find(["", "-"], [" "], ["' OR 1=1 --"]) == ()


async def test_an_empty_vehicles_order_is_found_by_its_plate(cache: OrderCache) -> None:
    empty = order(3, box=None)
    await cache.apply(page(empty))
    assert await cache.find(["TEMU9221353"], ["KLA-1234"], []) == (empty,)


async def test_orders_come_by_order_number_and_once_each(cache: OrderCache) -> None:
    orders = [order(serial) for serial in (5, 1, 3)]
    await cache.apply(page(*orders))
    found = await cache.find(["TEMU9221353", "temu9221353"], ["KLA-1234"], ["A123456789"])
    assert found == (orders[1], orders[2], orders[0])


async def test_an_order_is_found_by_its_own_number(cache: OrderCache) -> None:
    await cache.apply(page(order(1), order(2, plate="KLB-7777")))
    assert await cache.numbered(order(2).order_number) == order(2, plate="KLB-7777")
    assert await cache.numbered("BD1511045952579") is None


async def test_every_field_of_an_order_comes_back_as_it_was(cache: OrderCache) -> None:
    wanted = order(1, driver="陳 A", plate="123-HQ", box="A-VERY-LONG-NO-17".replace("-", ""))
    await cache.apply(page(wanted))
    assert await cache.find([], ["123HQ"], []) == (wanted,)


async def test_the_latest_version_of_an_order_wins_whatever_comes_again(cache: OrderCache) -> None:
    first, second = order(1, plate="KLA-1111"), order(1, plate="KLA-2222")
    await cache.apply(page(first))
    await cache.apply(page(second, after=1))
    await cache.apply(page(first))  # a page that came before
    assert await cache.find([], ["KLA-1111"], []) == ()
    assert await cache.find([], ["KLA-2222"], []) == (second,)
    assert (cache.count, (await cache.place()).after) == (1, 2)


async def test_orders_cursor_and_age_survive_a_restart(tmp_path: Path, clock: SetClock) -> None:
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        assert (cache.age_s(clock.now), cache.count, (await cache.place()).after) == (None, 0, 0)
        await cache.apply(page(order(1), order(2)))
    clock.now += timedelta(hours=3)
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        cache = await OrderCache.open(store)
        assert (cache.age_s(clock.now), cache.count, (await cache.place()).after) == (10800.0, 2, 2)
        await cache.apply(page(after=2))  # nothing new, but an answer
        assert cache.age_s(clock.now + timedelta(seconds=4)) == 4.0
        assert cache.age_s(clock.now - timedelta(days=1)) == 0.0


async def test_items_and_cursor_are_kept_together_or_not_at_all(cache: OrderCache, store: GateStore) -> None:
    await store.write(
        lambda db: db.execute("CREATE TRIGGER broken BEFORE INSERT ON feed_state BEGIN SELECT RAISE(ABORT, 'broken'); END").rowcount
    )
    with pytest.raises(Exception, match="broken"):
        await cache.apply(page(order(1)))
    assert (cache.count, (await cache.place()).after, await cache.find([], ["KLA-1234"], [])) == (0, 0, ())
    await store.write(lambda db: db.execute("DROP TRIGGER broken").rowcount)
    await cache.apply(page(order(1)))
    assert (cache.count, (await cache.place()).after) == (1, 1)


async def test_a_stored_order_that_cannot_be_read_is_logged_once_and_hides_no_other(
    cache: OrderCache, store: GateStore, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = order(1), order(2)
    await cache.apply(page(bad, good))
    await store.write(
        lambda db: db.execute("UPDATE transport_order SET body = '{}' WHERE order_number = ?", (bad.order_number,)).rowcount
    )
    for _ in range(2):
        assert await cache.find(["TEMU9221353"], [], []) == (good,)
    assert caplog.text.count(bad.order_number) == 1
    assert cache.count == 2


BOXES = ("TEMU9221353", "CMAU5110875", None)
PLATES = ("KLA-1234", "123-HQ")
LICENCES = ("A123456789", "B222222222")
ORDERS = st.builds(
    lambda serial, box, plate, licence: order(serial, box=box, plate=plate, licence=licence),
    st.integers(0, 6),
    st.sampled_from(BOXES),
    st.sampled_from(PLATES),
    st.sampled_from(LICENCES),
)


@settings(max_examples=25, deadline=None)
@given(
    feed=st.lists(st.lists(ORDERS, max_size=4), max_size=5),
    again=st.lists(st.integers(0, 4), max_size=4),
    boxes=st.sets(st.sampled_from([box for box in BOXES if box])),
    plates=st.sets(st.sampled_from(PLATES)),
    licences=st.sets(st.sampled_from(LICENCES)),
)
def test_the_cache_finds_what_a_search_of_the_whole_feed_finds(
    tmp_path_factory: pytest.TempPathFactory,
    feed: list[list[TransportOrder]],
    again: list[int],
    boxes: set[str],
    plates: set[str],
    licences: set[str],
) -> None:
    async def cached() -> tuple[TransportOrder, ...]:
        async with GateStore.open(tmp_path_factory.mktemp("gate"), "kh-t4", SetClock()) as store:
            cache = await OrderCache.open(store)
            pages, after = [], 0
            for orders in feed:
                pages.append(page(*orders, after=after))
                after = pages[-1].cursor
            for one in [*pages, *(pages[place] for place in again if place < len(pages))]:
                await cache.apply(one)
            return await cache.find(boxes, plates, licences)

    latest = {one.order_number: one for orders in feed for one in orders}
    assert asyncio.run(cached()) == find_among(latest.values(), boxes, plates, licences)
