"""A module on a real socket with a loop, an inverted photocell, three lights and a barrier, and the gate's side of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from gateway.model.clock import utc_now
from gateway.signals.config import ModbusModuleConfig
from gateway.signals.module import ModbusModule
from gateway.simulator.modbus_module import FakeModbusModule
from tests.driver_loop import PATIENCE_S, DriverTold, at_work

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
class Told(DriverTold):
    """What the module's loop reported."""

    inputs: list[tuple[str, bool]] = field(default_factory=list)

    def on_input(self, name: str, on: bool, at: datetime) -> None:
        assert at.tzinfo is not None
        self.inputs.append((name, on))
        self.changed.set()


@pytest.fixture
async def fake() -> AsyncIterator[FakeModbusModule]:
    fake = await FakeModbusModule(ModbusModuleConfig.model_validate(CONFIG)).start(0)
    yield fake
    await fake.stop()


def running(module: ModbusModule) -> AbstractAsyncContextManager[Told]:
    told = Told()
    return at_work(told, module.run(told.on_input, told.on_state))


def module_for(fake: FakeModbusModule, **changes: object) -> ModbusModule:
    return ModbusModule(fake.reachable_config.model_copy(update=changes), utc_now)


async def soon(fake: FakeModbusModule, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await fake.until(condition)
