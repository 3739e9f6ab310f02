"""A digital I/O module on a serial line that does not exist: it speaks Modbus RTU on a pseudo-terminal."""

import asyncio
from collections.abc import Mapping
from typing import Self

from gateway.signals.config import ModbusRtuModuleConfig
from gateway.simulator.rtu_frames import next_request, rtu_frame
from gateway.simulator.serial_line import SerialLine
from gateway.simulator.simulated_module import SimulatedModule


class FakeSerialModule(SimulatedModule):
    """The only module on its line. It does one thing at a time, and does not hear what is said to it meanwhile."""

    def __init__(
        self,
        config: ModbusRtuModuleConfig,
        line: SerialLine,
        *,
        watchdog_s: float | None = None,
        safe: Mapping[str, bool] | None = None,
        armed_by: int | None = None,
    ) -> None:
        super().__init__(config, watchdog_s=watchdog_s, safe=safe, armed_by=armed_by)
        self._line = line
        self._received = bytearray()
        self._busy: asyncio.Task[None] | None = None
        line.on_received = self._take

    @property
    def reachable(self) -> dict[str, str | int]:
        return {"device": self._line.port}

    async def start(self) -> Self:
        await self._line.start()
        return self

    async def stop(self) -> None:
        await super().stop()
        if self._busy:
            self._busy.cancel()
            await asyncio.wait({self._busy})
        self._received.clear()
        await self._line.stop()

    def _take(self, received: bytes) -> None:
        self._received += received
        while request := next_request(self._received):
            unit, asked = request
            if unit == self.config.unit and (self._busy is None or self._busy.done()):
                self._busy = asyncio.create_task(self._exchange(asked))

    async def _exchange(self, request: bytes) -> None:
        response = await self._respond(request)
        if response is None:
            return
        frame = bytearray(rtu_frame(self.config.unit, response))
        if self.faults.garbled:
            frame[len(frame) // 2] ^= 0x10
        self._line.send(bytes(frame))
        self._answered()
