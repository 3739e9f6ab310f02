"""The real `gateway run`, with a truck on its loop and its clock five seconds slow, killed: red within the watchdog's time,
and the record that it made says what its clock was worth.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from gateway.demo.processes import free_port
from gateway.model.clock import utc_now
from gateway.model.verdict import Subject
from gateway.model.wire import Confirmation
from gateway.signals.config import Adam6050Config
from gateway.simulator.modbus_module import FakeModbusModule
from gateway.site.lane_file import parse_site
from gateway.store.gate_store import GateStore
from tests.timekeeping.fake_ntp import serving

WATCHDOG_S = 4.0  # longer than a loaded machine keeps a process waiting
PATIENCE_S = 500.0  # a busy machine takes its time to load the models; nothing here needs it
SITE = """
name: killed
title: {{zh_TW: 測試, en: Test}}
store: {{folder: store}}
screen: {{port: {screen}}}
time: {{ntp: {{host: 127.0.0.1, port: {ntp}}}}}
io_modules:
  - name: io
    type: adam_6050
    host: 127.0.0.1
    port: {modbus}
    inputs: {{loop: {{channel: 0}}}}
    outputs: {{red: {{channel: 0}}, amber: {{channel: 1}}, green: {{channel: 2}}, barrier: {{channel: 3}}}}
    watchdog: {{timeout_s: 4}}
lanes:
  - name: lane-1
    title: {{zh_TW: 一, en: one}}
    rules: {{patience_s: 0.5}}
    loop: {{module: io, input: loop}}
    lights: {{module: io, red: red, amber: amber, green: green}}
    barrier: {{module: io, output: barrier}}
"""


def _site_text(modbus: int, ntp: int, screen: int) -> str:
    return SITE.format(modbus=modbus, ntp=ntp, screen=screen)


def _shows(module: FakeModbusModule, *outputs: str) -> bool:
    return {name for name, on in module.outputs().items() if on} == set(outputs)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that the other process does not announce."""
    while not await holds():  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def test_a_killed_gate_leaves_a_red_lane_and_a_marked_record(tmp_path: Path) -> None:
    config = parse_site(_site_text(502, 123, 0), tmp_path / "site.yaml").io_modules[0]
    assert isinstance(config, Adam6050Config)
    module = await FakeModbusModule(config, watchdog_s=WATCHDOG_S, safe={"red": True}).start(0)
    screen = free_port(8081)
    async with asyncio.timeout(PATIENCE_S), serving(utc_now) as ntp, aiohttp.ClientSession() as session:
        ntp.ahead_s = 5.0
        (tmp_path / "site.yaml").write_text(_site_text(module.port, ntp.port, screen), encoding="utf-8")

        async def screen_says(*words: str, without: str = "\0") -> bool:
            async with session.get(f"http://127.0.0.1:{screen}/lanes/lane-1?lang=en") as answer:
                page = await answer.text()
            return all(word in page for word in words) and without not in page

        command = (sys.executable, "-m", "gateway.cli", "run", "--site", str(tmp_path / "site.yaml"))
        with (tmp_path / "log").open("wb") as log:
            gate = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        try:
            await module.until(lambda: _shows(module, "red"))
            await _until(lambda: screen_says("Clock is off by -5.", "against NTP", "<code>clock</code>"))
            module.drive("loop", on=True)
            await module.until(lambda: _shows(module, "amber"))
            await _until(lambda: screen_says("No transport order"))
            await module.lose_power()
            await _until(lambda: screen_says("<code>io</code>"))
            await module.start()
            await _until(lambda: screen_says(without="<code>io</code>"))
            assert _shows(module, "amber")
            gate.kill()
            await gate.wait()
            await module.until(lambda: _shows(module, "red"))
        finally:
            if gate.returncode is None:
                gate.kill()
                await gate.wait()
            await module.stop()
    async with GateStore.open(tmp_path / "store", "killed", utc_now) as store:
        (record,) = await store.waiting(10)
    (check,) = [c for c in Confirmation.model_validate_json(record.body).verdict.checks if c.subject is Subject.CLOCK]
    assert check.seen.startswith("NTP -5.")
    said = (tmp_path / "log").read_text(encoding="utf-8")
    assert said.count("device clock lost: NTP -5.") == 1
    assert (said.count("device io lost"), said.count("device io works")) == (1, 2)
    assert "pymodbus" not in said
