"""The instructions of all orders on a page, each on its own, and from an order to them and back."""

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import column, create_engine, insert, select, table

from gateway.platform.accounts.roles import CUSTOMS_PROGRAMS, RIGHTS, Right, Role
from gateway.platform.database import migrate
from gateway.platform.orders.standing import INSTRUCTIONS
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, SteppingClock
from tests.platform.orders.test_instructions import BOX, DECLARATION, NUMBER, OTHER_BOX, instruction
from tests.platform.person import Person, add_account
from tests.platform.samples import order

OURS, THEIRS = "04595257", "97162640"


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a class="number code" href="/instructions/(\w+)">', page)


def text(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.both_databases
async def test_newest_first_by_kind_by_order_and_by_day(settings: PlatformSettings) -> None:
    clock = SteppingClock()
    async with running(settings, clock) as address, ClientSession() as session:
        platform = Client(session, address)
        await platform.post("/api/orders", order())
        await platform.post("/api/instructions", instruction(message="M1"))
        await platform.post("/api/instructions", instruction("N5108", "M2", container=OTHER_BOX))
        clock.now += timedelta(days=1)
        release = {"message_code": "N5204", "message_id": "M3", "declaration": DECLARATION, "release_conditions": "85"}
        await platform.post("/api/instructions", release)

        async def found(query: str) -> list[str]:
            status, page = await platform.page(f"/instructions?{query}", "en")
            assert status == 200, page
            return listed(page)

        assert await found("") == ["M3", "M2", "M1"]
        assert await found("kind=N5108") == ["M2"]
        assert await found(f"order={NUMBER.lower()}") == ["M3", "M1"]
        assert await found(f"order={NUMBER}&kind=N5170") == ["M1"]
        assert await found("order=NOBODY") == []
        assert await found("until=2026-11-23") == ["M2", "M1"]
        assert await found("since=2026-11-24") == ["M3"]
        assert await found(f"order={NUMBER}&since=2026-11-24") == ["M3"]
        assert await found("since=2026-11-24&until=2026-11-23") == []
        for wrong in ("kind=R12", "since=2026-13-01", "before=x"):
            assert (await platform.page(f"/instructions?{wrong}"))[0] == 400
        _, page = await platform.page("/instructions")
        assert "作業指示通知" in page


@pytest.mark.both_databases
async def test_pages_follow_one_another_without_loss(platform: Client) -> None:
    for number in range(120):
        code = "N5108" if number % 2 else "N5170"
        assert (await platform.post("/api/instructions", instruction(code, f"M{number:03}")))[0] == 201
    for query, numbers in (("kind=", range(120)), ("kind=N5108", range(1, 120, 2))):
        seen: list[str] = []
        older = f"/instructions?{query}"
        while older:
            _, page = await platform.page(older, "en")
            seen += listed(page)
            ways = [html.unescape(way) for way in re.findall(r'href="(/instructions\?[^"]*before=\d+)"', page)]
            older = ways[0] if ways else ""
        assert seen == [f"M{number:03}" for number in reversed(numbers)]


@pytest.mark.both_databases
async def test_from_an_order_to_its_instructions_and_back(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/orders", order(serial=2, message=2))
    await platform.post("/api/instructions", instruction(notes=["B"]))
    await platform.post("/api/instructions", instruction(message="M2", notes=["X"], replaces="M1"))
    _, page = await platform.page(f"/orders/{NUMBER}", "en")
    assert 'href="/instructions/M1"' in page
    _, one = await platform.page("/instructions/M1", "en")
    assert "It holds no longer: another message stands in its place. M2" in text(one)
    assert re.findall(r'href="/orders/(\w+)"', one) == [NUMBER, NUMBER[:-1] + "2"]
    assert f"Box number {BOX[:4]} {BOX[4:10]} {BOX[10]}" in text(one)
    _, two = await platform.page("/instructions/M2", "en")
    assert 'href="/instructions/M1"' in two
    assert (await platform.page("/instructions/M9"))[0] == 404
    assert (await platform.page("/instructions/%00"))[0] == 404


async def test_who_sees_them_and_that_the_centre_gives_none(settings: PlatformSettings) -> None:
    """The joint centre watches, together with the police; instructions are Customs' acts. A firm sees its own orders' only."""
    assert {role for role, rights in RIGHTS.items() if Right.INSTRUCT in rights} == {Role.OFFICER}
    assert Right.INSTRUCT in CUSTOMS_PROGRAMS
    await add_account(settings.data_dir, "centre", Role.CENTRE)
    await add_account(settings.data_dir, "ours", Role.FIRM_CLERK, firm=OURS)
    await add_account(settings.data_dir, "theirs", Role.FIRM_CLERK, firm=THEIRS)
    async with running(settings, SteppingClock()) as address, ClientSession() as session:
        platform = Client(session, address)
        await platform.post("/api/orders", order())
        await platform.post("/api/instructions", instruction())
        await platform.post("/api/instructions", instruction(message="M2", container=OTHER_BOX))
        async with Person(address) as centre, Person(address) as ours, Person(address) as theirs:
            for person, login in ((centre, "centre"), (ours, "ours"), (theirs, "theirs")):
                await person.sign_in(login, go_to="/orders")
            status, page = await centre.get("/instructions")
            assert (status, 'href="/instructions" aria-current="page"' in page) == (200, True)
            _, page = await centre.get(f"/orders/{NUMBER}")
            assert "Mark by hand" not in page
            assert (await centre.post(f"/orders/{NUMBER}/life", what="closed", reason="because"))[0] == 403
            assert (await ours.get("/instructions"))[0] == 403
            assert [(await ours.get(f"/instructions/{one}"))[0] for one in ("M1", "M2")] == [200, 404]
            assert (await theirs.get("/instructions/M1"))[0] == 404
            assert 'href="/instructions"' not in (await ours.get("/orders"))[1]


def test_those_from_before_the_migration_are_found_by_their_kind(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    old = table("instructions", *map(column, ("message_id", "container", "received_at", "content")))
    with engine.begin() as connection:
        migrate(connection, "0012")
        for number, code in enumerate(("N5170", "N5108", "N5108")):
            said = json.dumps(instruction(code, f"M{number}"))
            row = {"message_id": f"M{number}", "container": BOX, "received_at": "2026-11-23T03:00:00.000000Z", "content": said}
            connection.execute(insert(old).values(**row))
    with engine.begin() as connection:
        migrate(connection)
        codes = connection.execute(select(INSTRUCTIONS.c.message_code).order_by(INSTRUCTIONS.c.cursor)).scalars()
        assert list(codes) == ["N5170", "N5108", "N5108"]
    engine.dispose()
