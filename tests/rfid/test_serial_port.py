"""A serial port, wherever its line ends: bytes arrive unchanged both ways, and every loss is noticed and named."""

import asyncio
import termios
from pathlib import Path

import pytest

from gateway.rfid.config import LineReaderConfig
from gateway.rfid.errors import ReaderLostError, ReaderRefusedError, ReaderSilentError
from gateway.rfid.serial_port import SerialPort, opened
from gateway.simulator.serial_line import PtyLine, Rfc2217Line, SerialLine, SocketLine
from tests.driver_loop import PATIENCE_S
from tests.rfid.conftest import soon

EVERY_BYTE = bytes(range(256))


def config(port: str, **changes: object) -> LineReaderConfig:
    return LineReaderConfig.model_validate({"name": "line-1", "port": port, "antennas": {1: {"lane": "out-1"}}} | changes)


async def received(port: SerialPort, length: int) -> bytes:
    data = b""
    async with asyncio.timeout(PATIENCE_S):
        while len(data) < length:
            data += await port.read()
    return data


async def test_every_byte_arrives_unchanged_both_ways(line: SerialLine) -> None:
    taken = bytearray()
    line.on_received = taken.extend
    await line.start()
    async with opened(config(line.port)) as port:
        line.send(EVERY_BYTE * 3)
        assert await received(port, 768) == EVERY_BYTE * 3
        port.write(EVERY_BYTE)
        await soon(line, lambda: len(taken) >= 256)
        assert bytes(taken) == EVERY_BYTE
    await line.stop()


async def test_a_line_that_is_unplugged_is_noticed(line: SerialLine) -> None:
    await line.start()
    async with opened(config(line.port)) as port:
        waiting = asyncio.create_task(port.read())
        await asyncio.sleep(0)
        await line.stop()
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ReaderLostError):
                await waiting


async def test_a_line_that_is_not_there_is_named(line: SerialLine) -> None:
    await line.start()
    await line.stop()
    with pytest.raises(ReaderLostError, match=r"cannot be opened: No such file|no connection to"):
        async with opened(config(line.port)):
            pass


async def test_reading_that_was_given_up_loses_nothing(line: SerialLine) -> None:
    await line.start()
    async with opened(config(line.port)) as port:
        for _ in range(3):
            waiting = asyncio.create_task(port.read())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
        line.send(b"E2801160\r\n")
        assert await received(port, 10) == b"E2801160\r\n"
    await line.stop()


async def test_a_device_server_is_told_speed_parity_and_stop_bits() -> None:
    line = Rfc2217Line()
    await line.start()
    async with opened(config(line.port, baudrate=38400, parity="E", stopbits=2)):
        assert (line.line.baudrate, line.line.parity, line.line.stopbits) == (38400, "E", 2)
    await line.stop()


async def test_a_local_port_is_set_and_belongs_to_one(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "reader")
    await line.start()
    async with opened(config(line.port, baudrate=38400, stopbits=2)):
        flags, speed = line.settings
        assert (speed, flags & termios.CSTOPB) == (termios.B38400, termios.CSTOPB)
        with pytest.raises(ReaderLostError, match="Resource temporarily unavailable"):
            async with opened(config(line.port)):
                pass
    await line.stop()


async def test_a_second_client_of_a_device_server_is_turned_away() -> None:
    line = SocketLine()
    await line.start()
    async with opened(config(line.port)) as port:
        await line.connected()
        async with opened(config(line.port)) as second:
            with pytest.raises(ReaderLostError):
                await second.read()
        line.send(b"still here")
        assert await received(port, 10) == b"still here"
    await line.stop()


async def test_what_speaks_no_rfc_2217_is_not_waited_for_long() -> None:
    line = SocketLine()
    await line.start()
    port = line.port.replace("socket://", "rfc2217://")
    with pytest.raises(ReaderSilentError, match="RFC 2217"):
        async with opened(config(port, timeout_s=0.1)):
            pass
    await line.stop()


async def test_a_device_server_that_does_not_control_its_port_is_refused() -> None:
    line = SocketLine()
    line.on_received = lambda _: line.send(bytes((255, 254, 44)))  # IAC DONT COM-PORT
    await line.start()
    with pytest.raises(ReaderRefusedError, match="RFC 2217 refused"):
        async with opened(config(line.port.replace("socket://", "rfc2217://"))):
            pass
    await line.stop()


async def test_a_line_that_cannot_be_set_is_named(tmp_path: Path) -> None:
    """A pseudo-terminal knows no parity: a second wish for one changes nothing, and then the system refuses."""
    line = PtyLine(tmp_path / "reader")
    await line.start()
    async with opened(config(line.port, parity="E")):
        pass
    await asyncio.sleep(0)  # the port is let go of in the loop's next turn
    with pytest.raises(ReaderLostError, match=r"reader cannot be opened: Invalid argument"):
        async with opened(config(line.port, parity="E")):
            pass
    await line.stop()
