"""A digital I/O module that does not exist: it speaks Modbus and is made from a lane file's own entry.

Its inputs are driven by name, its outputs are watched by name, polarity applied. Like the real ones its outputs latch,
and its communication watchdog puts them to their safe values when nobody has asked it anything for a while. The watchdog is
set at the module (`watchdog_s`), as on an ADAM-6050, or by a holding register (`armed_by`), as on a bus coupler.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from gateway.signals.config import AnyModuleConfig
from gateway.simulator.modbus_frames import DEVICE_FAILURE, READ, Points


@dataclass
class ModuleFaults:
    """Switches for what goes wrong on a real module. Set them at any time."""

    mute: bool = False  # takes requests, answers none
    failing: bool = False  # answers every request with "server device failure"
    late_s: float = 0.0  # answers this many seconds late
    garbled: bool = False  # a bit of every answer turns over on the wire; only a serial line lets that happen


class SimulatedModule(ABC):
    """One simulated module, whatever carries its frames. `watchdog_s`: seconds without a request after which `safe` outputs
    are set (None: never).

    `armed_by`: a holding register that takes this time in milliseconds instead, 0 for never. Outputs that `safe` does not
    name are off then. The watchdog begins with the first request, as a module that was just switched on waits for its host.
    """

    def __init__(
        self,
        config: AnyModuleConfig,
        *,
        watchdog_s: float | None = None,
        safe: Mapping[str, bool] | None = None,
        armed_by: int | None = None,
    ) -> None:
        self.config = config
        self.on_output: list[Callable[[str, bool], None]] = []  # each is told of every change of an output
        self.faults = ModuleFaults()
        self.points = Points()
        self.history: list[tuple[str, bool]] = []  # every change of an output, oldest first
        self.taken = 0  # requests so far
        self.requests = 0  # answered so far
        self._looks: Counter[str] = Counter()  # how often each input was read
        self._watchdog_s, self._armed_by = watchdog_s, armed_by
        self._safe = dict.fromkeys(config.outputs, False) | dict(safe or {})
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._power_on()

    def _power_on(self) -> None:
        """All inputs read off, whatever their polarity; all coils are off, and no setting is remembered."""
        for name in self.config.inputs:
            self.drive(name, on=False)
        self.points.coils.update({point.address: False for point in self.config.outputs.values()})
        watchdog = self.config.watchdog
        for spare in (*watchdog.settings, watchdog.heartbeat) if watchdog else ():
            if spare is None:
                continue
            if spare.table == "coil":
                self.points.coils[spare.address] = False
            else:
                self.points.registers[spare.address] = 0

    @property
    @abstractmethod
    def reachable(self) -> dict[str, str | int]:
        """The keys of a lane file's entry that lead here."""

    @abstractmethod
    async def start(self) -> Self:
        """Where it was before, or at a free place."""

    async def stop(self) -> None:
        """Gone at once, as when its plug is pulled; the outputs stay as they are. `start` brings it back."""
        if self._timer is not None:
            self._timer.cancel()

    async def lose_power(self) -> None:
        """Off and gone: every coil falls, whatever it was. `start` switches it on again."""
        await self.stop()
        before = self.outputs()
        inputs = {name: self.reads(name) for name in self.config.inputs}  # the contacts outside do not care
        self._power_on()
        for name, on in inputs.items():
            self.drive(name, on)
        self._note_changes(before)

    def reads(self, name: str) -> bool:
        """Whether an input is on."""
        point = self.config.inputs[name]
        table = self.points.coils if point.table == "coil" else self.points.discrete
        return table[point.address] is not point.inverted

    def drive(self, name: str, on: bool) -> None:
        """Make an input read `on` or off, as a loop or a photocell would."""
        point = self.config.inputs[name]
        table = self.points.coils if point.table == "coil" else self.points.discrete
        table[point.address] = on is not point.inverted

    def shows(self, name: str) -> bool:
        """Whether an output is on."""
        point = self.config.outputs[name]
        return self.points.coils[point.address] is not point.inverted

    def outputs(self) -> dict[str, bool]:
        return {name: self.shows(name) for name in self.config.outputs}

    def stick(self, name: str) -> None:
        """From now on this output takes writes and does not move."""
        self.points.stuck.add(self.config.outputs[name].address)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened here that makes `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def looked_at(self, name: str) -> None:
        """Wait until somebody has read this input again."""
        before = self._looks[name]
        await self.until(lambda: self._looks[name] > before)

    async def _respond(self, request: bytes) -> bytes | None:
        """The response to a request (function code first), when it is time for it; None where none comes."""
        self._postpone_watchdog()
        self.taken += 1
        self._changed.set()
        if self.faults.mute:
            return None
        if self.faults.late_s:
            await asyncio.sleep(self.faults.late_s)
        response = bytes([request[0] | 0x80, DEVICE_FAILURE]) if self.faults.failing else self._answer(request)
        self._postpone_watchdog()  # again: the request may have set it
        return response

    def _answered(self) -> None:
        """Another response is on its way."""
        self.requests += 1
        self._changed.set()

    def _answer(self, request: bytes) -> bytes:
        before = self.outputs()
        response = self.points.answer(request)
        self._note_changes(before)
        self._looks.update(self._inputs_in(request))
        return response

    def _inputs_in(self, request: bytes) -> list[str]:
        """The inputs that a request reads."""
        table = {1: "coil", 2: "discrete"}.get(request[0] if len(request) == READ.size else 0)
        if table is None:
            return []
        _, start, count = READ.unpack(request)
        return [name for name, point in self.config.inputs.items() if point.table == table and 0 <= point.address - start < count]

    def _note_changes(self, before: Mapping[str, bool]) -> None:
        changes = [(name, on) for name, on in self.outputs().items() if on is not before[name]]
        self.history += changes
        for told in self.on_output:
            for name, on in changes:
                told(name, on)

    def _postpone_watchdog(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        seconds = self.points.registers.get(self._armed_by, 0) / 1000 if self._armed_by is not None else self._watchdog_s
        if seconds:
            self._timer = asyncio.get_running_loop().call_later(seconds, self.trip)

    def trip(self) -> None:
        """What the watchdog does when its time has passed; the outputs that it makes safe latch as any others."""
        before = self.outputs()
        for name, on in self._safe.items():
            point = self.config.outputs[name]
            self.points.coils[point.address] = on is not point.inverted
        self._note_changes(before)
        self._changed.set()
