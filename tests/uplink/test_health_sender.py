"""The gate's word on its health: on change and once a minute, in nobody's way, whatever the platform makes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.client import Credentials
from gateway.model.gate_health import HealthReport, LaneHealth
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.uplink.credentials import verifying
from gateway.uplink.errors import PlatformAwayError
from gateway.uplink.health_sender import HealthSender
from gateway.uplink.link import Link
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


class Gate:
    """What the gate would say of itself."""

    def __init__(self) -> None:
        self.report: HealthReport | None = HealthReport(version="1", outbox_waiting=0, clock_limit_s=2.0)

    def health(self) -> HealthReport | None:
        return self.report

    def says(self, **changes: Any) -> None:
        assert self.report
        self.report = self.report.model_copy(update=changes)


@asynccontextmanager
async def platform(status: int, heard: list[dict[str, Any]]) -> AsyncIterator[str]:
    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.json_response({}, status=status)

    app = web.Application()
    app.router.add_put("/api/gates/{gate}/health", hear)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def sender(url: str, gate: Gate) -> AsyncIterator[tuple[HealthSender, Link]]:
    settings = UplinkSettings(url=url, allow_clear_text=True)
    link = Link(url, lambda: NOW, lambda _: None)
    async with PlatformClient(settings, lambda: Credentials({}, verifying(settings))).opened() as client:
        yield HealthSender("gate-1", client, link, gate.health), link


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.uplink.health_sender.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("gateway.uplink.health_sender.NOT_OFFERED_S", 0.0)


async def test_what_changes_is_said_at_once_and_what_always_moves_is_not() -> None:
    heard: list[dict[str, Any]] = []
    gate = Gate()
    async with platform(200, heard) as url, sender(url, gate) as (health, link):
        await health.step()
        gate.says(outbox_waiting=7, clock_offset_s=0.4)
        await health.step()
        gate.says(lanes=(LaneHealth(lane="out-1", devices=("front",), lost=("front",)),))
        await health.step()
        gate.says(clock_offset_s=2.5)
        await health.step()
        assert link.state.up is True
    # Each word as a whole: the counts that had moved before are in the next one.
    assert [(one["outbox_waiting"], one["clock_offset_s"], len(one["lanes"])) for one in heard] == [
        (0, None, 0),
        (7, 0.4, 1),
        (7, 2.5, 1),
    ]


async def test_a_minute_later_it_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr("gateway.uplink.health_sender.EVERY_S", 0.0)
    async with platform(200, heard) as url, sender(url, Gate()) as (health, _):
        await health.step()
        await health.step()
    assert len(heard) == 2


@pytest.mark.parametrize("status", [404, 405, 422])
async def test_an_older_platform_is_no_lost_platform(status: int) -> None:
    heard: list[dict[str, Any]] = []
    async with platform(status, heard) as url, sender(url, Gate()) as (health, link):
        await health.step()
        assert link.state.up is None
    assert len(heard) == 1


async def test_a_platform_in_trouble_is_tried_again_with_what_holds_then() -> None:
    heard: list[dict[str, Any]] = []
    gate = Gate()
    async with platform(503, heard) as url, sender(url, gate) as (health, _):
        with pytest.raises(PlatformAwayError):
            await health.step()
        gate.says(outbox_waiting=3)
        with pytest.raises(PlatformAwayError):
            await health.step()
    assert [one["outbox_waiting"] for one in heard] == [0, 3]


async def test_a_gate_that_has_not_looked_at_itself_says_nothing() -> None:
    heard: list[dict[str, Any]] = []
    gate = Gate()
    gate.report = None
    async with platform(200, heard) as url, sender(url, gate) as (health, _):
        await health.step()
    assert heard == []


async def test_the_real_platform_hears_it(tmp_path: Path) -> None:
    async with running(PlatformSettings(data_dir=tmp_path, port=0)) as url, sender(url, Gate()) as (health, link):
        await health.step()
        assert link.state.up is True
