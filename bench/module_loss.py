"""Lose an I/O module again and again: how long until the gate notices, how long until it is back, and what was lost.

`python bench/module_loss.py [REPETITIONS]`. The module's connection is cut; it hangs, taking requests and answering none; it
answers too late; it answers every request with a failure; it loses its power, and all outputs fall. While it is away the loop
changes, and the lane commands another light: both must be there once the module is back. Then modules that answer late, but not
too late: those are not lost, and every change of the loop must be told; the time stands under "back".
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from loss import HEADING, REPETITIONS, Gate, Loss, repeat, times

from gateway.model.clock import utc_now
from gateway.signals.config import Adam6050Config
from gateway.signals.errors import SignalError
from gateway.signals.module import ModbusModule
from gateway.simulator.modbus_module import FakeModbusModule, ModuleFaults

CONFIG: Final = Adam6050Config.model_validate(
    {
        "name": "io",
        "host": "127.0.0.1",
        "inputs": {"loop": {"channel": 0}},
        "outputs": {"red": {"channel": 0}, "amber": {"channel": 1}},
        "watchdog": {"timeout_s": 8},
    }
)
TOO_LATE_S: Final = 2.0  # the gate asks twice and waits 0.5 s each time
LATE_S: Final = (0.1, 0.4, 0.7)


class Lane:
    """One module at work: its loop, and the light that the lane commands."""

    def __init__(self, fake: FakeModbusModule) -> None:
        self.gate = Gate()
        self.fake = fake
        self.module = ModbusModule(fake.reachable_config, utc_now)
        self._round = 0
        self._commands: set[asyncio.Task[None]] = set()

    def on_input(self, name: str, on: bool, _at: datetime) -> None:
        self.gate.tell(f"{self._round} {name} {on}")

    def changes(self, number: int) -> tuple[str, ...]:
        """The loop changes, and the lane commands another light."""
        self._round, on = number, not self.fake.reads("loop")
        self.fake.drive("loop", on)
        command = asyncio.create_task(self._command(on, f"{number} light"))
        self._commands.add(command)
        command.add_done_callback(self._commands.discard)
        return (f"{number} loop {on}", f"{number} light")

    async def _command(self, on: bool, event: str) -> None:
        with suppress(SignalError):  # it is away; the command is kept for its return
            await self.module.write({"amber": on, "red": not on})
        await self.fake.until(lambda: self.fake.shows("amber") is on and self.fake.shows("red") is not on)
        self.gate.tell(event)

    def spoil(self, faults: ModuleFaults) -> Callable[[], Awaitable[None]]:
        async def step() -> None:
            self.fake.faults = faults

        return step


async def lose(lane: Lane, repetitions: int) -> None:
    fake, repair = lane.fake, lane.spoil(ModuleFaults())
    for loss in (
        Loss("module", "cut", fake.stop, fake.start, lane.changes),
        Loss("module", "power lost", fake.lose_power, fake.start, lane.changes),
        Loss("module", "hangs", lane.spoil(ModuleFaults(mute=True)), repair, lane.changes),
        Loss("module", f"{TOO_LATE_S:g} s late", lane.spoil(ModuleFaults(late_s=TOO_LATE_S)), repair, lane.changes),
        Loss("module", "answers failures", lane.spoil(ModuleFaults(failing=True)), repair, lane.changes),
    ):
        print(await repeat(loss, lane.gate, repetitions), flush=True)
        lane.gate.forget()


async def slow(lane: Lane, late_s: float, repetitions: int) -> None:
    """Answers come late, but in time."""
    gate, now = lane.gate, asyncio.get_running_loop().time
    lane.fake.faults = ModuleFaults(late_s=late_s)
    gate.states = [True]
    told_s: list[float] = []
    for number in range(repetitions):
        begun = now()
        events = lane.changes(number)
        gate.expect(*events)
        await gate.has_told(events)
        told_s.append(now() - begun)
    kept = "yes" if gate.states == [True] else "NO"
    line = f"{'module':19} {f'{late_s:g} s late, in time':24} {repetitions:6} {'':15} {times(told_s)}"
    print(f"{line} {len(gate.expected):7} {gate.missing(gate.expected):6} {kept:>4}", flush=True)
    gate.forget()


async def main(repetitions: int) -> None:
    print(HEADING)
    lane = Lane(await FakeModbusModule(CONFIG, watchdog_s=8.0, safe={"red": True}).start())
    lane.module.keep_safe({"red": True})
    running = asyncio.create_task(lane.module.run(lane.on_input, lane.gate.on_state))
    await lane.gate.until(lambda: lane.gate.working)
    await lose(lane, repetitions)
    for late_s in LATE_S:
        await slow(lane, late_s, repetitions)
    running.cancel()
    await asyncio.wait({running})
    await lane.fake.stop()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # the losses are counted here
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS))
