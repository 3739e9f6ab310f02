"""A person's ruling on a passage that its lane had confirmed: one line in the list, both records, the order marked."""

import re
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from gateway.platform.database import Database, migrate
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, Running
from tests.platform.samples import Json, confirmation, order, verdict
from tests.platform.test_pages import words

pytestmark = pytest.mark.both_databases

PICKED = "BD11020459525700002"
FOUND = "BD11020459525700001"


def referred(sequence: int = 1) -> Json:
    return confirmation(sequence=sequence, passage_id="p-1", verdict=verdict("REFER", [FOUND]) | {"reasons": ["BOX_UNSURE"]})


def ruled(sequence: int = 2, **changes: Any) -> Json:
    ruling = {
        "device": "desk",
        "at": "2026-11-23T03:44:10Z",
        "passage_id": "p-1",
        "approved": True,
        "person": "A017 陳美玲",
        "proof": "pin",
        "reason": "Compared the number at the box: right door",
        "corrections": [{"subject": "container", "read": "TEMU9221858", "corrected": "TEMU9221353"}],
        "expires_at": "2026-11-23T03:45:10Z",
    }
    return referred(sequence) | {"ruling": ruling | changes}


async def test_a_ruling_takes_the_line_of_what_the_lane_referred(platform: Client) -> None:
    await platform.confirm(referred())
    await platform.confirm(confirmation(sequence=2, passage_id="p-2"))
    status, receipt = await platform.confirm(ruled(3))
    assert (status, receipt["repeated"]) == (201, False)
    assert (await platform.confirm(ruled(3)))[0] == 200
    assert (await platform.confirm(ruled(3, approved=False)))[0] == 409
    _, html = await platform.page("/")
    assert sorted(re.findall(r'class="verdict-link" href="/passages/ct4-116/(\d)"', html)) == ["2", "3"]
    assert "A017 陳美玲" in html
    assert "放行" in html
    _, page = await platform.get("/api/confirmations")
    assert [item["confirmation"]["sequence"] for item in page["items"]] == [1, 2, 3]  # nothing is lost


async def test_the_passage_says_who_decided_how_and_why_and_what_the_lane_had_said(platform: Client) -> None:
    await platform.confirm(referred())
    _, html = await platform.page("/passages/ct4-116/1", "en")
    assert "by a person" not in html
    await platform.confirm(ruled())
    _, html = await platform.page("/passages/ct4-116/2", "en")
    text = words(html)
    for expected in (
        "Approved by a person",
        "A017 陳美玲",
        "by PIN",
        "at the gate",
        "number at the box: right door",
        "The lane had said Refer",
    ):
        assert expected in text
    assert len(re.findall(r'<mark class="differs">8</mark>', html)) == 2  # 858 read, 353 corrected
    assert 'href="/passages/ct4-116/1"' in html
    _, chinese = await platform.page("/passages/ct4-116/2")
    for expected in ("由人員核准放行", "已到櫃邊核對櫃號: right door", "轉人工"):
        assert expected in words(chinese)
    _, first = await platform.page("/passages/ct4-116/1", "en")
    assert 'href="/passages/ct4-116/2"' in first
    assert "There is a later record of this passage" in words(first)


async def test_an_order_bears_what_holds(platform: Client) -> None:
    for number, message in ((1, 1), (2, 2)):
        await platform.post("/api/orders", order(order_number=f"BD1102045952570000{number}", message=message))
    await platform.confirm(referred())
    _, found = await platform.get(f"/api/orders/{FOUND}")
    assert (found["confirmed"], [one["outcome"] for one in found["confirmations"]]) == (False, ["REFER"])
    await platform.confirm(ruled(order=PICKED))
    _, found = await platform.get(f"/api/orders/{FOUND}")
    assert (found["confirmed"], found["confirmations"]) == (False, [])
    _, picked = await platform.get(f"/api/orders/{PICKED}")
    assert (picked["confirmed"], [one["sequence"] for one in picked["confirmations"]]) == (True, [2])
    assert picked["confirmations"][0]["decided_at"].startswith("2026-11-23T03:44:10")


async def test_an_order_that_only_a_correction_led_to_is_marked(platform: Client) -> None:
    await platform.post("/api/orders", order(order_number=PICKED))
    lost = confirmation(sequence=1, passage_id="p-1", verdict=verdict("REFER", []) | {"reasons": ["NO_ORDER"]})
    await platform.confirm(lost | {"ruling": ruled()["ruling"], "weighed": verdict("PASS", [PICKED])})
    _, found = await platform.get(f"/api/orders/{PICKED}")
    assert (found["confirmed"], [one["outcome"] for one in found["confirmations"]]) == (True, ["PASS"])


async def test_a_refusal_is_no_pass(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.confirm(referred())
    await platform.confirm(ruled(approved=False))
    _, found = await platform.get(f"/api/orders/{FOUND}")
    assert (found["confirmed"], [one["outcome"] for one in found["confirmations"]]) == (False, ["STOP"])
    _, html = await platform.page("/passages/ct4-116/2", "en")
    assert "Refused by a person" in words(html)


async def test_the_lanes_record_that_comes_behind_its_ruling_changes_nothing(platform: Client) -> None:
    """It was set aside at first, and somebody sent it again."""
    await platform.post("/api/orders", order())
    await platform.confirm(ruled())
    await platform.confirm(referred())
    _, found = await platform.get(f"/api/orders/{FOUND}")
    assert (found["confirmed"], [one["sequence"] for one in found["confirmations"]]) == (True, [2])
    _, html = await platform.page("/")
    assert re.findall(r'class="verdict-link" href="/passages/ct4-116/(\d)"', html) == ["2"]


FIRST_TABLES = ("feed", "order_messages", "orders", "order_confirmations", "confirmations", "confirmation_conflicts", "pictures")


def drop_everything(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        return
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    latest_first = "ORDER BY sql LIKE 'CREATE VIRTUAL%' DESC, rowid DESC"
    for name in connection.execute(text(f"{tables} {latest_first}")).scalars().all():
        connection.execute(text(f'DROP TABLE IF EXISTS "{name}"'))


def to_first_release(connection: Connection) -> None:
    """What the first release would have stored of the same records."""
    stored = {table: connection.execute(text(f"SELECT * FROM {table}")).mappings().all() for table in FIRST_TABLES}
    drop_everything(connection)
    migrate(connection, "0001")
    for table, rows in stored.items():
        columns = [column["name"] for column in inspect(connection).get_columns(table)]
        insert = text(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})")
        for row in rows:
            connection.execute(insert, {name: row.get(name, "") for name in columns})
    if connection.dialect.name == "postgresql":
        for table in ("feed", "confirmations"):
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'cursor'), 1000)"))


def standing(connection: Connection) -> tuple[set[str | None], list[str]]:
    """The indexes of the confirmations, and whose the orders are."""
    bans = list(connection.execute(text("SELECT DISTINCT ban FROM order_parties")).scalars())
    return {index["name"] for index in inspect(connection).get_indexes("confirmations")}, bans


async def test_a_database_of_the_first_release_moves_forward(run_platform: Running, settings: PlatformSettings) -> None:
    async with run_platform() as platform:
        await platform.post("/api/orders", order())
        await platform.confirm(referred())
    database = Database(settings.url)
    await database.write(to_first_release)
    async with run_platform() as platform:
        await platform.confirm(ruled())
        assert (await platform.confirm(referred()))[0] == 200
        assert (await platform.post("/api/orders", order()))[0] == 200
        assert [one["state"] for one in (await platform.get("/api/orders?q=922135"))[1]["items"]] == ["in_transit"]
    indexes, bans = await database.read(standing)
    await database.close()
    assert indexes >= {"confirmations_passage", "confirmations_key"}
    assert bans == ["04595257"]


async def test_rulings_outlive_a_restart(run_platform: Running) -> None:
    async with run_platform() as platform:
        await platform.confirm(referred())
        await platform.confirm(ruled())
    async with run_platform() as platform:
        assert (await platform.confirm(ruled()))[0] == 200
        _, html = await platform.page("/passages/ct4-116/2", "en")
        assert "A017 陳美玲" in html


async def test_hostile_text_in_a_ruling_is_shown_harmlessly(platform: Client) -> None:
    hostile = "<b>x</b>\x00\u202e"
    await platform.confirm(ruled(person=hostile, reason=hostile, order="<i>"))
    _, html = await platform.page("/passages/ct4-116/2", "en")
    assert "<b>x" not in html
    assert "<i>" not in html
    assert "\u202e" not in html


async def test_a_green_that_was_taken_back_stops_the_passage_and_marks_its_order(platform: Client) -> None:
    passed = confirmation(sequence=1, passage_id="p-1", verdict=verdict("PASS", [FOUND]))
    withdrawn = verdict("STOP", [FOUND]) | {"reasons": ["VEHICLE_SEAL_TAMPERED"], "decided_at": "2026-11-23T03:44:20Z"}
    await platform.post("/api/orders", order())
    await platform.confirm(passed)
    _, found = await platform.get(f"/api/orders/{FOUND}")
    assert (found["confirmed"], [one["outcome"] for one in found["confirmations"]]) == (True, ["PASS"])
    assert (await platform.confirm(passed | {"sequence": 2, "withdrawn": withdrawn}))[0] == 201
    _, found = await platform.get(f"/api/orders/{FOUND}")
    assert (found["confirmed"], [one["outcome"] for one in found["confirmations"]]) == (False, ["STOP"])
    _, html = await platform.page("/passages/ct4-116/2", "en")
    text = words(html)
    assert "Green light taken back" in text
    assert "Seal tampered with" in text
    _, listed = await platform.page("/", "en")
    assert re.findall(r'class="verdict-link" href="/passages/ct4-116/(\d)"', listed) == ["2"]
    assert "Stop" in words(listed[listed.index("<tbody") :])
    assert "Pass" not in words(listed[listed.index("<tbody") :]).replace("Passage", "")


async def test_a_barrier_that_was_opened_by_hand_is_told_with_its_time_and_by_whom(platform: Client) -> None:
    await platform.confirm(referred())
    by_hand = [
        {"kind": "manual_opening", "device": "io.key", "at": "2026-11-23T03:44:20Z"},
        {"kind": "manual_opening", "device": "app", "at": "2026-11-23T03:45:20Z", "person": "<b>A017</b>"},
    ]
    assert (await platform.confirm(referred(2) | {"manual_openings": by_hand}))[0] == 201
    _, html = await platform.page("/passages/ct4-116/2", "en")
    section = html[html.index('id="by-hand"') :].split("</section>")[0]
    for expected in ("Barrier opened by hand", "11:44:20 · io.key · nobody knows by whom", "11:45:20 · app · <b>A017</b>"):
        assert expected in words(section)
    assert "<b>" not in section
    _, chinese = await platform.page("/passages/ct4-116/2")
    assert "人工開啟柵欄" in words(chinese)
    _, before = await platform.page("/passages/ct4-116/1", "en")
    assert 'id="by-hand"' not in before
    assert "There is a later record of this passage" in words(before)
