"""A module on a real socket with a loop, an inverted photocell, three lights and a barrier, and the gate's side of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from gateway.model.clock import utc_now
from gateway.signals.config import ModbusModuleConfig
from gateway.signals.module import ModbusModule
from gateway.simulator.modbus_module import FakeModbusModule

PATIENCE_S = 10.0  # for a loaded machine; nothing here needs it

CONFIG: dict[str, Any] = {
    "name": "io-1",
    "host": "127.0.0.1",
    "port": 502,
    "poll_ms": 5,
    "debounce_ms": 10,
    "inputs": {
        "loop": {"address": 0},
        "photocell": {"address": 1, "inverted": True},
        "far": {"address": 7, "table": "coil"},
    },
    "outputs": {
        "red": {"address": 16},
        "amber": {"address": 17},
        "green": {"address": 18},
        "barrier": {"address": 21},
        "sounder": {"address": 22, "inverted": True},
    },
}


@dataclass
class Told:
    """What the module's loop reported."""

    inputs: list[tuple[str, bool]] = field(default_factory=list)
    states: list[tuple[bool, str]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_input(self, name: str, on: bool, at: datetime) -> None:
        assert at.tzinfo is not None
        self.inputs.append((name, on))
        self._changed.set()

    def on_state(self, working: bool, detail: str) -> None:
        self.states.append((working, detail))
        self._changed.set()

    async def until(self, condition: Callable[["Told"], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    async def working(self, times: int = 1) -> None:
        await self.until(lambda told: [w for w, _ in told.states].count(True) >= times)

    async def lost(self) -> None:
        await self.until(lambda told: bool(told.states) and not told.states[-1][0])


@pytest.fixture
async def fake() -> AsyncIterator[FakeModbusModule]:
    fake = await FakeModbusModule(ModbusModuleConfig.model_validate(CONFIG)).start(0)
    yield fake
    await fake.stop()


@asynccontextmanager
async def running(module: ModbusModule) -> AsyncIterator[Told]:
    """The module's loop as a site runs it; at the end it is cancelled and has left."""
    told = Told()
    task = asyncio.create_task(module.run(told.on_input, told.on_state))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def module_for(fake: FakeModbusModule, **changes: object) -> ModbusModule:
    return ModbusModule(fake.reachable_config.model_copy(update=changes), utc_now)


async def soon(fake: FakeModbusModule, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await fake.until(condition)
