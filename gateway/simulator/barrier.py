"""The barrier behind a simulated module: a pulse opens it, it closes behind the vehicle, and end switches say where it stands."""

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from typing import Final

from gateway.simulator.simulated_module import SimulatedModule

MOVES_S: Final = 0.8  # from one end to the other
BEHIND_S: Final = 0.3  # after the vehicle has left


class BarrierFault(StrEnum):
    NONE = "none"
    STAYS_CLOSED = "stays_closed"  # no pulse moves it
    STAYS_OPEN = "stays_open"  # opens, and nothing closes it
    STOPS_HALFWAY = "stops_halfway"  # begins to open, and stands


class FakeBarrier:
    """One barrier. `opened` and `closed`: the inputs of its end switches, None where it has none."""

    def __init__(self, module: SimulatedModule, output: str, opened: str | None, closed: str | None) -> None:
        self.fault = BarrierFault.NONE
        self._module, self._output = module, output
        self._opened, self._closed = opened, closed
        self._moving: asyncio.Task[None] | None = None
        self._is_closed = True
        self._show(closed=True)
        module.on_output.append(self._output_changed)

    def _output_changed(self, name: str, on: bool) -> None:
        if name == self._output and on and self.fault is not BarrierFault.STAYS_CLOSED:
            self._move(self._open())

    def vehicle_left(self) -> None:
        if not self._is_closed and self.fault is BarrierFault.NONE:
            self._move(self._close())

    def repair(self) -> None:
        """In order again. Whoever has mended it opens and closes it once, to see."""
        self.fault = BarrierFault.NONE
        self._move(self._open_and_close())

    async def stop(self) -> None:
        if self._moving:
            self._moving.cancel()
            await asyncio.wait({self._moving})

    def _move(self, how: Coroutine[None, None, None]) -> None:
        if self._moving:
            self._moving.cancel()
        self._moving = asyncio.create_task(how)

    async def _open(self) -> None:
        self._show()
        await asyncio.sleep(MOVES_S)
        if self.fault is not BarrierFault.STOPS_HALFWAY:
            self._show(opened=True)

    async def _close(self) -> None:
        await asyncio.sleep(BEHIND_S)
        self._show()
        await asyncio.sleep(MOVES_S)
        self._show(closed=True)

    async def _open_and_close(self) -> None:
        await self._open()
        await self._close()

    def _show(self, *, opened: bool = False, closed: bool = False) -> None:
        self._is_closed = closed
        for switch, on in ((self._opened, opened), (self._closed, closed)):
            if switch:
                self._module.drive(switch, on)
