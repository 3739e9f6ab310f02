"""The same module on a serial line: a pseudo-terminal with the library's own Modbus RTU server at its other end."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.model.clock import utc_now
from gateway.signals.config import ModbusRtuModuleConfig
from gateway.signals.module import ModbusModule
from tests.signals.conftest import running


def _pseudo_terminal() -> tuple[int, int]:
    """Both ends; the far one stays open, since its near end cannot be read while nobody holds it."""
    near, far = os.openpty()
    tty.setraw(far)
    return near, far


@pytest.fixture
async def serial_device() -> AsyncIterator[str]:
    """A serial line: two pseudo-terminals, joined by the event loop; the server stands at the other one."""
    (near_a, far_a), (near_b, far_b) = _pseudo_terminal(), _pseudo_terminal()
    loop = asyncio.get_running_loop()
    loop.add_reader(near_a, lambda: os.write(near_b, os.read(near_a, 1024)))
    loop.add_reader(near_b, lambda: os.write(near_a, os.read(near_b, 1024)))
    bits = [SimData(0, values=[False] * 32, datatype=DataType.BITS)]
    registers = [SimData(0, count=1, values=0, datatype=DataType.REGISTERS)]
    device = SimDevice(id=1, simdata=(bits, list(bits), registers, list(registers)))
    server = ModbusSerialServer(device, port=os.ttyname(far_b), baudrate=115200, framer=FramerType.RTU)
    await server.serve_forever(background=True)
    yield os.ttyname(far_a)
    await server.shutdown()  # type: ignore[no-untyped-call]
    for near in (near_a, near_b):
        loop.remove_reader(near)
    for end in (near_a, far_a, near_b, far_b):
        os.close(end)


async def test_inputs_and_outputs_over_a_serial_line(serial_device: str) -> None:
    config = ModbusRtuModuleConfig.model_validate(
        {
            "name": "io-2",
            "device": serial_device,
            "baudrate": 115200,
            "debounce_ms": 0,
            "inputs": {"photocell": {"address": 0, "inverted": True}},
            "outputs": {"green": {"address": 16}},
        }
    )
    module = ModbusModule(config, utc_now)
    async with running(module) as told:
        await told.until(lambda told: told.inputs == [("photocell", True)])
        await module.write({"green": True})
        assert "green=on" in (await module.check()).detail
