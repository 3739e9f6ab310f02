"""A digital I/O module on the network that does not exist: it speaks Modbus TCP on a real socket."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Self

from gateway.signals.config import AnyTcpModuleConfig
from gateway.simulator.modbus_frames import HEADER, MAX_LENGTH
from gateway.simulator.simulated_module import SimulatedModule


class FakeModbusModule(SimulatedModule):
    """One module; its clients are served one request at a time each."""

    config: AnyTcpModuleConfig

    def __init__(
        self,
        config: AnyTcpModuleConfig,
        *,
        watchdog_s: float | None = None,
        safe: Mapping[str, bool] | None = None,
        armed_by: int | None = None,
    ) -> None:
        super().__init__(config, watchdog_s=watchdog_s, safe=safe, armed_by=armed_by)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    @property
    def reachable(self) -> dict[str, str | int]:
        return {"host": "127.0.0.1", "port": self.port}

    @property
    def reachable_config(self) -> AnyTcpModuleConfig:
        """The lane file's entry, with the address where this module really listens."""
        return self.config.model_copy(update=self.reachable)

    async def start(self, port: int | None = None) -> Self:
        """Listen on the loopback: on `port`, or the one it had before, or (0) a free one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port if port is None else port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        await super().stop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        self.drop()
        await self.until(lambda: not self._clients)

    def drop(self) -> None:
        """Break every connection, and take new ones at once."""
        for writer in list(self._clients):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        self._changed.set()
        try:
            while True:
                await self._exchange(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is gone
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._clients.discard(writer)
            self._changed.set()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transaction, protocol, length, unit = HEADER.unpack(await reader.readexactly(HEADER.size))
        if protocol != 0 or not 2 <= length <= MAX_LENGTH:
            raise ConnectionError("not Modbus TCP")
        response = await self._respond(await reader.readexactly(length - 1))
        if response is None:
            return
        writer.write(HEADER.pack(transaction, 0, len(response) + 1, unit) + response)
        await writer.drain()
        self._answered()
