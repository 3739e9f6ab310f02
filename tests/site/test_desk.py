"""A whole site but for its cameras: a referred lane, people who sign in over HTTP, and what its light and barrier do of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from gateway.demo.processes import free_port
from gateway.display.desk.desk import ANSWERS
from gateway.display.desk.sign_in import Proven, SignIn
from gateway.display.desk.staff import write_staff
from gateway.display.desk.waiting import waits
from gateway.lane.rulings import RulingAnswer
from gateway.model.clock import utc_now
from gateway.model.wire import Confirmation
from gateway.ocr.reads import ImageReads
from gateway.orders.order_cache import OrderCache
from gateway.simulator.modbus_module import FakeModbusModule
from gateway.site.composition import Site
from gateway.site.lane_file import parse_site
from gateway.site.service_manager import ServiceManager
from gateway.store.gate_store import GateStore
from tests.display.desk.gate import SUPERVISOR_PIN, Clerk, staff

PATIENCE_S = 60.0  # for a loaded machine; nothing here needs it
SITE = """
name: decided
title: {{zh_TW: 測試, en: Test}}
store: {{folder: store}}
screen: {{port: {screen}}}
desk: {{staff: staff.json}}
io_modules:
  - name: io
    type: adam_6050
    host: 127.0.0.1
    port: {modbus}
    inputs: {{loop: {{channel: 0}}}}
    outputs: {{red: {{channel: 0}}, amber: {{channel: 1}}, green: {{channel: 2}}, barrier: {{channel: 3}}}}
    watchdog: {{timeout_s: 8}}
lanes:
  - name: lane-1
    title: {{zh_TW: 一, en: one}}
    rules: {{patience_s: 0.1, settle_s: 0.1}}
    loop: {{module: io, input: loop}}
    lights: {{module: io, red: red, amber: amber, green: green}}
    barrier: {{module: io, output: barrier, pulse_s: 0.2}}
"""


class NoCameras:
    """Reads nothing, since nobody shows it anything."""

    def read(self, *_: object, **__: object) -> ImageReads:
        raise AssertionError("there is no camera")


class DecidedSite:
    """The site at work, and its I/O module."""

    def __init__(self, site: Site, store: GateStore, module: FakeModbusModule) -> None:
        self.site, self.store, self.module = site, store, module
        self.address = f"http://127.0.0.1:{site.config.screen.port}"

    @property
    def openings(self) -> int:
        return self.module.history.count(("barrier", True))

    async def until(self, holds: Callable[[], bool]) -> None:
        with self.site.board.subscribe() as board:
            while not holds():
                assert await board.changed(PATIENCE_S)

    def waits(self) -> bool:
        view = self.site.board.lane("lane-1")
        return view is not None and waits(view) is not None

    def is_empty(self) -> bool:
        view = self.site.board.lane("lane-1")
        return view is not None and view.passage is None

    async def confirmations(self) -> list[Confirmation]:
        return [Confirmation.model_validate_json(record.body) for record in await self.store.waiting(10)]


@pytest.fixture
async def referred(tmp_path: Path) -> AsyncIterator[DecidedSite]:
    """A vehicle of which nothing was seen stands in the lane and waits for a person."""
    write_staff(tmp_path / "staff.json", staff())
    text = SITE.format(screen=free_port(0), modbus=502)
    config = parse_site(text, tmp_path / "site.yaml").io_modules[0]
    assert config.type == "adam_6050"
    module = await FakeModbusModule(config, safe={"red": True}).start(0)
    config_here = parse_site(text.replace("port: 502", f"port: {module.port}"), tmp_path / "site.yaml")
    async with asyncio.timeout(PATIENCE_S), GateStore.open(config_here.store.folder, "decided", utc_now) as store:
        orders = await OrderCache.open(store)
        site = Site(
            config_here, store=store, orders=orders, reader=NoCameras(), authenticator=None, clock=utc_now, random=os.urandom
        )
        running = asyncio.create_task(site.run(ServiceManager(None, None, None)))
        here = DecidedSite(site, store, module)
        try:
            await module.until(lambda: module.shows("red"))
            module.drive("loop", on=True)
            await here.until(here.waits)
            yield here
        finally:
            running.cancel()
            await asyncio.wait({running})
            await module.stop()


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
