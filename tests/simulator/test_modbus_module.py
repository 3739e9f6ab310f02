"""The simulated I/O module answers like a real one, and survives what no client should send."""

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.signals.config import ModbusModuleConfig
from gateway.simulator.modbus_frames import Points
from gateway.simulator.modbus_module import FakeModbusModule

FRAMES = [
    tuple(bytes.fromhex(part) for part in re.split(r"\s{3,}", line.strip()))
    for line in (Path(__file__).parent / "frames" / "modbus.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
CONFIG = ModbusModuleConfig.model_validate(
    {"name": "io-1", "host": "127.0.0.1", "inputs": {"loop": {"address": 0}}, "outputs": {"red": {"address": 16, "inverted": True}}}
)


def _specification_points() -> Points:
    """What the specification's examples find: coils 20 to 38 and inputs 197 to 218, counted from 1 there, and
    registers 108 to 110."""
    coils = dict.fromkeys(range(0x13, 0x13 + 19), False) | {0xAC: False}
    for place in range(19):
        coils[0x13 + place] = bool(int.from_bytes(bytes.fromhex("cd6b05"), "little") >> place & 1)
    inputs = {0xC4 + place: bool(int.from_bytes(bytes.fromhex("acdb35"), "little") >> place & 1) for place in range(22)}
    return Points(discrete=inputs, coils=coils, registers={1: 0, 2: 0, 0x6B: 0x022B, 0x6C: 0, 0x6D: 0x64})


@pytest.mark.parametrize(("request_", "response"), FRAMES, ids=lambda frame: frame.hex())
def test_it_answers_as_the_specification_shows(request_: bytes, response: bytes) -> None:
    assert _specification_points().answer(request_) == response


@given(st.binary(max_size=260))
def test_any_request_gets_an_answer(request_: bytes) -> None:
    points = _specification_points()
    response = points.answer(request_)
    assert response[0] & 0x7F == (request_[0] & 0x7F if request_ else 0)


async def test_bytes_that_are_not_modbus_cost_only_that_connection() -> None:
    fake = await FakeModbusModule(CONFIG).start(0)
    for hostile in (b"GET / HTTP/1.1\r\n\r\n", bytes(6) + b"\xff", b"\x00\x01\x00\x00\xff\xff\x01"):
        reader, writer = await asyncio.open_connection("127.0.0.1", fake.port)
        writer.write(hostile)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    reader, writer = await asyncio.open_connection("127.0.0.1", fake.port)
    writer.write(bytes.fromhex("0007 0000 0006 01 05 0010 0000"))
    assert (await reader.readexactly(12)).hex() == "000700000006010500100000"
    assert fake.shows("red")  # an inverted output: the coil is off
    writer.close()
    await writer.wait_closed()
    await fake.stop()


async def test_a_contact_that_bounces_waits_for_a_look_at_itself_and_for_no_other_request() -> None:
    """Or it would seem on at two looks, with a look at the outputs between them, and that is no bounce."""
    fake = await FakeModbusModule(CONFIG).start(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", fake.port)
    looked_at = asyncio.create_task(fake.looked_at("loop"))
    for request, length in (("0001 0000 0006 01 01 0010 0001", 10), ("0002 0000 0006 01 02 0000 0001", 10)):
        assert not looked_at.done()
        writer.write(bytes.fromhex(request))
        await reader.readexactly(length)
    await looked_at
    writer.close()
    await writer.wait_closed()
    await fake.stop()
