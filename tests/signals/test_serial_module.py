"""The same module on a serial line: a pseudo-terminal with the library's own Modbus RTU server at its other end."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.model.clock import utc_now
from gateway.signals import link
from gateway.signals.config import ModbusRtuModuleConfig
from gateway.signals.errors import ModuleLostError
from gateway.signals.module import ModbusModule
from gateway.signals.points import Run
from gateway.simulator.serial_line import PtyLine
from gateway.simulator.serial_module import FakeSerialModule
from tests.signals.conftest import running


def _pseudo_terminal() -> tuple[int, int]:
    """Both ends; the far one stays open, since its near end cannot be read while nobody holds it."""
    near, far = os.openpty()
    tty.setraw(far)
    return near, far


class SerialModule:
    """A serial line under a stable name: two pseudo-terminals, joined by the event loop; the module stands at the other one."""

    def __init__(self, folder: Path) -> None:
        self.device = folder / "by-id"
        self.deaf = False  # no request reaches it any more
        self._ends: list[int] = []
        self._near: list[int] = []
        self._server: ModbusSerialServer | None = None

    async def plug_in(self) -> None:
        (near_a, far_a), (near_b, far_b) = _pseudo_terminal(), _pseudo_terminal()
        self._near, self._ends = [near_a, near_b], [near_a, far_a, near_b, far_b]
        loop = asyncio.get_running_loop()
        loop.add_reader(near_a, lambda: os.write(near_b, self._heard(os.read(near_a, 1024))))
        loop.add_reader(near_b, lambda: os.write(near_a, os.read(near_b, 1024)))
        bits = [SimData(0, values=[False] * 32, datatype=DataType.BITS)]
        registers = [SimData(0, count=1, values=0, datatype=DataType.REGISTERS)]
        device = SimDevice(id=1, simdata=(bits, list(bits), registers, list(registers)))
        self._server = ModbusSerialServer(device, port=os.ttyname(far_b), baudrate=115200, framer=FramerType.RTU)
        await self._server.serve_forever(background=True)
        self.device.symlink_to(os.ttyname(far_a))

    def _heard(self, request: bytes) -> bytes:
        return b"" if self.deaf else request

    async def unplug(self) -> None:
        self.device.unlink()
        assert self._server
        await self._server.shutdown()  # type: ignore[no-untyped-call]
        for near in self._near:
            asyncio.get_running_loop().remove_reader(near)
        for end in self._ends:
            os.close(end)


@pytest.fixture
async def serial(tmp_path: Path) -> AsyncIterator[SerialModule]:
    serial = SerialModule(tmp_path)
    await serial.plug_in()
    yield serial
    await serial.unplug()


def _module(serial: SerialModule, **changes: object) -> ModbusModule:
    entry = {
        "name": "io-2",
        "device": str(serial.device),
        "baudrate": 115200,
        "debounce_ms": 0,
        "inputs": {"photocell": {"address": 0, "inverted": True}},
        "outputs": {"green": {"address": 16}},
    }
    return ModbusModule(ModbusRtuModuleConfig.model_validate(entry | changes), utc_now)


async def test_inputs_and_outputs_over_a_serial_line(serial: SerialModule) -> None:
    module = _module(serial)
    async with running(module) as told:
        await told.until(lambda told: told.inputs == [("photocell", True)])
        await module.write({"green": True})
        assert "green=on" in (await module.check()).detail


async def test_an_address_that_the_module_does_not_have_is_refused_and_named(serial: SerialModule) -> None:
    module = _module(serial, outputs={"green": {"address": 999}})
    async with running(module) as told:
        await told.lost()
    assert "write green (coil 999): refused with Modbus exception 2" in told.states[-1][1]


async def test_a_module_that_falls_silent_is_lost_and_found_again(serial: SerialModule) -> None:
    async with running(_module(serial)) as told:
        await told.working()
        serial.deaf = True
        await told.lost()
        assert f"no answer from {serial.device}" in told.states[-1][1]
        serial.deaf = False
        await told.working(2)


async def test_a_line_that_is_unplugged_and_plugged_in_again_is_told_once_each(serial: SerialModule) -> None:
    module = _module(serial)
    async with running(module) as told:
        await told.working()
        await module.write({"green": True})
        await serial.unplug()
        await told.lost()
        await serial.plug_in()
        await told.working(2)
        assert [working for working, _ in told.states] == [True, False, True]
        assert "green=on" in (await module.check()).detail  # commanded again; nobody here calls it a green light


async def test_a_line_that_cannot_be_set_is_a_loss_by_name(serial: SerialModule) -> None:
    """A pseudo-terminal knows no parity, and pyserial does not call that an error of its own."""
    async with running(_module(serial, parity="E")) as told:
        await told.lost()
        assert told.states == [(False, f"module io-2: no connection to {serial.device}: Invalid argument")]


@pytest.mark.parametrize("late_s", [0.1, 0.25])
async def test_a_late_answer_is_never_taken_for_that_to_another_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late_s: float
) -> None:
    """0.1 s: between the question and its repetition; 0.25 s: after both were given up, when something else is to be asked."""
    monkeypatch.setattr(link, "SERIAL_TIMEOUT_S", 0.05)
    monkeypatch.setattr(link, "LATE_S", 0.1)
    entry = {"name": "io-2", "device": "-", "outputs": {"red": {"address": 16}, "barrier": {"address": 21}}}
    fake = FakeSerialModule(ModbusRtuModuleConfig.model_validate(entry), PtyLine(tmp_path / "line"))
    await fake.start()
    line = link.ModbusLink(ModbusRtuModuleConfig.model_validate(entry | fake.reachable))
    red, barrier = Run("coil", 16, (("red",),)), Run("coil", 21, (("barrier",),))
    await line.open()
    await line.write(barrier, [True])
    fake.faults.late_s = late_s
    with suppress(ModuleLostError):
        await line.read(red)
    fake.faults.late_s = 0.0  # of the next question; the answer to the last one may still be on its way
    answer = None
    while answer is None:
        with suppress(ModuleLostError):
            if not line.connected:
                await line.open()
            answer = await line.read(barrier)
    assert answer == [True]
    line.close()
    await fake.stop()
