"""A lane's lights, barrier and sounder on its modules: one light, one pulse per opening, and red and closed otherwise."""

import asyncio
import contextlib
from typing import Final

from gateway.model.availability import Availability
from gateway.model.device import StateChanged
from gateway.signals.barrier_watch import BarrierWatch
from gateway.signals.config import BarrierConfig, LightsConfig, SounderConfig
from gateway.signals.errors import SignalError, UnknownLightError, UnknownOutputError
from gateway.signals.module import ModbusModule

RED: Final = "red"
AMBER: Final = "amber"
GREEN: Final = "green"
WATCH_EVERY_S: Final = 0.25  # a barrier takes seconds to move


class LaneLights:
    """Red, amber and green of one lane. Make it before the module runs: it makes red the module's safe state."""

    def __init__(self, module: ModbusModule, red: str, amber: str, green: str) -> None:
        self._module = module
        self._outputs = {RED: red, AMBER: amber, GREEN: green}
        if len(set(self._outputs.values())) < len(self._outputs):
            raise UnknownOutputError(f"module {module.name}: red, amber and green need three outputs, not {red}, {amber}, {green}")
        module.keep_safe(self._only(RED))
        module.not_after_a_loss(green, self._only(RED))

    @classmethod
    def of(cls, module: ModbusModule, config: LightsConfig) -> "LaneLights":
        return cls(module, config.red, config.amber, config.green)

    def _only(self, light: str) -> dict[str, bool]:
        return {output: name == light for name, output in self._outputs.items()}

    async def show(self, light: str) -> None:
        """Show `red`, `amber` or `green`, and only that; read back. Raises SignalError when the light may not show.

        After a failure the lights go to red as soon as they can, if green was asked: a green is never shown by itself, neither
        one that could not be shown nor one that was there when the module was lost. Red and amber are shown again.
        """
        if light not in self._outputs:
            raise UnknownLightError(f"module {self._module.name}: no light {light!r}, only {', '.join(self._outputs)}")
        try:
            await self._module.write(self._only(light))
        except SignalError:
            if light == GREEN:
                with contextlib.suppress(SignalError):
                    await self._module.write(self._only(RED))
            raise


class Barrier:
    """A barrier that opens on a pulse. Make it before the module runs: its output is off whenever nobody opens."""

    def __init__(self, module: ModbusModule, config: BarrierConfig) -> None:
        self._module, self._config = module, config
        self._one_at_a_time = asyncio.Lock()
        self._watch = BarrierWatch(config.moves_within_s, config.closes_within_s)
        module.keep_safe({config.output: False})
        if config.opened:
            module.listen(config.opened, lambda on: self._watch.opened(on, _now()))
        if config.closed:
            module.listen(config.closed, lambda on: self._watch.closed(on, _now()))

    @property
    def has_switches(self) -> bool:
        return bool(self._config.opened or self._config.closed)

    async def open(self) -> None:
        """One pulse, and never a second one by itself. Raises SignalError when it may not have reached the barrier."""
        async with self._one_at_a_time:
            await self._module.pulse(self._config.output, self._config.pulse_s)
        self._watch.pulsed(_now())

    def lane_shows(self, light: str) -> None:
        self._watch.lane_shows(light == RED, _now())

    async def watch(self, on_state: StateChanged) -> None:
        """Report a barrier that does not do what it is told, and when it does again; until cancelled."""
        availability = Availability(on_state)
        while True:
            if self._watch.known:
                fault = self._watch.fault(_now())
                availability.lost(fault) if fault else availability.working("the end switches agree")
            await asyncio.sleep(WATCH_EVERY_S)


class Sounder:
    """Sounds once for what the lane has decided. Make it before the module runs."""

    def __init__(self, module: ModbusModule, config: SounderConfig) -> None:
        self._module, self._output = module, config.output
        self._seconds = {"PASS": config.pass_s, "REFER": config.refer_s, "STOP": config.stop_s}
        module.keep_safe({config.output: False})

    async def sound(self, outcome: str) -> None:
        """`PASS`, `REFER` or `STOP`. Raises SignalError when it may not be heard."""
        seconds = self._seconds[outcome]
        if seconds:
            await self._module.pulse(self._output, seconds)


class LaneSignals:
    """Lights, barrier and sounder together, as a lane takes them. A lane without a barrier opens nothing."""

    def __init__(self, lights: LaneLights, barrier: Barrier | None = None, sounder: Sounder | None = None) -> None:
        self._lights, self._barrier, self._sounder = lights, barrier, sounder

    async def show(self, light: str) -> None:
        if self._barrier is not None:
            self._barrier.lane_shows(light)
        await self._lights.show(light)

    async def open_barrier(self) -> None:
        if self._barrier is not None:
            await self._barrier.open()

    async def sound(self, outcome: str) -> None:
        if self._sounder is not None:
            await self._sounder.sound(outcome)


def _now() -> float:
    return asyncio.get_running_loop().time()
