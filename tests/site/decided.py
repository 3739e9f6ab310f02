"""A whole site but for its cameras, in whose lane a vehicle waits for a person."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.demo.processes import free_port
from gateway.display.desk.staff import write_staff
from gateway.display.desk.waiting import waits
from gateway.model.clock import utc_now
from gateway.model.wire import Confirmation
from gateway.ocr.reads import ImageReads
from gateway.orders.order_cache import OrderCache
from gateway.simulator.modbus_module import FakeModbusModule
from gateway.site.composition import Site
from gateway.site.lane_file import parse_site
from gateway.site.service_manager import ServiceManager
from gateway.store.gate_store import GateStore
from tests.display.desk.gate import staff

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


@asynccontextmanager
async def decided_site(folder: Path, more: str = "", patience_s: float = PATIENCE_S) -> AsyncIterator[DecidedSite]:
    """A vehicle of which nothing was seen stands in the lane and waits for a person. `more` is added to the lane file."""
    write_staff(folder / "staff.json", staff())
    text = SITE.format(screen=free_port(0), modbus=502) + more
    config = parse_site(text, folder / "site.yaml").io_modules[0]
    assert config.type == "adam_6050"
    module = await FakeModbusModule(config, safe={"red": True}).start(0)
    config_here = parse_site(text.replace("port: 502", f"port: {module.port}"), folder / "site.yaml")
    async with asyncio.timeout(patience_s), GateStore.open(config_here.store.folder, "decided", utc_now) as store:
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
