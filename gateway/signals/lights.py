"""A lane's lights and barrier on a module: exactly one light on, one pulse per opening, and red and closed otherwise."""

import asyncio
import contextlib
from typing import Final

from gateway.signals.config import BarrierConfig, LightsConfig
from gateway.signals.errors import SignalError, UnknownLightError, UnknownOutputError
from gateway.signals.module import ModbusModule

RED: Final = "red"
GREEN: Final = "green"


class LaneLights:
    """Red, amber and green of one lane. Make it before the module runs: it makes red the module's safe state."""

    def __init__(self, module: ModbusModule, red: str, amber: str, green: str) -> None:
        self._module = module
        self._outputs = {RED: red, "amber": amber, GREEN: green}
        if len(set(self._outputs.values())) < len(self._outputs):
            raise UnknownOutputError(f"module {module.name}: red, amber and green need three outputs, not {red}, {amber}, {green}")
        module.keep_safe(self._only(RED))

    @classmethod
    def of(cls, module: ModbusModule, config: LightsConfig) -> "LaneLights":
        return cls(module, config.red, config.amber, config.green)

    def _only(self, light: str) -> dict[str, bool]:
        return {output: name == light for name, output in self._outputs.items()}

    async def show(self, light: str) -> None:
        """Show `red`, `amber` or `green`, and only that; read back. Raises SignalError when the light may not show.

        After a failure the lights go to red as soon as they can, if green was asked: a green that could not be shown is
        never shown later by itself. Red and amber are shown as soon as the module is back.
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

    def __init__(self, module: ModbusModule, output: str, pulse_s: float) -> None:
        self._module, self._output, self._pulse_s = module, output, pulse_s
        self._one_at_a_time = asyncio.Lock()
        module.keep_safe({output: False})

    @classmethod
    def of(cls, module: ModbusModule, config: BarrierConfig) -> "Barrier":
        return cls(module, config.output, config.pulse_s)

    async def open(self) -> None:
        """One pulse, and never a second one by itself. Raises SignalError when it may not have reached the barrier."""
        async with self._one_at_a_time:
            await self._module.pulse(self._output, self._pulse_s)


class LaneSignals:
    """Lights and barrier together, as a lane takes them. A lane without a barrier opens nothing."""

    def __init__(self, lights: LaneLights, barrier: Barrier | None = None) -> None:
        self._lights, self._barrier = lights, barrier

    async def show(self, light: str) -> None:
        await self._lights.show(light)

    async def open_barrier(self) -> None:
        if self._barrier is not None:
            await self._barrier.open()
