"""A clerk at a real platform decides on a real site's lane: claims, rulings, and a link that fails between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gateway.platform.accounts.roles import Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.display.desk.gate import Clerk
from tests.platform.person import Person, add_account
from tests.site.decided import DecidedSite, decided_site

APPROVE = {"action": "decide", "decision": "approve", "reason": "Compared the number at the box"}
REFUSE = {"action": "decide", "decision": "refuse", "reason": "Held for Customs"}


class Far:
    """A platform with a clerk who has signed in, and a site that waits for one."""

    def __init__(self, address: str, person: Person, site: DecidedSite) -> None:
        self.address, self.person, self.site = address, person, site
        view = site.site.board.lane("lane-1")
        assert view is not None
        assert view.passage is not None
        self.case = f"/desk/decided/{view.passage.passage_id}"

    async def sees(self, said: str, path: str = "") -> str:
        """The case's page once it says this. The platform tells of every change, which is when one looks again."""
        async with aiohttp.ClientSession() as session, session.get(self.address + "/api/live") as live:
            while True:
                _, page = await self.person.get(path or self.case)
                if said in page:
                    return page
                while not (await live.content.readline()).startswith(b"event: "):
                    pass

    async def screen(self) -> str:
        async with aiohttp.ClientSession() as session, session.get(self.site.address + "/lanes/lane-1?lang=en") as answer:
            return await answer.text()


@asynccontextmanager
async def far(folder: Path) -> AsyncIterator[Far]:
    await add_account(folder / "platform", "chen", Role.CLERK)
    settings = PlatformSettings(data_dir=folder / "platform", port=0)
    async with (
        running(settings) as address,
        decided_site(folder, f"platform: {{url: '{address}', allow_clear_text: true, feed_wait_s: 20}}\n") as site,
        Person(address) as person,
    ):
        await person.sign_in("chen")
        yield Far(address, person, site)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Far]:
    async with far(tmp_path) as made:
        yield made


async def taken(here: Far) -> None:
    await here.sees("Take it", "/desk")
    await here.person.post(here.case, action="claim")
    await here.sees("ruling-form")


async def test_an_approval_from_afar_opens_the_barrier_once_and_is_on_the_gates_own_record(here: Far) -> None:
    await taken(here)
    await here.site.until(lambda: attended(here) == "chen 陳小明")
    assert "At the platform chen 陳小明 attends to this vehicle." in await here.screen()
    assert here.site.openings == 0
    await here.person.post(here.case, **APPROVE)
    await here.site.module.until(lambda: here.site.module.shows("green") and here.site.openings > 0)
    assert "The lane has taken the decision." in await here.sees("has taken the decision")
    here.site.module.drive("loop", on=False)
    await here.site.until(here.site.is_empty)
    await here.site.module.until(lambda: not here.site.module.shows("barrier") and here.site.module.shows("red"))
    assert here.site.openings == 1
    assert "Approved by a person" in await here.sees("Approved by a person", "/passages/decided/2")
    _, page = await here.person.get("/passages/decided/2")
    for said in ("chen 陳小明", "by account", "at the platform", "chain whole"):
        assert said in page


def attended(here: Far) -> str:
    view = here.site.site.board.lane("lane-1")
    return view.attended_by if view else ""


async def test_a_refusal_from_afar_keeps_the_vehicle(here: Far) -> None:
    await taken(here)
    await here.person.post(here.case, **REFUSE)
    await here.sees("has taken the decision")
    await here.site.module.until(lambda: here.site.module.shows("red"))
    assert (here.site.openings, ("green", True) in here.site.module.history) == (0, False)


async def test_the_gates_own_staff_is_first_and_the_clerk_far_away_hears_so(here: Far) -> None:
    await taken(here)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        officer = Clerk(here.site.address, session)
        await officer.open("lane-1")
        answers = await asyncio.gather(officer.send("lane-1"), here.person.post(here.case, **APPROVE))
    await here.site.module.until(lambda: here.site.module.shows("green"))
    here.site.module.drive("loop", on=False)
    await here.site.until(here.site.is_empty)
    await here.site.module.until(lambda: here.site.module.shows("red"))
    assert here.site.openings == 1
    assert {status for status, _ in answers} <= {303, 409, 200}


async def test_a_vehicle_that_leaves_ends_the_case(here: Far) -> None:
    await taken(here)
    here.site.module.drive("loop", on=False)
    await here.sees("does not wait for a person any more")
    assert (await here.person.post(here.case, **APPROVE))[0] == 409
    assert here.site.openings == 0


async def test_a_site_may_keep_its_lanes_to_its_own_staff(tmp_path: Path) -> None:
    settings = PlatformSettings(data_dir=tmp_path / "platform", port=0)
    await add_account(tmp_path / "platform", "chen", Role.CLERK)
    async with (
        running(settings) as address,
        decided_site(tmp_path, f"platform: {{url: '{address}', allow_clear_text: true, remote_desk: false}}\n") as site,
        Person(address) as person,
    ):
        await person.sign_in("chen")
        here = Far(address, person, site)
        await here.sees("/passages/decided/1", "/")
        assert "No vehicle waits" in (await person.get("/desk"))[1]
