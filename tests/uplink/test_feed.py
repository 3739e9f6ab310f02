"""Orders reach the gate as soon as the platform has them; a bad one is said and does not stop the others."""

import json

import pytest
from aiohttp import web

from gateway.model.wire import FeedItem, OrderEntry
from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from tests.orders.entries import order, page
from tests.uplink.conftest import linked, quick, until
from tests.uplink.trial_platform import CUT, Fault, TrialPlatform


def _items(*serials: int) -> list[FeedItem]:
    return [FeedItem(cursor=serial, entry=OrderEntry(order=order(serial))) for serial in serials]


async def _cursor_is(store: GateStore, cursor: int) -> None:
    cache = await OrderCache.open(store)

    async def reached() -> bool:
        return (await cache.place()).after == cursor

    await until(reached)


async def test_orders_arrive_page_by_page_and_then_as_they_come(store: GateStore, platform: TrialPlatform) -> None:
    await platform.put_in_feed(*_items(1, 2, 3, 4, 5))
    async with linked(store, quick(platform.url)):
        await _cursor_is(store, 5)
        await platform.until(lambda: platform.feed_waits[-1] > 0)  # a long poll is under way
        await platform.put_in_feed(*_items(9))
        await _cursor_is(store, 9)
    cache = await OrderCache.open(store)
    assert cache.count == 6
    assert cache.age_s(page().server_time) == 7.0


async def test_after_a_failure_less_is_asked_for_at_once_and_then_more_again(store: GateStore, platform: TrialPlatform) -> None:
    """A link that breaks before 500 orders are through brings at least some, and goes on from there."""
    platform.faults["feed"].extend([503, 503])
    await platform.put_in_feed(*_items(*range(1, 9)))
    async with linked(store, quick(platform.url, feed_limit=100)):
        await _cursor_is(store, 8)
    assert platform.feed_limits[:6] == [100, 25, 6, 12, 24, 48]


async def test_the_feed_goes_on_from_its_cursor_after_a_restart(store: GateStore, platform: TrialPlatform) -> None:
    await platform.put_in_feed(*_items(1, 2, 3))
    async with linked(store, quick(platform.url)):
        await _cursor_is(store, 3)
    await platform.put_in_feed(*_items(4))
    platform.items = platform.items[3:]  # what the gate has is not asked for again
    async with linked(store, quick(platform.url)):
        await _cursor_is(store, 4)
    assert (await OrderCache.open(store)).count == 4


async def test_the_first_answer_does_not_wait_for_news(store: GateStore, platform: TrialPlatform) -> None:
    async with linked(store, quick(platform.url, feed_wait_s=30)) as uplink:
        await until(lambda: bool(uplink.link.up))
        await platform.until(lambda: len(platform.feed_waits) > 1)
    assert platform.feed_waits[:2] == [0, 30]


@pytest.mark.parametrize(
    "fault",
    [
        CUT,
        500,
        401,
        400,
        409,
        web.Response(text="<html>"),
        web.Response(text="[]"),
        web.Response(text='{"items": [], "cursor": -1, "more": false, "server_time": "2026-11-23T02:00:00Z"}'),
        web.Response(text=f'{{"items": [], "cursor": {1 << 70}, "more": false, "server_time": "2026-11-23T02:00:00Z"}}'),
        web.Response(body=b"\xff\xfe" + b"[" * 100_000),
    ],
    ids=lambda fault: str(fault.body if isinstance(fault, web.Response) else fault)[:24],
)
async def test_an_answer_that_is_no_feed_page_changes_nothing_and_is_asked_for_again(
    store: GateStore, platform: TrialPlatform, fault: Fault
) -> None:
    platform.faults["feed"].append(fault)
    await platform.put_in_feed(*_items(1))
    async with linked(store, quick(platform.url)) as uplink:
        await _cursor_is(store, 1)
        await until(lambda: bool(uplink.link.up))
    assert (await OrderCache.open(store)).count == 1


async def test_an_item_that_cannot_be_understood_is_said_and_left_out(
    store: GateStore, platform: TrialPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = (json.loads(item.model_dump_json()) for item in _items(1, 2))
    bad["entry"]["order"]["vehicle"]["driving_licence"] = "TOO-LONG-SECRET-LICENCE"
    newer = {"cursor": 3, "entry": {"kind": "announcement", "text": "…"}}
    body = {"items": [good, bad, newer, "?"], "cursor": 4, "more": False, "server_time": "2026-11-23T02:00:00Z"}
    platform.faults["feed"].append(web.json_response(body))
    async with linked(store, quick(platform.url)):
        await _cursor_is(store, 4)
    assert (await OrderCache.open(store)).count == 1
    assert [record.levelname for record in caplog.records if "left out" in record.message] == ["ERROR"] * 3
    assert "feed item 2 " in caplog.text
    assert "driving_licence" in caplog.text
    assert "SECRET" not in caplog.text


async def test_a_feed_that_goes_back_is_said_and_the_orders_are_kept(store: GateStore, platform: TrialPlatform) -> None:
    cache = await OrderCache.open(store)
    await cache.apply(page(order(1), order(2)))
    body = page().model_dump_json()
    platform.faults["feed"].extend(web.Response(text=body) for _ in range(2000))
    async with linked(store, quick(platform.url)) as uplink:
        await until(lambda: "went back from 2 to 0" in uplink.link.detail)
    assert (cache.count, (await cache.place()).after) == (2, 2)
