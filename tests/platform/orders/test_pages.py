"""An order followed by people: the list with its filters, the timeline, what an officer marks, exports, and status links."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.orders.order_cache import OrderCache
from gateway.platform.accounts import store as accounts
from gateway.platform.accounts import trail
from gateway.platform.accounts.roles import Role
from gateway.platform.accounts.store import Account, Secrets
from gateway.platform.database import Database
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.store.gate_store import GateStore
from tests.platform import person
from tests.platform.conftest import Client, SteppingClock
from tests.platform.orders.test_departures import sight
from tests.platform.orders.test_instructions import instruction
from tests.platform.orders.test_life import BEGIN, NUMBER, passed
from tests.platform.person import Person, add_account
from tests.platform.samples import jpeg, order, sha256, verdict
from tests.platform.test_pages import words
from tests.uplink.conftest import linked, quick, until

PAGE = f"/orders/{NUMBER}"


class Customs:
    """A platform with an officer, a clerk, and people of the haulier and of another firm."""

    def __init__(self, address: str, client: Client, clock: SteppingClock, database: Path) -> None:
        self.address, self.client, self.clock, self.database = address, client, clock, database

    async def signed_in(self, login: str) -> Person:
        someone = Person(self.address)
        await someone.sign_in(login, go_to="/orders")
        return someone

    async def trail(self) -> list[str]:
        database = Database(f"sqlite:///{self.database}")
        await database.open()
        acts = await database.read(lambda connection: [line.act for line in trail.read(connection, trail.Wanted())])
        await database.close()
        return [f"{one.act}: {one.about}" for one in acts if one.act not in {"signed in", "signed out"}]


async def add_firm(data_dir: Path, login: str, firm: str) -> None:
    database = Database(f"sqlite:///{data_dir / 'platform.sqlite'}")
    await database.open()
    account = Account(login=login, name="業者", role=Role.FIRM_CLERK, firm=firm)
    await database.write(lambda connection: accounts.put(connection, account, Secrets(person._HASHED, None), BEGIN))
    await database.close()


@pytest.fixture
async def customs(data_dir: Path) -> AsyncIterator[Customs]:
    await add_account(data_dir, "lin", Role.OFFICER, name="林關員")
    await add_account(data_dir, "chen", Role.CLERK)
    await add_firm(data_dir, "haulier", "04595257")
    await add_firm(data_dir, "stranger", "12345675")
    clock = SteppingClock()
    async with running(PlatformSettings(data_dir=data_dir, port=0), clock) as address, ClientSession() as session:
        customs = Customs(address, Client(session, address), clock, data_dir / "platform.sqlite")
        await customs.client.post("/api/orders", order())
        yield customs


def steps(page: str) -> list[tuple[str, str]]:
    """How each step stands, and its name."""
    return [
        (standing, words(name)) for standing, name in re.findall(r'class="step step-(\w+)".*?<strong>(.*?)</strong>', page, re.S)
    ]


async def test_the_page_shows_the_steps_and_every_event_with_its_picture(platform: Client) -> None:
    picture = jpeg(width=640, height=480)
    await platform.post("/api/orders", order())
    shown = passed("origin", 1, "05:00:00", "out")
    frame = {"sha256": sha256(picture), "device": "rear", "at": shown["opened_at"], "role": "frame"}
    shown["answer"]["containers"][0]["sights"][0]["picture"] = frame["sha256"]
    await platform.confirm(shown | {"pictures": [frame]})
    await platform.picture(sha256(picture), picture)
    _, page = await platform.page(PAGE, "en")
    assert steps(page)[:5] == [
        ("done", "Issued"),
        ("unrecorded", "Sealed"),
        ("done", "Departed"),
        ("now", "In transit"),
        ("to_come", "Arrived"),
    ]
    moments = page[page.index('class="moments"') :]
    assert f'src="/passages/origin/1/pictures/{sha256(picture)}.jpg"' in moments
    assert 'href="/passages/origin/1"' in moments
    assert "2026-11-23 13:00:00" in words(moments)
    _, chinese = await platform.page(PAGE)
    assert "運送中" in words(chinese)


async def test_the_list_keeps_what_was_asked_and_flags_what_is_late(platform: Client) -> None:
    await platform.confirm(sight())
    for serial in range(1, 53):
        await platform.post("/api/orders", order(serial, serial))
    _, page = await platform.page("/orders?q=TEMU&late=yes&origin=017A1150", "en")
    assert "Sent late: 4 min" in words(page)
    more = re.search(r'href="(/orders\?after=[^"]+)"', page)
    assert more is not None
    assert "late=yes" in more[1]
    _, older = await platform.page(more[1].replace("&amp;", "&"), "en")
    assert (
        len(re.findall(r'<tr>\s*<td data-label="Order number"', page))
        + len(re.findall(r'<tr>\s*<td data-label="Order number"', older))
        == 52
    )
    assert 'value="017A1150"' in older
    _, similar = await platform.page("/orders?q=7EMU9ZZ", "en")
    assert "These only look like it" in words(similar)
    _, nothing = await platform.page("/orders?state=closed", "en")
    assert "No order fits all of this." in words(nothing)
    status, _ = await platform.page("/orders?state=%3Cb%3E", "en")
    assert status == 400


async def test_an_officer_marks_unsealed_and_closed_with_a_reason_and_takes_it_back(customs: Customs) -> None:
    async with await customs.signed_in("lin") as lin:
        await lin.get(PAGE)
        status, page = await lin.post(f"{PAGE}/life", what="closed", reason="")
        assert (status, "Say why" in page) == (422, True)
        status, page = await lin.post(f"{PAGE}/life", what="cancelled", reason="x")
        assert (status, "Choose what" in page) == (422, True)
        status, page = await lin.post(f"{PAGE}/life", what="unsealed", reason="Opened at the warehouse", place="K12")
        assert (status, ("now", "Unsealed") in steps(page)) == (200, True)
        assert "Opened at the warehouse" in page
        assert "lin 林關員" in page
        await lin.post(f"{PAGE}/life", what="closed", reason="All there")
        assert (await customs.client.get(f"/api/orders/{NUMBER}"))[1]["state"] == "closed"
        await lin.post(f"{PAGE}/life", what="take_back", reason="Wrong order")
        assert (await customs.client.get(f"/api/orders/{NUMBER}"))[1]["state"] == "issued"
    trail = await customs.trail()
    assert [act.split(":")[0] for act in trail] == ["took back marks on an order", "closed an order", "marked an order unsealed"]
    assert all(NUMBER in act for act in trail)
    assert trail[0].endswith("Wrong order")


async def test_a_gate_knows_of_a_closing_by_hand_at_once_and_of_its_taking_back(customs: Customs, tmp_path: Path) -> None:
    async with (
        GateStore.open(tmp_path / "gate", "kh-t4", customs.clock) as store,
        linked(store, quick(customs.address, feed_wait_s=30)),
        await customs.signed_in("lin") as lin,
    ):

        async def stands(state: str, *notes: str) -> None:
            async def so() -> bool:
                found = await (await OrderCache.open(store)).standings([NUMBER])
                return bool(found) and (found[0].state, found[0].notes) == (state, notes)

            await until(so)

        async def has_both() -> bool:
            return (await OrderCache.open(store)).count == 2

        await lin.get(PAGE)
        await lin.post(f"{PAGE}/life", what="unsealed", reason="Opened at the warehouse")
        await lin.post(f"{PAGE}/life", what="closed", reason="All there")
        await stands("closed")
        await customs.client.post("/api/instructions", instruction())
        await lin.post(f"{PAGE}/life", what="take_back", reason="Wrong order")
        await stands("open", "B")
        asked = {"message_id": "04595257202111239999", "order_number": NUMBER, "reason": "x"}
        assert (await customs.client.post(f"/api/orders/{NUMBER}/cancellation", asked))[0] == 201
        await stands("cancelled", "B")
        await lin.post(f"{PAGE}/life", what="closed", reason="All there")
        await lin.post(f"{PAGE}/life", what="take_back", reason="Not even begun")
        await customs.client.post("/api/orders", order(2, 2))
        await until(has_both)  # what went before it is here, too
        await stands("cancelled", "B")


@pytest.mark.parametrize("login", ["chen", "haulier"])
async def test_who_does_not_instruct_marks_nothing(customs: Customs, login: str) -> None:
    async with await customs.signed_in(login) as someone:
        _, page = await someone.get(PAGE)
        assert "Mark by hand" not in page
        assert (await someone.post(f"{PAGE}/life", what="closed", reason="x"))[0] == 403
    assert (await customs.client.get(f"/api/orders/{NUMBER}"))[1]["state"] == "issued"


async def test_exports_hold_the_order_and_its_timeline(platform: Client) -> None:
    hostile = order()
    hostile["vehicle"] |= {"driver": "=1+1"}
    await platform.post("/api/orders", hostile)
    await platform.confirm(passed("origin", 1, "05:00:00", "out", lane_title='出站, "1"\n2'))
    status, data = await platform.get(f"{PAGE}/export.json")
    assert (status, data["life"]["state"], data["order"]["order"]["order_number"]) == (200, "in_transit", NUMBER)
    assert [event["kind"] for event in data["life"]["events"]] == ["issued", "departed"]
    status, written = await platform.get(f"{PAGE}/export.csv")
    lines = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert [(line["event"], line["at"], line["place"]) for line in lines][1] == (
        "departed",
        "2026-11-23T05:00:00+00:00",
        '出站, "1"\n2',
    )
    assert lines[0]["driver"] == "'=1+1"
    for ending in ("json", "csv"):
        assert (await platform.get(f"/orders/BD11020459525799999/export.{ending}"))[0] == 404


async def test_a_firm_follows_its_own_orders_only(customs: Customs) -> None:
    async with await customs.signed_in("haulier") as haulier, await customs.signed_in("stranger") as stranger:
        for path in (PAGE, f"{PAGE}/export.json", f"{PAGE}/export.csv", f"/api/orders/{NUMBER}/life"):
            assert (await haulier.get(path))[0] == 200
            assert (await stranger.get(path))[0] == 404
        _, page = await haulier.get("/api/orders?q=TEMU&state=issued&seal=VS00001234")
        assert len(json.loads(page)["items"]) == 1
        for asked in ("q=TEMU", "q=T", "q=TEMV", "state=issued", "seal=VS00001234", "origin=017A1150", ""):
            _, page = await stranger.get(f"/api/orders?{asked}")
            assert json.loads(page)["items"] == [], asked
        assert (await stranger.post(f"{PAGE}/links", days="7"))[0] == 404


# Status links -----------------------------------------------------------------------------------------------------------


async def made_link(someone: Person, days: str = "7") -> str:
    await someone.get(PAGE)
    status, page = await someone.post(f"{PAGE}/links", days=days)
    assert status == 200
    found = re.search(r'href="(http[^"]+/status/([0-9a-f]{64}))"', page)
    assert found is not None
    return f"/status/{found[2]}"


async def test_a_link_shows_the_state_to_whoever_has_it_and_no_persons(customs: Customs) -> None:
    await customs.client.confirm(passed("origin", 1, "05:00:00", "out"))
    async with await customs.signed_in("haulier") as haulier:
        link = await made_link(haulier)
        async with await customs.signed_in("lin") as lin:
            await lin.get(PAGE)
            await lin.post(f"{PAGE}/life", what="unsealed", reason="a secret reason")
        async with ClientSession() as stranger:
            for language, state in (("en", "Unsealed"), ("zh_TW", "已解封")):
                async with stranger.get(customs.address + link, cookies={"lang": language}) as answer:
                    page = await answer.text()
                    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
                assert state in words(page)
                assert NUMBER in page
                for hidden in ("王大明", "A123456789", "林關員", "lin", "a secret reason", "/orders", "/passages", "KLA"):
                    assert hidden not in re.sub(r"<link[^>]+>", "", page.replace("line", "")), hidden
        _, page = await haulier.get(PAGE)
        assert link not in page  # shown once
    assert link.removeprefix("/status/").encode() not in customs.database.read_bytes()
    trail = await customs.trail()
    assert any(act == f"made a status link: {NUMBER} for 7 days" for act in trail)


async def test_a_link_ends_when_it_is_revoked_or_expires(customs: Customs) -> None:
    async with await customs.signed_in("haulier") as haulier, await customs.signed_in("lin") as lin:
        first, second = await made_link(haulier), await made_link(haulier, "1")
        officers = await made_link(lin)
        _, page = await haulier.get(PAGE)
        names = re.findall(r'name="revoke" value="(\w+)"', page)
        assert len(names) == 2  # its own
        assert len(re.findall(r'name="revoke"', (await lin.get(PAGE))[1])) == 3
        assert first.removeprefix("/status/") not in names
        await haulier.post(f"{PAGE}/links", revoke=names[0])
        assert [(await customs.client.page(one))[0] for one in (first, second, officers)] == [404, 200, 200]
        customs.clock.now += timedelta(days=1)
        assert [(await customs.client.page(one))[0] for one in (second, officers)] == [404, 200]
    assert any(act == f"revoked a status link: {NUMBER}" for act in await customs.trail())


async def test_a_firms_link_ends_with_its_part_in_the_order(customs: Customs) -> None:
    hired = order(message=2)
    hired["vehicle"] |= {"haulier_ban": "12345675"}
    await customs.client.post("/api/orders", hired)
    async with await customs.signed_in("stranger") as other:
        link = await made_link(other)
    assert (await customs.client.page(link))[0] == 200
    await customs.client.post("/api/orders", order(message=3))
    assert (await customs.client.page(link))[0] == 404


async def test_an_unknown_or_hostile_token_is_nothing(customs: Customs) -> None:
    for token in ("0" * 64, "x", "%00", "%F0%9F%9A%9A", "a" * 4000):
        status, page = await customs.client.page(f"/status/{token}", "en")
        assert (status, "There is nothing here" in page) == (404, True)


async def test_who_is_no_party_makes_no_link(customs: Customs) -> None:
    async with await customs.signed_in("chen") as chen:
        _, page = await chen.get(PAGE)
        assert "Make a link" not in page
        assert (await chen.post(f"{PAGE}/links", days="7"))[0] == 403
    async with await customs.signed_in("haulier") as haulier:
        await haulier.get(PAGE)
        assert (await haulier.post(f"{PAGE}/links", days="9999"))[0] == 422
        assert (await haulier.post(f"{PAGE}/links", days="7", form_token="0" * 64))[0] == 400


async def test_refused_passages_stay_beside_the_life(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.confirm(passed("origin", 1, "05:00:00", "out", verdict=verdict("STOP", [NUMBER])))
    _, page = await platform.page(PAGE, "en")
    assert 'href="/passages/origin/1"' in page
    assert ("now", "Issued") in steps(page)
