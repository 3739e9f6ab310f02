"""The form of a new order, without scripts: what is typed is read by the rules of the interface, numbered, and stored once."""

import asyncio
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from gateway.platform.accounts.roles import Right, Role
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import Database
from gateway.platform.orders.entry.suggestions import REGISTERED
from gateway.platform.registry import store
from gateway.platform.registry.kinds import KINDS, Vehicle
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client
from tests.platform.entry.conftest import EVERGREEN, OTHERS
from tests.platform.person import Person, add_account
from tests.platform.samples import order

FILLED = {
    "office": "bd",
    "ban": EVERGREEN,
    "application_kind": "1",
    "operation_kind": "4",
    "load_kind": "A",
    "origin": "017a1150",
    "destination": "KELW230W",
    "container.number": "temu 922135-3",
    "container.size_type": "45g1",
    "vehicle.plate": "kla-1234",
    "vehicle.driver": "王大明",
    "vehicle.driving_licence": "a123456789",
    "vehicle.departure_time": "2026-11-23 11:43",
    "vehicle.kind": "1",
    "vehicle.count": "1",
    "seals.0.number": "",
    "seals.0.kind": "5",
    "seals.1.number": "vs-00001234",
    "seals.1.kind": "8",
    "cargo.0.declaration": "",
    "cargo.0.quantity": "",
}
FIRST = "BD15110459525750000"


def value(page: str, name: str) -> str:
    found = re.search(rf'<input id="{re.escape(name)}" name="[^"]+" value="([^"]*)"', page)
    chosen = re.search(rf'<select id="{re.escape(name)}".*?</select>', page, re.DOTALL)
    if chosen:
        found = re.search(r'value="([^"]*)" selected', chosen[0])
    return unescape(found[1]) if found else ""


def remark(page: str, name: str) -> str:
    found = re.search(rf'id="remark-{re.escape(name)}">([^<]*)<', page)
    return unescape(found[1]) if found else ""


async def hand_in(person: Person, action: str = "hand_in", **changes: str) -> tuple[int, str]:
    await person.get("/orders/new")
    return await person.post("/orders/new", action=action, **(FILLED | changes))


async def test_what_a_clerk_types_is_an_order_under_the_firms_next_number(depot: Client, wang: Person) -> None:
    status, page = await hand_in(wang)
    assert (status, FIRST in page) == (200, True)
    _, state = await depot.get(f"/api/orders/{FIRST}")
    said = state["order"]
    assert said["message_id"] == f"{EVERGREEN}202611235000"
    assert said["container"] == {"number": "TEMU9221353", "size_type": "45G1"}
    assert said["vehicle"]["departure_time"] == "2026-11-23T11:43:00"
    assert (said["seals"], said["cargo"]) == ([{"kind": "8", "number": "VS00001234"}], [])
    await hand_in(wang, **{"vehicle.departure_time": "2026-11-23 12:00"})
    _, listed = await depot.get("/api/orders")
    assert [item["order"]["order_number"][-5:] for item in listed["items"]] == ["50000", "50001"]


async def test_the_same_order_pressed_twice_is_one_order(depot: Client, wang: Person) -> None:
    await wang.get("/orders/new")
    answers = await asyncio.gather(*(wang.post("/orders/new", action="hand_in", **FILLED) for _ in range(5)))
    assert {status for status, _ in answers} == {200}
    assert all(FIRST in page for _, page in answers)
    _, listed = await depot.get("/api/orders")
    assert len(listed["items"]) == 1


async def test_many_at_once_get_a_number_each(depot: Client, wang: Person) -> None:
    await wang.get("/orders/new")
    times = [{"vehicle.departure_time": f"2026-11-23 12:{minute:02d}"} for minute in range(20)]
    await asyncio.gather(*(wang.post("/orders/new", action="hand_in", **(FILLED | one)) for one in times))
    _, listed = await depot.get("/api/orders")
    said = [item["order"] for item in listed["items"]]
    assert sorted(int(one["order_number"][-5:]) for one in said) == list(range(50000, 50020))
    assert len({one["message_id"] for one in said}) == 20


async def test_everything_wrong_is_said_beside_its_field_and_nothing_is_stored(depot: Client, wang: Person) -> None:
    wrong = {
        "destination": "",
        "vehicle.plate": "",
        "vehicle.departure_time": "soon",
        "seals.1.number": "?",
        "cargo.0.declaration": "A1",
    }
    status, page = await hand_in(wang, **wrong)
    assert status == 422
    assert {
        name: remark(page, name) for name in ("destination", "vehicle.departure_time", "seals.1.number", "cargo.0.quantity")
    } == {
        "destination": "This has to be filled in",
        "vehicle.departure_time": "A date and time like 2026-11-23 11:43",
        "seals.1.number": "At most 17 letters and digits",
        "cargo.0.quantity": "This has to be filled in",
    }
    assert 'href="#vehicle.plate"' in page
    assert (value(page, "vehicle.driver"), value(page, "seals.1.kind")) == ("王大明", "8")  # nobody types anything twice
    _, listed = await depot.get("/api/orders")
    assert listed["items"] == []


async def test_what_is_odd_is_asked_about_once(depot: Client, wang: Person) -> None:
    odd = {"container.number": "TEMU9221354", "vehicle.plate": "QQ1", "vehicle.haulier_ban": "04595258"}
    status, page = await hand_in(wang, **odd)
    assert (status, "Hand in as it is" in page) == (422, True)
    assert remark(page, "container.number") == "The check digit does not fit: is a character mistyped?"
    assert remark(page, "vehicle.plate") == "No known form of a plate"
    assert remark(page, "vehicle.haulier_ban")
    assert (await depot.get("/api/orders"))[1]["items"] == []
    status, page = await hand_in(wang, "as_it_is", **odd)
    assert (status, FIRST in page) == (200, True)


async def test_as_it_is_hands_in_nothing_that_is_wrong(depot: Client, wang: Person) -> None:
    status, _ = await hand_in(wang, "as_it_is", **{"vehicle.plate": ""})
    assert status == 422
    assert (await depot.get("/api/orders"))[1]["items"] == []


async def test_a_firm_issues_under_its_own_number_only(depot: Client, wang: Person) -> None:
    status, page = await hand_in(wang, ban=OTHERS)
    assert (status, "its own business number only" in page) == (422, True)
    status, _ = await hand_in(wang, order_number=f"BD1511{OTHERS}50000", message_id=f"{OTHERS}202611235000")
    assert status == 422
    assert (await depot.get("/api/orders"))[1]["items"] == []


async def test_an_officer_types_the_issuers_number(depot: Client, lin: Person) -> None:
    status, page = await hand_in(lin, ban="")
    assert (status, remark(page, "ban")) == (422, "This has to be filled in")
    status, page = await hand_in(lin, ban=OTHERS)
    assert (status, f"BD1511{OTHERS}50000" in page) == (200, True)


async def test_a_copy_has_everything_but_box_seals_and_time(depot: Client, wang: Person, zhao: Person) -> None:
    earlier = order()
    earlier["vehicle"]["departure_time"] = "2026-11-20T08:00:00"
    await depot.post("/api/orders", earlier)
    status, page = await wang.get("/orders/new?copy=BD11020459525700001")
    assert status == 200
    said = {name: value(page, name) for name in ("destination", "vehicle.plate", "vehicle.haulier_name", "cargo.0.declaration")}
    assert said == {
        "destination": "KELW230W",
        "vehicle.plate": "KLA-1234",
        "vehicle.haulier_name": "長榮國際儲運",
        "cargo.0.declaration": "BD/11/045/A0012",
    }
    assert (value(page, "container.number"), value(page, "seals.0.number"), value(page, "seals.0.kind")) == ("", "", "5")
    assert value(page, "vehicle.departure_time") == "2026-11-23 11:43"  # now
    status, _ = await zhao.get("/orders/new?copy=BD11020459525700001")
    assert status == 404  # another firm's: as if it were not there


async def test_suggestions_are_the_firms_own(depot: Client, wang: Person, zhao: Person) -> None:
    await depot.post("/api/orders", order())
    _, page = await wang.get("/orders/new")
    assert re.search(r'<option value="KLA-1234" data-driver="王大明" data-driving_licence="A123456789"', page)
    assert value(page, "office") == "BD"
    _, page = await zhao.get("/orders/new")
    assert "KLA-1234" not in page
    assert "王大明" not in page


async def register(depot: Client, name: str, /, **entry: Any) -> None:
    status, told = await depot.send("PUT", f"/api/registers/{name}/{entry[KINDS[name].key]}", json=entry)
    assert status == 201, told


def options(page: str, name: str) -> list[str]:
    datalist = page.split(f'<datalist id="{name}">')[1].split("</datalist>", maxsplit=1)[0]
    return re.findall(r'<option value="([^"]*)"', datalist)


async def test_the_registers_come_first_and_a_firm_is_suggested_its_own(depot: Client, wang: Person, zhao: Person) -> None:
    await depot.post("/api/orders", order())
    await depot.post(
        "/api/orders", order(serial=2, message=2, vehicle=order()["vehicle"] | {"plate": "KLB-7777", "driver": "林阿土"})
    )
    await register(depot, "firm", ban=EVERGREEN, name="長榮國際儲運股份有限公司")
    await register(depot, "vehicle", plate="KLA-1234", kind="2", firm=EVERGREEN, number="A17", permit="longer than an order")
    await register(depot, "vehicle", plate="KLC-1111", kind="1", firm=EVERGREEN, number="number of six")
    await register(depot, "vehicle", plate="KLC-2222", kind="1", firm=OTHERS)
    await register(depot, "driver", licence="B111", name="李四", firm=EVERGREEN)
    await register(depot, "driver", licence="B222", name="李四", firm=EVERGREEN)
    await register(depot, "driver", licence="C333", name="趙雲", firm=OTHERS)
    await register(depot, "place", place="003C2001", name="第五貨櫃中心", kind="terminal")
    _, page = await wang.get("/orders/new")
    assert options(page, "vehicles") == ["KLA-1234", "KLC-1111", "KLB-7777"]
    both = 'data-driver="王大明" data-driving_licence="A123456789" data-kind="2" data-number="A17" data-haulier_ban="04595257"'
    assert f'value="KLA-1234" {both} data-haulier_name="長榮國際儲運股份有限公司"' in page
    assert 'value="KLC-1111" data-driver="" data-driving_licence="" data-kind="1" data-number=""' in page
    assert options(page, "drivers") == ["李四", "林阿土", "王大明"]
    assert '<option value="李四" data-driving_licence="">' in page  # two have the name: the licence is left to the person
    assert options(page, "places") == ["003C2001", "KELW230W", "017A1150"]
    assert '<option value="003C2001">第五貨櫃中心</option>' in page
    _, page = await zhao.get("/orders/new")
    assert (options(page, "vehicles"), options(page, "drivers"), options(page, "places")) == (["KLC-2222"], ["趙雲"], ["003C2001"])


async def test_of_a_large_register_so_many_are_read_and_no_more(depot: Client, wang: Person, data_dir: Path) -> None:
    boss, now = Viewer("boss", frozenset(Right), EVERGREEN), datetime(2026, 11, 23, tzinfo=UTC)
    plates = [f"KLA-{number:04}" for number in range(REGISTERED + 20)]
    made = [Vehicle.model_validate({"plate": plate, "kind": "1", "firm": EVERGREEN}) for plate in plates]
    database = Database(PlatformSettings(data_dir=data_dir).url)
    await database.write(lambda connection: store.take(connection, KINDS["vehicle"], made, boss, now))
    query = "SELECT * FROM register_entries WHERE kind = 'vehicle' AND NOT removed AND firm = 'x' AND key > '' ORDER BY key LIMIT 9"
    plan = await database.read(lambda connection: [row[3] for row in connection.execute(sql(f"EXPLAIN QUERY PLAN {query}"))])
    await database.close()
    assert plan == ["SEARCH register_entries USING INDEX register_entries_firm (firm=? AND kind=? AND key>?)"]
    await depot.post("/api/orders", order(vehicle=order()["vehicle"] | {"plate": plates[-1]}))
    _, page = await wang.get("/orders/new")
    assert options(page, "vehicles") == [*plates[:REGISTERED], plates[-1]]


async def test_another_seal_and_another_line_of_cargo_keep_what_was_typed(wang: Person) -> None:
    status, page = await hand_in(wang, "seals")
    assert (status, 'name="seals.2.number"' in page, value(page, "vehicle.plate")) == (200, True, "kla-1234")
    assert re.search(r'name="seals\.2\.number"[^>]* autofocus', page)
    _, page = await hand_in(wang, "cargo", **{"seals.2.number": "", "seals.2.kind": "5"})
    assert 'name="cargo.1.quantity"' in page
    assert 'name="seals.2.number"' in page


async def test_more_cargo_than_the_form_takes_is_said_not_dropped_silently(depot: Client, wang: Person) -> None:
    await depot.post("/api/orders", order(cargo=[{"quantity": str(place)} for place in range(1, 31)]))
    _, page = await wang.get("/orders/new?copy=BD11020459525700001")
    assert "has 10 more lines" in page
    assert value(page, "cargo.19.quantity") == "20"


@pytest.mark.parametrize(
    "name",
    [
        "seals.9999.number",
        "seals.²",
        "cargo.٣.quantity",
        "__proto__",
        "vehicle",
        "seals",
        "vehicle.plate.0",
        "seals.number",
        "x" * 99,
    ],
)
async def test_names_that_no_field_has_are_refused(depot: Client, wang: Person, name: str) -> None:
    status, _ = await hand_in(wang, **{name: "1"})
    assert status == 422
    assert (await depot.get("/api/orders"))[1]["items"] == []


async def test_hostile_text_is_shown_not_run(wang: Person) -> None:
    hostile = '"><script>alert(1)</script>\u202e'
    status, page = await hand_in(wang, **{"vehicle.driver": hostile, "vehicle.plate": "", "load_kind": hostile, hostile: "1"})
    assert (status, "<script>alert" in page) == (422, False)
    assert value(page, "vehicle.driver") == hostile.replace(
        "\u202e", "⟨U+202E⟩"
    )  # a character that turns the text around is shown for what it is


async def test_only_who_may_send_orders_gets_the_form(depot: Client, data_dir: Path) -> None:
    await add_account(data_dir, "chen", Role.CLERK)
    async with Person(depot.address) as chen:
        _, page = await chen.get("/orders/new")
        assert 'action="/sign-in"' in page
        await chen.sign_in("chen")
        assert (await chen.get("/orders/new"))[0] == 403
        assert (await chen.post("/orders/new", **FILLED))[0] == 403
