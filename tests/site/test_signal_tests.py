"""`gateway check --lights` and `--watchdog` on simulated modules over real sockets, time passing at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.model.clock import utc_now
from gateway.signals.config import Adam6050Config, ModbusModuleConfig
from gateway.simulator.modbus_module import FakeModbusModule
from gateway.site.lane_file import SiteConfig, parse_site
from gateway.site.signal_tests import out_of_service, try_lights, try_watchdogs
from gateway.store.errors import StoreLockedError

SITE = """
name: signals
title: {zh_TW: 測試, en: Test}
store: {folder: store}
io_modules:
  - name: io
    type: adam_6050
    host: 127.0.0.1
    inputs: {loop-1: {channel: 0}, loop-2: {channel: 1}}
    outputs:
      red-1: {channel: 0, inverted: true}
      amber-1: {channel: 1}
      green-1: {channel: 2}
      red-2: {channel: 3}
      amber-2: {channel: 4}
      green-2: {channel: 5}
    watchdog: {timeout_s: 8}
  - name: barriers
    type: adam_6060
    host: 127.0.0.1
    outputs: {barrier-1: {channel: 0}, spare: {channel: 5}}
    watchdog: {timeout_s: 8}
lanes:
  - name: lane-1
    title: {zh_TW: 一, en: one}
    loop: {module: io, input: loop-1}
    lights: {module: io, red: red-1, amber: amber-1, green: green-1}
    barrier: {module: barriers, output: barrier-1}
  - name: lane-2
    title: {zh_TW: 二, en: two}
    loop: {module: io, input: loop-2}
    lights: {module: io, red: red-2, amber: amber-2, green: green-2}
"""


class Bench:
    """Both modules of the site, and the site with their real ports."""

    def __init__(self, folder: Path) -> None:
        self._site = parse_site(SITE, folder / "site.yaml")
        io, barriers = self._site.io_modules
        assert not isinstance(io, ModbusModuleConfig)
        assert isinstance(io, Adam6050Config)
        self.io = FakeModbusModule(io, safe={"red-1": True, "red-2": True})
        assert barriers.type == "adam_6060"
        self.barriers = FakeModbusModule(barriers)
        self._both_silent = asyncio.Barrier(2)
        self.seen: list[dict[str, bool]] = []

    @property
    def site(self) -> SiteConfig:
        return self._site.model_copy(update={"io_modules": (self.io.reachable_config, self.barriers.reachable_config)})

    async def look(self, _seconds: float) -> None:
        """A person looks at the lamps meanwhile."""
        self.seen.append({name: on for name, on in self.io.outputs().items() if on})

    async def trip(self, _seconds: float) -> None:
        """Both watchdogs do their work meanwhile."""
        await self._both_silent.wait()
        self.io.trip()
        self.barriers.trip()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    for module in (bench.io, bench.barriers):
        await module.start(0)
    yield bench
    for module in (bench.io, bench.barriers):
        await module.stop()


async def test_each_lamp_burns_alone_while_the_other_lane_is_red(bench: Bench) -> None:
    reports = await try_lights(bench.site, utc_now, bench.look)
    assert [(report.device, report.answers) for report in reports] == [("lane-1", True), ("lane-2", True)]
    assert [set(lit) for lit in bench.seen[:4]] == [{name, "red-2"} for name in ("red-1", "amber-1", "green-1", "red-1")]
    assert [set(lit) for lit in bench.seen[4:]] == [{"red-1", name} for name in ("red-2", "amber-2", "green-2", "red-2")]
    assert {name for name, on in bench.io.outputs().items() if on} == {"red-1", "red-2"}
    assert bench.barriers.history == []


async def test_a_lamp_that_does_not_obey_is_named_and_the_lane_is_red(bench: Bench) -> None:
    bench.io.stick("green-2")
    reports = await try_lights(bench.site, utc_now, bench.look)
    assert [report.answers for report in reports] == [True, False]
    assert reports[1].detail == "module io: output green-2 was set on, reads off"
    assert {name for name, on in bench.io.outputs().items() if on} == {"red-1", "red-2"}


async def test_lights_on_a_module_that_is_away_are_not_passed(bench: Bench) -> None:
    await bench.io.stop()
    reports = await try_lights(bench.site, utc_now, bench.look)
    assert [report.answers for report in reports] == [False, False]
    assert "no connection" in reports[0].detail


async def test_watchdogs_are_proven_without_a_green_light_or_an_open_barrier(bench: Bench) -> None:
    reports = await try_watchdogs(bench.site, bench.trip)
    assert [(report.device, report.answers) for report in reports] == [("io", True), ("barriers", True)]
    moved = {name for name, _ in bench.io.history + bench.barriers.history}
    assert moved == {"red-1", "amber-1", "red-2", "amber-2", "spare"}


async def test_a_watchdog_that_was_never_set_is_found(bench: Bench) -> None:
    reports = await try_watchdogs(bench.site, bench.look)
    assert [report.answers for report in reports] == [False, False]
    assert "set the module's watchdog" in reports[0].detail
    assert {name for name, on in bench.io.outputs().items() if on} == {"red-1", "red-2"}


def test_nothing_is_tried_while_the_lanes_are_served(tmp_path: Path) -> None:
    site = parse_site(SITE, tmp_path / "site.yaml")
    with out_of_service(site):
        pass
    assert not site.store.folder.exists()
    site.store.folder.mkdir()
    with out_of_service(site), pytest.raises(StoreLockedError, match="stop that service first"), out_of_service(site):
        pass
