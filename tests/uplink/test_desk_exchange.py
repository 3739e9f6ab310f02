"""The gate's side of the platform's desk, against a server that loses answers, knows no desk, or talks nonsense."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from gateway.client import Credentials
from gateway.model.observation import Ruling
from gateway.model.remote_desk import Attended, WaitingLane
from gateway.model.verdict import Outcome
from gateway.uplink.credentials import verifying
from gateway.uplink.desk_exchange import DeskExchange
from gateway.uplink.errors import PlatformAwayError
from gateway.uplink.link import Link
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
RULING = {
    "ruling_id": "019abc00-0000-7000-8000-000000000001",
    "lane": "lane-1",
    "passage_id": "p-1",
    "approved": True,
    "person": "chen 陳小明",
    "reason": "Checked the seal by hand",
    "valid_s": 30,
}
WAITS = WaitingLane(lane="lane-1", passage_id="p-1", since=NOW, outcome=Outcome.REFER)


class Lanes:
    """One lane that takes whatever is ruled, and notes it."""

    def __init__(self) -> None:
        self.now: tuple[WaitingLane, ...] = (WAITS,)
        self.ruled: list[Ruling] = []
        self.by: tuple[Attended, ...] = ()
        self.changed = asyncio.Event()

    def waiting(self) -> tuple[WaitingLane, ...]:
        return self.now

    async def waits_otherwise(self, told: tuple[WaitingLane, ...]) -> None:
        while self.now == told:
            self.changed.clear()
            await self.changed.wait()

    async def rule(self, lane: str, ruling: Ruling) -> str:
        self.ruled.append(ruling)
        return "taken"

    def attended(self, by: tuple[Attended, ...]) -> None:
        self.by = by


class FakePlatform:
    """Answers each report with the next of its answers: a message, a status, or a connection cut in the middle."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any] | int | str] = []
        self.reports: list[dict[str, Any]] = []
        self.asked = asyncio.Event()

    async def desk(self, request: web.Request) -> web.StreamResponse:
        self.reports.append(await request.json())
        self.asked.set()
        answer = self.answers.pop(0) if self.answers else "wait"
        if isinstance(answer, dict):
            return web.json_response(answer)
        if isinstance(answer, int):
            return web.Response(status=answer)
        if answer == "wait":
            await asyncio.Event().wait()
        if answer == "cut" and request.transport:
            request.transport.abort()
        return web.Response(text=answer)


@asynccontextmanager
async def exchange(platform: FakePlatform, lanes: Lanes) -> AsyncIterator[tuple[DeskExchange, Link]]:
    app = web.Application()
    app.router.add_post("/api/gates/{gate}/desk", platform.desk)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    settings = UplinkSettings(url=url, allow_clear_text=True, feed_pause_s=0.001)
    link = Link(settings.url, lambda: NOW, lambda _: None)
    async with PlatformClient(settings, lambda: Credentials({}, verifying(settings))).opened() as client:
        yield DeskExchange("gate-1", client, link, lanes, settings, lambda: NOW), link
    await runner.cleanup()


def news(**parts: Any) -> dict[str, Any]:
    return {"rulings": [], "attended": []} | parts


async def test_a_ruling_is_carried_out_once_and_answered_until_the_platform_has_heard_it() -> None:
    platform, lanes = FakePlatform(), Lanes()
    platform.answers = [news(rulings=[RULING]), "cut", news(rulings=[RULING]), news()]
    async with exchange(platform, lanes) as (desk, link):
        await desk.step()
        with pytest.raises(PlatformAwayError):
            await desk.step()
        await desk.step()
        await desk.step()
    assert [(one.passage_id, one.approved, one.proof, one.device) for one in lanes.ruled] == [("p-1", True, "account", "platform")]
    assert (lanes.ruled[0].expires_at - NOW).total_seconds() == 30
    told = [report["answered"] for report in platform.reports]
    answer = [{"ruling_id": RULING["ruling_id"], "answer": "taken"}]
    assert told == [[], answer, answer, []]
    assert link.state.up is True


async def test_what_waits_is_told_anew_as_soon_as_it_changes() -> None:
    platform, lanes = FakePlatform(), Lanes()
    async with exchange(platform, lanes) as (desk, _):
        first = asyncio.ensure_future(desk.step())
        await platform.asked.wait()
        lanes.now = ()
        lanes.changed.set()
        await first  # though the platform has said nothing
        platform.answers = [news()]
        await desk.step()
    assert [len(report["waiting"]) for report in platform.reports] == [1, 0]


async def test_who_attends_is_shown_and_told_back() -> None:
    platform, lanes = FakePlatform(), Lanes()
    attended = [{"passage_id": "p-1", "person": "chen 陳小明"}]
    platform.answers = [news(attended=attended), news()]
    async with exchange(platform, lanes) as (desk, _):
        await desk.step()
        assert [one.person for one in lanes.by] == ["chen 陳小明"]
        await desk.step()
    assert platform.reports[1]["attended"] == attended
    assert [one.person for one in lanes.by] == []


async def test_a_platform_without_a_desk_is_not_a_lost_platform() -> None:
    platform, lanes = FakePlatform(), Lanes()
    platform.answers = [404]
    async with exchange(platform, lanes) as (desk, link):
        asked = asyncio.ensure_future(desk.step())
        await platform.asked.wait()
        done, _ = await asyncio.wait({asked}, timeout=0.05)  # it rests for a minute instead
        assert not done
        assert link.state.up is not False
        asked.cancel()
        await asyncio.wait({asked})


@pytest.mark.parametrize("answer", ["<html>hotel</html>", '{"rulings": [{"ruling_id": "x"}]}', '{"rulings": 1}', "", 500, 401])
async def test_nonsense_rules_nothing(answer: str | int) -> None:
    platform, lanes = FakePlatform(), Lanes()
    platform.answers = [answer]
    async with exchange(platform, lanes) as (desk, _):
        with pytest.raises(PlatformAwayError):
            await desk.step()
    assert lanes.ruled == []
