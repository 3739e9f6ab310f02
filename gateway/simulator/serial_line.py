"""Serial lines without cables: a pseudo-terminal, a device server's raw TCP socket, or one that speaks RFC 2217.

A simulated reader stands at one end; the gate opens the other by what `port` says. The RFC 2217 server is pyserial's own, so
the gate's client is held against somebody else's reading of the standard.
"""

import asyncio
import contextlib
import os
import termios
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final

from serial.rfc2217 import PortManager

Received = Callable[[bytes], None]

CHUNK: Final = 4096


class SerialLine(ABC):
    """What the reader says goes to whoever has opened the line; what comes back is handed to `on_received`."""

    port: str = ""  # what a lane file says to open the line

    def __init__(self) -> None:
        self.on_received: Received = lambda _: None
        self._changed = asyncio.Event()

    @abstractmethod
    async def start(self) -> None:
        """Connect the line; after `stop` it is found at the same place again."""

    @abstractmethod
    async def stop(self) -> None:
        """Unplug the line at once."""

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Bytes from the reader. Where nobody listens, or cannot take them, they are lost, as on a wire."""

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened here that makes `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _take(self, data: bytes) -> None:
        self.on_received(data)
        self._changed.set()


class PtyLine(SerialLine):
    """A pseudo-terminal behind a name that stays the same when it is unplugged and plugged in again."""

    def __init__(self, name: Path) -> None:
        super().__init__()
        self.port = str(name)
        self._name = name
        self._near = self._far = -1

    @property
    def settings(self) -> tuple[int, int]:
        """The line's control flags and its speed, as termios numbers them: what the gate has set."""
        attributes = termios.tcgetattr(self._far)
        return attributes[2], attributes[4]

    async def start(self) -> None:
        self._near, self._far = os.openpty()  # the far end stays open here: the near one cannot be read while nobody holds it
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self._name.symlink_to(os.ttyname(self._far))
        asyncio.get_running_loop().add_reader(self._near, self._read)

    async def stop(self) -> None:
        if self._near < 0:
            return
        asyncio.get_running_loop().remove_reader(self._near)
        self._name.unlink()
        os.close(self._far)
        os.close(self._near)
        self._near = self._far = -1

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._near, data)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            self._take(os.read(self._near, CHUNK))


class SocketLine(SerialLine):
    """A device server's TCP port. It takes one client at a time, as most do."""

    scheme = "socket"

    def __init__(self) -> None:
        super().__init__()
        self.clients = 0  # that ever connected
        self._tcp_port = 0
        self._server: asyncio.Server | None = None
        self._client: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._tcp_port)
        self._tcp_port = self._server.sockets[0].getsockname()[1]
        self.port = f"{self.scheme}://127.0.0.1:{self._tcp_port}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        if self._client is not None:
            self._client.transport.abort()
        await self.until(lambda: self._client is None)

    async def connected(self) -> None:
        """Wait for a client."""
        await self.until(lambda: self._client is not None)

    def send(self, data: bytes) -> None:
        if self._client is not None:
            self._client.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._client is not None:
            writer.close()
            return
        self._client = writer
        self.clients += 1
        self._begin(writer)
        self._changed.set()
        try:
            while received := await reader.read(CHUNK):
                self._take_raw(received)
        except OSError:
            pass  # the client is gone
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._client = None
            self._changed.set()

    def _begin(self, writer: asyncio.StreamWriter) -> None:
        """A client has come."""

    def _take_raw(self, received: bytes) -> None:
        self._take(received)


class Rfc2217Line(SocketLine):
    """A device server whose clients set speed and parity. `line` is the simulated serial port as they have set it."""

    scheme = "rfc2217"

    def __init__(self) -> None:
        super().__init__()
        self.line = SimulatedSettings()
        self._manager: PortManager | None = None

    def _begin(self, writer: asyncio.StreamWriter) -> None:
        self._manager = PortManager(self.line, writer)

    def _take_raw(self, received: bytes) -> None:
        if self._manager is not None and (data := b"".join(self._manager.filter(received))):
            self._take(data)

    def send(self, data: bytes) -> None:
        if self._manager is not None:
            super().send(b"".join(self._manager.escape(data)))


class SimulatedSettings:
    """What pyserial's server asks of a serial port, and no port behind it."""

    def __init__(self) -> None:
        self.baudrate, self.bytesize, self.parity, self.stopbits = 9600, 8, "N", 1
        self.xonxoff = self.rtscts = self.dtr = self.rts = self.break_condition = False
        self.cts = self.dsr = self.ri = self.cd = False

    def reset_input_buffer(self) -> None:
        """Nothing is kept back."""

    def reset_output_buffer(self) -> None:
        """Nothing is kept back."""
