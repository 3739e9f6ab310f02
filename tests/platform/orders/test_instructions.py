"""What Customs asks of a box reaches every order of it at the gates: those that are here, and those that come."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column, create_engine, insert, table

from gateway.model.transport_order import parse_order
from gateway.platform.database import METADATA, migrate
from gateway.platform.orders import standing, store
from gateway.platform.orders.instruction import read_instruction
from gateway.platform.orders.needs import HOLDS
from tests.platform.conftest import Client
from tests.platform.samples import Json, order
from tests.platform.test_feed import read_feed

NUMBER = "BD11020459525700001"
BOX, OTHER_BOX = "TEMU9221353", "MSKU9070323"
DECLARATION = "BD/11/045/A0012"


def instruction(code: str = "N5170", message: str = "M1", **changes: Any) -> Json:
    said: dict[str, Json] = {"N5170": {"notes": ["B"]}, "N5108": {"reply": "EX"}}
    return {"message_code": code, "message_id": message, "container": BOX} | said.get(code, {}) | changes


async def stands(platform: Client, number: str = NUMBER) -> tuple[list[str], str, list[str]]:
    """Notes, inspection and conditions, as the order's state has them; the gates' must be the same."""
    _, state = await platform.get(f"/api/orders/{number}")
    entries = [item["entry"] for item in await read_feed(platform, 0, 100)]
    at_gates = [one for one in entries if one["kind"] == "order_standing" and one["order_number"] == number]
    assert at_gates in ([state["standing"]], [])
    return state["standing"]["notes"], state["standing"]["inspection"], state["standing"]["release_conditions"]


async def test_an_instruction_reaches_the_gates_and_the_page_of_an_order_that_is_here(platform: Client) -> None:
    await platform.post("/api/orders", order())
    waiting = asyncio.create_task(platform.get("/api/feed", params={"after": 1, "wait": 30}))
    status, receipt = await platform.post("/api/instructions", instruction(container="temu 922135-3", notes=["b", "X"]))
    assert (status, receipt["orders"], receipt["repeated"]) == (201, [NUMBER], False)
    assert [one["field"] for one in receipt["warnings"]] == ["notes.1"]
    _, page = await waiting
    assert [item["entry"]["notes"] for item in page["items"]] == [["B", "X"]]
    for language, word in (("zh_TW", "需加封電子封條"), ("en", "vehicle-seal confirmation required")):
        _, html = await platform.page(f"/orders/{NUMBER}", language)
        assert word in html
    _, listed = await platform.get(f"/api/orders/{NUMBER}/instructions")
    assert [one["instruction"]["notes"] for one in listed["items"]] == [["B", "X"]]


async def test_an_order_that_comes_later_needs_it_before_a_gate_has_the_order(platform: Client) -> None:
    status, receipt = await platform.post("/api/instructions", instruction())
    assert (status, receipt["orders"]) == (201, [])
    await platform.post("/api/orders", order())
    kinds = [item["entry"]["kind"] for item in await read_feed(platform, 0, 10)]
    assert kinds == ["order_standing", "order"]
    assert await stands(platform) == (["B"], "none", [])


async def test_a_message_is_taken_once(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/instructions", instruction())
    cursor = (await read_feed(platform, 0, 10))[-1]["cursor"]
    status, receipt = await platform.post("/api/instructions", instruction(notes=["b"], message="m1"))
    assert (status, receipt["repeated"], receipt["orders"]) == (200, True, [NUMBER])
    status, problem = await platform.post("/api/instructions", instruction(notes=["C"]))
    assert (status, "other content" in problem["detail"]) == (409, True)
    assert (await read_feed(platform, 0, 10))[-1]["cursor"] == cursor


async def test_an_inspection_is_asked_for_and_ends_with_the_release(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/instructions", instruction("N5108", reply="AK"))
    assert await stands(platform) == ([], "none", [])
    await platform.post("/api/instructions", instruction("N5108", "M2"))
    assert await stands(platform) == ([], "required", [])
    release = {"message_code": "N5204", "message_id": "M3", "declaration": DECLARATION, "release_conditions": "85"}
    await platform.post("/api/instructions", release)
    assert await stands(platform) == ([], "done", ["5", "8"])
    await platform.post("/api/instructions", instruction("N5108", "M4"))
    assert await stands(platform) == ([], "required", ["5", "8"])
    _, html = await platform.page(f"/orders/{NUMBER}", "en")
    assert "release notice" in html


async def test_what_an_inspection_station_said_stays_until_another_is_asked_for(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/instructions", instruction("N5108"))
    done = {"kind": "order_standing", "order_number": NUMBER, "inspection": "done", "notes": ["Z"]}
    await platform.post("/api/registry", done)
    await platform.post("/api/instructions", instruction(message="M2"))
    assert await stands(platform) == (["B", "Z"], "done", [])
    await platform.post("/api/instructions", instruction("N5108", "M3"))
    assert await stands(platform) == (["B", "Z"], "required", [])


async def test_a_message_that_is_replaced_holds_no_longer(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/instructions", instruction(notes=["B", "C"]))
    status, _ = await platform.post("/api/instructions", instruction(message="M2", notes=["C"], container=OTHER_BOX, replaces="M1"))
    assert (status, await stands(platform)) == (201, ([], "none", [])), "it had named the wrong box"
    _, listed = await platform.get(f"/api/orders/{NUMBER}/instructions")
    assert [one["replaced_by"] for one in listed["items"]] == ["M2"]
    status, problem = await platform.post("/api/instructions", instruction(message="M3", replaces="M1"))
    assert (status, "by M2" in problem["detail"]) == (409, True)
    status, problem = await platform.post("/api/instructions", instruction(message="M3", replaces="M9"))
    assert (status, [error["field"] for error in problem["errors"]]) == (422, ["replaces"])


async def test_a_corrected_order_needs_what_its_new_box_needs(platform: Client) -> None:
    await platform.post("/api/instructions", instruction())
    await platform.post("/api/instructions", instruction("N5108", "M2", container=OTHER_BOX))
    await platform.post("/api/orders", order())
    assert await stands(platform) == (["B"], "none", [])
    await platform.post("/api/orders", order(message=2, container={"number": OTHER_BOX}))
    assert await stands(platform) == ([], "required", [])
    await platform.post("/api/orders", order(message=3))
    assert await stands(platform) == (["B"], "none", [])


async def test_a_declaration_means_its_boxes_and_a_box_of_another_declaration_is_not_meant(platform: Client) -> None:
    other_cargo = [{"declaration": "OTHER", "quantity": "1"}]
    await platform.post("/api/orders", order())
    await platform.post("/api/orders", order(serial=2, message=2, container={"number": OTHER_BOX}))
    await platform.post("/api/orders", order(serial=3, message=3, cargo=other_cargo))
    await platform.post("/api/orders", order(serial=4, message=4, cargo=[]))
    for changes, meant in (
        ({"container": None, "declaration": DECLARATION}, "12"),
        ({"container": BOX, "declaration": DECLARATION}, "14"),
        ({"container": BOX}, "134"),
    ):
        _, receipt = await platform.post("/api/instructions", instruction("N5108", f"M{meant}", **changes))
        assert "".join(number[-1] for number in receipt["orders"]) == meant


@pytest.mark.parametrize(("state", "notes"), [("cancelled", []), ("closed", ["B"])])
async def test_an_order_that_is_over_is_not_meant(platform: Client, state: str, notes: list[str]) -> None:
    """A closed one may be opened again, and needs then what was instructed meanwhile."""
    await platform.post("/api/orders", order())
    await platform.post("/api/registry", {"kind": "order_standing", "order_number": NUMBER, "state": state})
    _, receipt = await platform.post("/api/instructions", instruction())
    assert (receipt["orders"], await stands(platform)) == ([], (notes, "none", []))


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ([], ["message_code"]),
        (instruction("R12"), ["message_code"]),
        ({"message_code": ["N5170"]}, ["message_code"]),
        (instruction(notes=[]), ["notes"]),
        (instruction(notes=["B"] * 10), ["notes"]),
        (instruction(notes=["B", "BBB", 1], container="?"), ["container", "notes.1", "notes.2"]),
        (instruction("N5108", container=None), ["container"]),
        (instruction("N5108", reply="", message_id="-", colour=1), ["message_id", "reply", "colour"]),
        (instruction("N5116", release_conditions="5-8"), ["release_conditions"]),
    ],
)
async def test_every_wrong_field_is_named(platform: Client, message: Any, fields: list[str]) -> None:
    status, problem = await platform.post("/api/instructions", message)
    assert (status, [error["field"] for error in problem["errors"]]) == (422, fields)


async def test_an_unknown_reply_is_kept_with_a_warning(platform: Client) -> None:
    await platform.post("/api/orders", order())
    status, receipt = await platform.post("/api/instructions", instruction("N5108", reply="ZZ", container="CTAU0008136"))
    assert (status, [one["field"] for one in receipt["warnings"]]) == (201, ["reply", "container"])


NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.sampled_from([BOX, OTHER_BOX]), st.integers(1, 2)),
        st.tuples(st.just("note"), st.sampled_from([BOX, OTHER_BOX]), st.sampled_from("BCD")),
        st.tuples(st.just("examine"), st.sampled_from([BOX, OTHER_BOX]), st.none()),
        st.tuples(st.just("release"), st.sampled_from([BOX, OTHER_BOX]), st.none()),
    ),
    max_size=12,
)


@given(steps)
def test_it_does_not_matter_whether_the_order_or_its_instructions_come_first(taken: list[tuple[str, str, Any]]) -> None:
    """In whatever order they come: an order needs what it would need had its last version come after everything."""
    engine = create_engine("sqlite://")
    latest: dict[int, str] = {}
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for place, (what, box, value) in enumerate(taken):
            if what == "order":
                latest[value] = box
                made = parse_order(order(serial=value, message=place + 1, container={"number": box})).order
                store.take(connection, made, NOW)
                continue
            said: dict[str, Json] = {
                "note": {"message_code": "N5170", "notes": [value]},
                "examine": {"message_code": "N5108", "reply": "EX"},
                "release": {"message_code": "N5116", "release_conditions": "5"},
            }
            standing.instruct(connection, read_instruction({"message_id": f"M{place}", "container": box} | said[what]), NOW)
        for serial, box in latest.items():
            again = parse_order(order(serial=serial + 5, message=serial + 100, container={"number": box})).order
            store.take(connection, again, NOW)
        numbers = {serial: f"BD1102045952570000{serial}" for serial in (*latest, *(serial + 5 for serial in latest))}
        found = standing.standings(connection, numbers.values())
        for serial in latest:
            first, last = found[numbers[serial]], found[numbers[serial + 5]]
            assert first.model_copy(update={"order_number": ""}) == last.model_copy(update={"order_number": ""})
    engine.dispose()


@pytest.mark.parametrize(("later", "notes"), [(HOLDS, ("B",)), (HOLDS + timedelta(seconds=1), ())])
@pytest.mark.parametrize("order_first", [True, False])
def test_a_box_that_comes_back_after_weeks_has_another_cargo(later: timedelta, notes: tuple[str, ...], order_first: bool) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        if order_first:
            store.take(connection, parse_order(order()).order, NOW)
        standing.instruct(connection, read_instruction(instruction()), NOW + later if order_first else NOW)
        if not order_first:
            store.take(connection, parse_order(order()).order, NOW + later)
        assert standing.standings(connection, [NUMBER])[NUMBER].notes == notes
        assert bool(standing.instructions_of(connection, NUMBER)) == bool(notes)
        # A correction much later does not shake off what held before.
        store.take(connection, parse_order(order(message=2)).order, NOW + later + HOLDS)
        assert set(standing.standings(connection, [NUMBER])[NUMBER].notes) >= set(notes)
    engine.dispose()


def test_orders_from_before_the_migration_are_found_by_their_box_and_their_vehicle(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with engine.begin() as connection:
        migrate(connection, "0006")
        made = parse_order(order()).order
        row = {"message_id": made.message_id, "order_number": NUMBER, "cursor": 1}
        connection.execute(
            store.MESSAGES.insert().values(**row, received_at="2026-11-23T03:00:00.000000Z", content=made.model_dump_json())
        )
        names = ("message_id", "order_number", "cursor", "search")  # as the table was
        connection.execute(insert(table("orders", *map(column, names))).values(**row, search=""))
    with engine.begin() as connection:
        migrate(connection)
        assert standing.instruct(connection, read_instruction(instruction()), NOW).order_numbers == (NUMBER,)
        assert standing.standings(connection, [NUMBER])[NUMBER].notes == ("B",)
        came_at = datetime.fromisoformat("2026-11-23T03:00:00Z")
        seen = made.vehicle.plate_value
        assert standing.issued_between(connection, [seen], came_at - timedelta(hours=1), came_at) == {NUMBER}
        assert standing.issued_between(connection, [seen], came_at, came_at + timedelta(hours=1)) == set()
    engine.dispose()
