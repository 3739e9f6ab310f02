"""The feed: every order and register entry once, in its latest version, under a cursor that only grows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from gateway.model.wire import FeedPage
from gateway.platform.database import METADATA, Database
from gateway.platform.examples import REGISTER
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, Running
from tests.platform.samples import order

pytestmark = pytest.mark.both_databases

PASS, CHIP, SEAL = REGISTER


async def read_feed(platform: Client, after: int, limit: int) -> list[Any]:
    """Everything behind `after`, page by page, as a gate would read it."""
    items: list[Any] = []
    while True:
        status, page = await platform.get("/api/feed", params={"after": after, "limit": limit})
        assert status == 200
        assert FeedPage.model_validate(page).cursor >= after
        items += page["items"]
        after = page["cursor"]
        if not page["more"]:
            return items


def _names(items: list[Any]) -> list[tuple[str, ...]]:
    return [
        (entry["kind"], entry["order"]["message_id"])
        if entry["kind"] == "order"
        else (
            entry["kind"],
            str(entry.get("uid") or entry.get("epc") or entry.get("serial")),
            entry.get("holder") or entry["number"],
        )
        for entry in (item["entry"] for item in items)
    ]


async def test_register_entries_are_taken_one_or_many_and_once(platform: Client) -> None:
    assert await platform.post("/api/registry", PASS) == (201, {"stored": 1, "repeated": 0, "cursor": 1})
    assert await platform.post("/api/registry", REGISTER) == (201, {"stored": 2, "repeated": 1, "cursor": 3})
    assert await platform.post("/api/registry", REGISTER) == (200, {"stored": 0, "repeated": 3, "cursor": 3})


async def test_a_card_that_is_too_long_once_it_is_folded_is_named(platform: Client) -> None:
    status, problem = await platform.post("/api/registry", [PASS, PASS | {"uid": "ß" * 40}, PASS | {"uid": "  "}])
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["1.uid", "2.uid"])
    assert (await platform.get("/api/feed"))[1]["items"] == []


async def test_register_entries_are_compared_as_readers_write_them(platform: Client) -> None:
    await platform.post("/api/registry", REGISTER)
    spelled = [PASS | {"uid": PASS["uid"].upper()}, CHIP | {"epc": CHIP["epc"].upper(), "number": "E-wls8854668"}]
    status, _ = await platform.post("/api/registry", spelled)
    assert status == 200


async def test_how_an_order_stands_reaches_the_gates_and_supersedes(platform: Client) -> None:
    withdrawn = {"kind": "order_standing", "order_number": "BD11020459525700001", "state": "cancelled"}
    assert (await platform.post("/api/registry", withdrawn))[0] == 201
    assert (await platform.post("/api/registry", withdrawn))[0] == 200
    await platform.post("/api/registry", withdrawn | {"state": "open", "notes": ["B"], "inspection": "required"})
    _, page = await platform.get("/api/feed?after=0")
    (entry,) = [item["entry"] for item in page["items"]]
    assert (entry["state"], entry["notes"], entry["inspection"]) == ("open", ["B"], "required")
    status, problem = await platform.post("/api/registry", withdrawn | {"state": "lost"})
    assert (status, problem["errors"][0]["field"]) == (422, "order_standing.state")


async def test_a_changed_register_entry_supersedes(platform: Client) -> None:
    await platform.post("/api/registry", REGISTER)
    await platform.post("/api/registry", PASS | {"holder": "李小龍"})
    items = await read_feed(platform, 0, 2)
    assert [item["cursor"] for item in items] == [2, 3, 4]
    assert items[-1]["entry"]["holder"] == "李小龍"


async def test_wrong_register_entries_are_all_named_and_none_is_stored(platform: Client) -> None:
    wrong = [PASS, CHIP | {"epc": "xyz"}, SEAL | {"serial": -1}, {"kind": "gate"}, 7, SEAL | {"number": "?"}]
    status, problem = await platform.post("/api/registry", wrong)
    assert status == 422
    named = [error["field"] for error in problem["errors"]]
    assert named == ["1.passive_seal.epc", "2.vehicle_seal.serial", "3.body", "4.body", "5.number"]
    assert await read_feed(platform, 0, 10) == []


async def emptied(settings: PlatformSettings) -> None:
    await asyncio.to_thread(settings.data_dir.mkdir, exist_ok=True)
    database = Database(settings.url)
    await database.open()
    await database.write(lambda connection: [connection.execute(table.delete()) for table in reversed(METADATA.sorted_tables)])
    await database.close()


actions = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 3), st.integers(1, 9)),
        st.tuples(st.just("pass"), st.integers(1, 3), st.integers(1, 3)),
    ),
    max_size=12,
)


@hypothesis.settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=actions, limit=st.integers(1, 5), join=st.integers(0, 12))
async def test_pages_put_together_are_everything(
    run_platform: Running, settings: PlatformSettings, actions: list[tuple[str, int, int]], limit: int, join: int
) -> None:
    """Also for a gate that joins in the middle and reads on: it ends with the same latest versions."""
    await emptied(settings)
    latest: dict[tuple[str, str], tuple[str, ...]] = {}
    followed: dict[tuple[str, str], tuple[str, ...]] = {}
    cursor = 0
    async with run_platform() as platform:
        for step, (kind, key, value) in enumerate(actions):
            if kind == "order":
                status, _ = await platform.post("/api/orders", order(serial=key, message=key * 100 + value))
                if status == 201:
                    latest["order", f"BD1102045952570000{key}"] = ("order", f"0459525720211123{key * 100 + value:04d}")
            else:
                await platform.post("/api/registry", PASS | {"uid": f"u{key}", "holder": f"holder {value}"})
                latest["port_pass", f"u{key}"] = ("port_pass", f"u{key}", f"holder {value}")
            if step == join:
                seen = await read_feed(platform, 0, limit)
                followed = {_key(item): name for item, name in zip(seen, _names(seen), strict=True)}
                cursor = seen[-1]["cursor"]
        everything = await read_feed(platform, 0, 1000)
        pages = await read_feed(platform, 0, limit)
        rest = await read_feed(platform, cursor, limit)
    assert pages == everything
    assert [item["cursor"] for item in pages] == sorted({item["cursor"] for item in pages})
    assert sorted(_names(pages)) == sorted(latest.values())
    followed |= {_key(item): name for item, name in zip(rest, _names(rest), strict=True)}
    assert followed == latest


def _key(item: Any) -> tuple[str, str]:
    entry = item["entry"]
    return (entry["kind"], entry["order"]["order_number"] if entry["kind"] == "order" else entry["uid"])


async def test_a_waiting_gate_is_answered_when_an_order_arrives(platform: Client) -> None:
    waiting = asyncio.create_task(platform.get("/api/feed", params={"after": 0, "wait": 30}))
    while b'gateway_platform_requests_total{method="GET",route="/healthz"' not in (await platform.get("/metrics"))[1]:
        await platform.get("/healthz")
    await platform.post("/api/orders", order())
    _, page = await waiting
    assert [item["cursor"] for item in page["items"]] == [1]


async def test_a_gate_that_waits_in_vain_gets_an_empty_page(platform: Client) -> None:
    await platform.post("/api/orders", order())
    _, page = await platform.get("/api/feed", params={"after": 1, "wait": 1})
    assert (page["items"], page["cursor"], page["more"]) == ([], 1, False)


async def test_the_time_in_an_answer_is_that_of_the_answer_however_long_the_gate_waited(settings: PlatformSettings) -> None:
    asked_at = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    now = [asked_at]
    async with running(settings, lambda: now[0]) as address, ClientSession() as session:
        platform = Client(session, address)
        waiting = asyncio.create_task(platform.get("/api/feed", params={"wait": 1}))
        await platform.get("/healthz")  # the question before it has arrived
        now[0] += timedelta(seconds=25)
        _, waited = await waiting
    assert datetime.fromisoformat(waited["server_time"]) == now[0], "a gate holds its clock against it"


async def test_a_page_ends_before_it_grows_too_long(platform: Client) -> None:
    cargo = [{"quantity": "1", "vessel_name": "長" * 35, "master_bill": "M" * 35, "house_bill": "H" * 35}] * 999
    for number in range(1, 9):
        await platform.post("/api/orders", order(serial=number, message=number, cargo=cargo))
    status, page = await platform.get("/api/feed")
    assert (status, page["more"]) == (200, True)
    assert 1 < len(page["items"]) < 8
    assert [item["cursor"] for item in await read_feed(platform, 0, 1000)] == list(range(1, 9))


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "after=1.5", "after=" + "9" * 30, "after=%00", "limit=0", "limit=1001", "wait=31", "after=²", "after="],
)
async def test_a_bad_cursor_is_named(platform: Client, query: str) -> None:
    status, problem = await platform.get(f"/api/feed?{query}")
    assert (status, problem["title"]) == (400, "Bad request")
    assert problem["detail"].startswith(query.split("=", maxsplit=1)[0])


async def test_a_cursor_that_this_platform_never_gave_is_refused(platform: Client) -> None:
    """A platform restored from an older copy must not leave a gate waiting for cursors that it will give again."""
    await platform.post("/api/orders", order())
    status, problem = await platform.get("/api/feed?after=2&wait=30")
    assert status == 400
    assert "start again at 0" in problem["detail"]


async def test_a_gate_gets_the_kinds_that_it_names_and_by_default_all(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/registry", REGISTER)
    named = {}
    for kinds in ("", "?kinds=", "?kinds=order,port_pass", "?kinds=vehicle_seal"):
        _, page = await platform.get("/api/feed" + kinds)
        named[kinds] = [item["entry"]["kind"] for item in page["items"]]
    everything = ["order", "port_pass", "passive_seal", "vehicle_seal"]
    assert list(named.values()) == [everything, everything, ["order", "port_pass"], ["vehicle_seal"]]
    status, problem = await platform.get("/api/feed?kinds=order,drivers")
    assert (status, problem["errors"][0]["field"]) == (400, "kinds")


async def test_the_cursor_passes_over_kinds_that_a_gate_does_not_need(platform: Client) -> None:
    """Also while it waits: else each answer would begin with looking through all of them again."""
    await platform.post("/api/orders", order())
    await platform.post("/api/registry", REGISTER)
    _, page = await platform.get("/api/feed?kinds=order&limit=1")
    assert ([item["cursor"] for item in page["items"]], page["cursor"], page["more"]) == ([1], 4, False)
    _, page = await platform.get("/api/feed?kinds=order_standing&after=1&wait=1")
    assert (page["items"], page["cursor"]) == ([], 4)
    _, page = await platform.get("/api/feed?kinds=port_pass,passive_seal&limit=1")
    assert (len(page["items"]), page["cursor"], page["more"]) == (1, 2, True)
