"""A serial port, wherever its line ends: in this machine, or in a device server that is reached by TCP or RFC 2217.

pyserial opens and sets a local port; the event loop itself then watches it, so an unplugged adapter is noticed at once and
no thread is needed. (pyserial's own clients for `socket://` and `rfc2217://` block and poll, and the second one's thread
dies of bytes that it does not expect; pyserial-asyncio and its forks wrap the same clients. Here streams do it all.)
"""

import asyncio
import contextlib
import os
import socket
import termios
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import serial

from gateway.rfid.config import SerialReaderConfig
from gateway.rfid.errors import ReaderLostError, ReaderSilentError
from gateway.rfid.rfc2217 import ComPort

CHUNK: Final = 4096

# A device server whose power fails says no good-bye, and a reader that is silent may just see no tags. So the network layer
# asks: after 5 s of silence, every 2 s, three times. The loss is known within 11 s.
KEEP_ALIVE: Final = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3))


class SerialPort(ABC):
    """An open port. All methods belong to one event loop."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def read(self) -> bytes:
        """What has arrived, at least one byte. May be cancelled without loss. Raises ReaderLostError."""
        await asyncio.sleep(0)  # reading what is buffered already would never let anybody else have a turn
        try:
            received = await self._reader.read(CHUNK)
        except OSError as error:
            raise ReaderLostError("the connection broke") from error
        if not received:
            raise ReaderLostError("the connection was closed at its other end")
        return received

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send a command of a few bytes. Raises ReaderLostError."""


@contextlib.asynccontextmanager
async def opened(config: SerialReaderConfig) -> AsyncIterator[SerialPort]:
    """The port of a lane file's entry, closed at the end. Raises ReaderLostError, ReaderSilentError, ReaderRefusedError."""
    scheme = urlsplit(config.port).scheme if "://" in config.port else ""
    if not scheme:
        async with _local(config) as port:
            yield port
        return
    async with _connected(config) as (reader, writer):
        if scheme == "socket":
            yield _SocketPort(reader, writer)
        else:
            controlled = _ControlledPort(reader, writer, ComPort(config.baudrate, config.parity, config.stopbits))
            await controlled.prepared(config.timeout_s)
            yield controlled


@contextlib.asynccontextmanager
async def _local(config: SerialReaderConfig) -> AsyncIterator["_LocalPort"]:
    try:
        line = serial.Serial(
            config.port,
            config.baudrate,
            parity=config.parity,
            stopbits=config.stopbits,
            timeout=0,
            inter_byte_timeout=0,  # makes a read without data "not yet" (VMIN 1) rather than an empty one, which means the end
            exclusive=True,
        )
    except (OSError, ValueError, termios.error) as error:
        raise ReaderLostError(f"{config.port} cannot be opened: {_reason(error)}") from error
    try:
        reader = asyncio.StreamReader()
        watched = os.fdopen(os.dup(line.fileno()), "rb", buffering=0)  # the transport closes this one
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), watched)
        try:
            yield _LocalPort(reader, line.fileno())
        finally:
            transport.close()
    finally:
        with contextlib.suppress(OSError):  # an adapter that is gone cannot be closed in peace
            line.close()


def _reason(error: OSError | ValueError | termios.error) -> str:
    """pyserial wraps the system's words into its own, where it does not pass them on; the system's are clearer."""
    number = error.args[0] if error.args and not isinstance(error, ValueError) else None
    return os.strerror(number) if isinstance(number, int) else str(error)


@contextlib.asynccontextmanager
async def _connected(config: SerialReaderConfig) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    url = urlsplit(config.port)
    try:
        async with asyncio.timeout(config.timeout_s):
            reader, writer = await asyncio.open_connection(url.hostname, url.port)
    except (OSError, TimeoutError) as error:
        raise ReaderLostError(f"no connection to {config.port}") from error
    try:
        _keep_alive(writer.get_extra_info("socket"))
        yield reader, writer
    finally:
        writer.transport.abort()  # a command that nobody takes would be waited for without end
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE:
        if hasattr(socket, name):  # not every system names all of them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _LocalPort(SerialPort):
    def __init__(self, reader: asyncio.StreamReader, fd: int) -> None:
        super().__init__(reader)
        self._fd = fd

    def write(self, data: bytes) -> None:
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise ReaderLostError("the connection broke while sending") from error
        if written < len(data):  # the line's buffer holds thousands of bytes: nothing leaves it any more
            raise ReaderLostError("the line takes no more bytes")


class _SocketPort(SerialPort):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader)
        self._writer = writer

    def write(self, data: bytes) -> None:
        if self._writer.is_closing():
            raise ReaderLostError("the connection broke while sending")
        self._writer.write(data)


class _ControlledPort(_SocketPort):
    """A port whose device server takes speed and parity from us."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, com_port: ComPort) -> None:
        super().__init__(reader, writer)
        self._com_port = com_port
        self._early = b""  # data that came while the line was being set

    async def prepared(self, timeout_s: float) -> None:
        """Set the line. Raises ReaderSilentError when the server does not confirm it, ReaderRefusedError when it cannot."""
        try:
            async with asyncio.timeout(timeout_s):
                super().write(self._com_port.take_answers())
                while not self._com_port.ready:
                    self._early = (self._early + await self._data())[-CHUNK:]
        except TimeoutError as error:
            raise ReaderSilentError(f"the device server did not set the line within {timeout_s:g} s (RFC 2217)") from error

    async def read(self) -> bytes:
        data, self._early = self._early, b""
        while not data:
            data = await self._data()
        return data

    def write(self, data: bytes) -> None:
        super().write(self._com_port.escaped(data))

    async def _data(self) -> bytes:
        """Maybe none: what arrived may be commands only."""
        data = self._com_port.feed(await super().read())
        if answers := self._com_port.take_answers():
            super().write(answers)
        return data
