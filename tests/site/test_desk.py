"""A whole site but for its cameras: a referred lane, people who sign in over HTTP, and what its light and barrier do of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.display.desk.desk import ANSWERS
from gateway.display.desk.sign_in import Proven, SignIn
from gateway.lane.rulings import RulingAnswer
from tests.display.desk.gate import SUPERVISOR_PIN, Clerk
from tests.site.decided import DecidedSite, decided_site


@pytest.fixture
async def referred(tmp_path: Path) -> AsyncIterator[DecidedSite]:
    async with decided_site(tmp_path) as site:
        yield site


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def test_two_people_approve_at_once_and_the_barrier_opens_once(
    referred: DecidedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = asyncio.Barrier(2)
    prove = SignIn.prove

    async def prove_together(desk: SignIn, staff_id: str, pin: str, badge: str) -> Proven:
        """Neither form is too late to be asked of the lane."""
        await both.wait()
        return await prove(desk, staff_id, pin, badge)

    monkeypatch.setattr(SignIn, "prove", prove_together)
    async with browser() as first, browser() as second:
        officer, supervisor = Clerk(referred.address, first), Clerk(referred.address, second)
        for clerk in (officer, supervisor):
            assert "Let this vehicle go" in await clerk.open("lane-1")
        assert referred.openings == 0
        answers = await asyncio.gather(officer.send("lane-1"), supervisor.send("lane-1", staff_id="S002", pin=SUPERVISOR_PIN))
        assert sorted(status for status, _ in answers) == [303, 409]
        await referred.module.until(lambda: referred.module.shows("green") and referred.openings > 0)
        status, late = await officer.send("lane-1")  # and whoever comes when it is green already
    assert status == 409
    for page in (late, *(page for status, page in answers if status == 409)):
        assert ANSWERS[RulingAnswer.ALREADY_RULED] in page
    referred.module.drive("loop", on=False)
    await referred.until(referred.is_empty)
    await referred.module.until(lambda: not referred.module.shows("barrier") and referred.module.shows("red"))
    assert referred.openings == 1
    before, after = await referred.confirmations()
    assert (before.verdict.outcome, before.ruling) == ("REFER", None)
    assert after.ruling
    assert (after.ruling.approved, after.passage_id) == (True, before.passage_id)
    assert after.ruling.person in {"A017 陳美玲", "S002 吳志明"}


async def test_a_refusal_and_a_wrong_pin_open_nothing(referred: DecidedSite) -> None:
    async with browser() as session:
        clerk = Clerk(referred.address, session)
        await clerk.open("lane-1")
        assert (await clerk.send("lane-1", pin="111111"))[0] == 409
        assert referred.waits()
        assert (await clerk.send("lane-1", decision="refuse", reason="Held for Customs"))[0] == 303
        await referred.module.until(lambda: referred.module.shows("red"))
        assert ANSWERS[RulingAnswer.ALREADY_RULED] in (await clerk.send("lane-1"))[1]
    referred.module.drive("loop", on=False)
    await referred.until(referred.is_empty)
    assert ("green", True) not in referred.module.history
    assert referred.openings == 0
