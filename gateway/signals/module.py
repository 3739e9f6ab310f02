"""A digital I/O module: its inputs as settled changes, its outputs as commands that are read back and survive a loss.

Outputs latch in the module. So this file keeps what every output should be, writes it first thing whenever the module
comes (back), and leaves everything safe when it stops. If the gate dies, the module's own communication watchdog does it.
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
from gateway.signals.config import AnyModuleConfig
from gateway.signals.debounce import Debouncer
from gateway.signals.errors import ModuleLostError, OutputStuckError, SignalError, UnknownOutputError
from gateway.signals.link import ModbusLink
from gateway.signals.points import output_runs, switching_off_first
from gateway.signals.reading import check_module, read_all_outputs, read_inputs, read_outputs, word
from gateway.signals.uninterrupted import Uninterrupted

FIRST_RETRY_S: Final = 0.1
LONGEST_RETRY_S: Final = 2.0  # a lane waits for nothing longer than for its lights

InputChanged = Callable[[str, bool, datetime], None]  # (input, on, since when); called on the event loop; never blocks

log = logging.getLogger(__name__)


class ModbusModule:
    """One module of a site, used by one event loop. `run` keeps it connected; `write` and `pulse` command its outputs."""

    def __init__(self, config: AnyModuleConfig, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._link = ModbusLink(config)
        self._safe = dict.fromkeys(config.outputs, False)
        self._commanded = dict(self._safe)
        self._writing = asyncio.Lock()
        self._uninterrupted = Uninterrupted()
        self._running = False
        self._beats = 0
        self._next_beat = 0.0

    @property
    def name(self) -> str:
        return self.config.name

    def keep_safe(self, values: Mapping[str, bool]) -> None:
        """What these outputs are at start, at stop, and when nobody says otherwise. Call before `run`. All others are off."""
        self._require(values)
        self._safe.update(values)
        self._commanded.update(values)

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
                    availability.lost(str(error))
                self._link.close()
                await asyncio.sleep(backoff.next_s())
        finally:
            self._running = False
            await self._uninterrupted.run(self._leave_safe())

    async def _session(self, on_input: InputChanged, availability: Availability, backoff: Backoff) -> None:
        """One connection, from the first write to the failure that ends it. Raises SignalError."""
        await self._link.open()
        await self._restore()
        debouncer = Debouncer(self.config.debounce_ms / 1000)
        while True:
            await self._poll(debouncer, on_input)
            await self._beat_when_due()
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

    async def _beat_when_due(self) -> None:
        watchdog, now = self.config.watchdog, asyncio.get_running_loop().time()
        if watchdog is not None and now >= self._next_beat:
            self._beats += 1
            self._next_beat = now + watchdog.interval_s
            await self._link.beat(watchdog, self._beats)

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

    async def _restore(self) -> None:
        async with self._writing:
            await self._write_runs(dict(self._commanded))  # a copy: commands may come in meanwhile

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
        written = output_runs({name: self.config.outputs[name] for name in values})
        for run in switching_off_first(written, values):
            await self._link.write(run, [values[name] is not self.config.outputs[name].inverted for (name,) in run.names])
        for run in written:
            for name, on in (await read_outputs(self._link, self.config, run)).items():
                if on is not values[name]:
                    raise OutputStuckError(f"module {self.name}: output {name} was set {word(values[name])}, reads {word(on)}")

    async def check(self) -> DeviceReport:
        """Whether the module answers, what it says it is, and how its inputs and outputs stand. Changes nothing."""
        return await check_module(self.config, self._link if self._link.connected else None)
