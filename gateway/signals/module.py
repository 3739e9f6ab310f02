"""A digital I/O module: its inputs as settled changes, its outputs as commands that are read back and survive a loss.

Outputs latch in the module. So this file keeps what every output should be, writes it first thing whenever the module
comes (back), looks once a second whether it still is so, and leaves everything safe when it stops. If the gate dies, the
module's own communication watchdog does it; where Modbus reaches that watchdog's settings, they are set here, too.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import DeviceReport, StateChanged
from gateway.signals.check import check_module
from gateway.signals.config import AnyModuleConfig
from gateway.signals.debounce import Debouncer
from gateway.signals.errors import ModuleLostError, OutputMovedError, SignalError, UnknownOutputError
from gateway.signals.link import ModbusLink
from gateway.signals.reading import read_all_outputs, read_inputs, word
from gateway.signals.uninterrupted import Uninterrupted
from gateway.signals.watchdog import arm
from gateway.signals.writing import obeyed, write_outputs

FIRST_RETRY_S: Final = 0.1
LONGEST_RETRY_S: Final = 2.0  # a lane waits for nothing longer than for its lights
LOOK_EVERY_S: Final = 1.0  # a watchdog that tripped, or another master on the module, shows within this time

InputChanged = Callable[[str, bool, datetime], None]  # (input, on, since when); called on the event loop; never blocks
Listener = Callable[[bool], None]  # one input's settled value

log = logging.getLogger(__name__)


class ModbusModule:
    """One module of a site, used by one event loop. `run` keeps it connected; `write` and `pulse` command its outputs."""

    def __init__(self, config: AnyModuleConfig, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._link = ModbusLink(config)
        self._safe = dict.fromkeys(config.outputs, False)
        self._commanded = dict(self._safe)
        self._instead: dict[str, dict[str, bool]] = {}
        self._read_back: dict[str, bool] = {}  # every output as it read after the last write
        self._listeners: dict[str, list[Listener]] = {}
        self._writing = asyncio.Lock()
        self._uninterrupted = Uninterrupted()
        self._running = False
        self._beats = 0
        self._next_beat = 0.0
        self._next_look = 0.0

    @property
    def name(self) -> str:
        return self.config.name

    def keep_safe(self, values: Mapping[str, bool]) -> None:
        """What these outputs are at start, at stop, and when nobody says otherwise. Call before `run`. All others are off."""
        self._require(values)
        self._safe.update(values)
        self._commanded.update(values)

    def not_after_a_loss(self, output: str, instead: Mapping[str, bool]) -> None:
        """If the module is lost while this output is on, it comes back with these values instead. Call before `run`."""
        self._require({output: True, **instead})
        self._instead[output] = dict(instead)

    def listen(self, name: str, listener: Listener) -> None:
        """Have every settled value of an input told to `listener`, besides what `run` is given. Call before `run`."""
        if name not in self.config.inputs:
            raise UnknownOutputError(f"module {self.name} has no input {name!r}")
        self._listeners.setdefault(name, []).append(listener)

    def _require(self, outputs: Mapping[str, bool]) -> None:
        for output in outputs:
            if output not in self.config.outputs:
                raise UnknownOutputError(f"module {self.name} has no output {output!r}")

    async def run(self, on_input: InputChanged, on_state: StateChanged) -> None:
        """Poll until cancelled, reconnecting as often as needed; at the end write the safe values and disconnect.

        `on_input` gets every settled change, and the state of every input once after each (re)connection.
        """
        availability, backoff = Availability(on_state), Backoff(FIRST_RETRY_S, LONGEST_RETRY_S)
        self._running = True
        try:
            while True:
                try:
                    await self._session(on_input, availability, backoff)
                except SignalError as error:
                    self._link.close()
                    self._take_back()
                    availability.lost(str(error))
                await asyncio.sleep(backoff.next_s())
        finally:
            self._running = False
            await self._uninterrupted.run(self._leave_safe())

    async def _session(self, on_input: InputChanged, availability: Availability, backoff: Backoff) -> None:
        """One connection, from the first write to the failure that ends it. Raises SignalError."""
        await self._link.open()
        await self._begin()
        debouncer = Debouncer(self.config.debounce_ms / 1000)
        while True:
            await self._poll(debouncer, on_input)
            await self._beat_when_due()
            await self._look_when_due()
            if not self._link.connected:
                raise ModuleLostError(f"module {self.name}: connection to {self.config.location} lost")
            availability.working(f"connected to {self.config.location}")
            backoff.reset()
            await asyncio.sleep(self.config.poll_ms / 1000)

    async def _poll(self, debouncer: Debouncer, on_input: InputChanged) -> None:
        values = await read_inputs(self._link, self.config)
        if not values:  # a module of outputs only must prove that it is there, too
            await read_all_outputs(self._link, self.config)
        now, at = asyncio.get_running_loop().time(), self._clock()
        for name, on in values.items():
            change = debouncer.sample(name, on, now, at)
            if change is not None:
                on_input(change.name, change.on, change.at)
                for listener in self._listeners.get(change.name, ()):
                    listener(change.on)

    async def _beat_when_due(self) -> None:
        heartbeat = self.config.watchdog.heartbeat if self.config.watchdog else None
        now = asyncio.get_running_loop().time()
        if heartbeat is not None and now >= self._next_beat:
            self._beats += 1
            self._next_beat = now + heartbeat.interval_s
            await self._link.beat(heartbeat, self._beats)

    async def _look_when_due(self) -> None:
        """Whether every output still reads as after its last write: the watchdog may have tripped while the gate stood still."""
        now = asyncio.get_running_loop().time()
        if now < self._next_look:
            return
        async with self._writing:
            self._next_look = now + LOOK_EVERY_S
            for name, on in (await read_all_outputs(self._link, self.config)).items():
                if on is not self._read_back.get(name, on):
                    raise OutputMovedError(
                        f"module {self.name}: output {name} reads {word(on)} without a command: its watchdog, or another master"
                    )

    async def write(self, values: Mapping[str, bool]) -> None:
        """Set outputs and read them back; they are written again whenever the module comes back after a loss.

        Finished even if the caller is cancelled. Raises SignalError naming module and output; what was asked is kept
        for when the module comes back all the same.
        """
        self._require(values)
        self._commanded.update(values)
        await self._uninterrupted.run(self._apply(values))

    async def pulse(self, output: str, seconds: float) -> None:
        """Switch an output on for `seconds` and off again: exactly once, and to the end even if the caller is cancelled.

        A pulse is never repeated after a loss: a module that comes back finds the output commanded off. Raises SignalError.
        """
        self._require({output: True})
        self._commanded[output] = False
        await self._uninterrupted.run(self._pulse(output, seconds))

    async def _pulse(self, output: str, seconds: float) -> None:
        try:
            await self._apply({output: True})
            await asyncio.sleep(seconds)
        finally:
            await self._apply({output: False})

    async def _begin(self) -> None:
        """Outputs first; then the watchdog, without which no command is taken."""
        async with self._writing:
            await self._write_runs(dict(self._commanded))  # a copy: commands may come in meanwhile
            await arm(self._link, self.config)
            self._next_look = asyncio.get_running_loop().time() + LOOK_EVERY_S

    def _take_back(self) -> None:
        """After a loss: what must not be repeated by itself becomes what is to be there instead."""
        for output, instead in self._instead.items():
            if self._commanded[output]:
                self._commanded.update(instead)

    async def _apply(self, values: Mapping[str, bool]) -> None:
        async with self._writing:
            if not self._running:
                raise ModuleLostError(f"module {self.name}: write {', '.join(values)}: not running")
            await self._write_runs(values)

    async def _leave_safe(self) -> None:
        async with self._writing:
            self._commanded = dict(self._safe)
            if self._link.connected:
                try:
                    await self._write_runs(self._safe)
                except SignalError as error:
                    log.error("outputs may not be safe, the module's own watchdog must see to it: %s", error)
            self._link.close()

    async def _write_runs(self, values: Mapping[str, bool]) -> None:
        found = await write_outputs(self._link, self.config, values)
        self._read_back.update(found)
        obeyed(self.config, values, found)

    async def check(self) -> DeviceReport:
        """Whether the module answers, what it says it is, and how its inputs and outputs stand. Changes nothing."""
        return await check_module(self.config, self._link if self._link.connected else None)
