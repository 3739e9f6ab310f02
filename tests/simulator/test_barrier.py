"""The simulated barrier: what its end switches say, which is all that the gate can know of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.model.clock import utc_now
from gateway.signals.config import BarrierConfig, ModbusModuleConfig
from gateway.signals.lights import Barrier
from gateway.signals.module import ModbusModule
from gateway.simulator import barrier as simulated
from gateway.simulator.barrier import BarrierFault, FakeBarrier
from gateway.simulator.modbus_module import FakeModbusModule
from tests.signals.conftest import Told, running

CONFIG = ModbusModuleConfig.model_validate(
    {
        "name": "io-1",
        "host": "127.0.0.1",
        "poll_ms": 5,
        "debounce_ms": 0,
        "inputs": {"opened": {"address": 0}, "closed": {"address": 1, "inverted": True}},
        "outputs": {"barrier": {"address": 16}},
    }
)


@pytest.fixture
async def module(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeModbusModule]:
    monkeypatch.setattr(simulated, "MOVES_S", 0.02)
    monkeypatch.setattr(simulated, "BEHIND_S", 0.02)
    module = await FakeModbusModule(CONFIG).start(0)
    yield module
    await module.stop()


@pytest.fixture
async def barrier(module: FakeModbusModule) -> AsyncIterator[FakeBarrier]:
    barrier = FakeBarrier(module, "barrier", "opened", "closed")
    yield barrier
    await barrier.stop()


def stands(module: FakeModbusModule) -> tuple[bool, bool]:
    """(open, closed) as the switches say it."""
    return module.reads("opened"), module.reads("closed")


async def test_a_pulse_opens_it_and_it_closes_behind_the_vehicle(module: FakeModbusModule, barrier: FakeBarrier) -> None:
    assert stands(module) == (False, True)
    gate = ModbusModule(module.reachable_config, utc_now)
    async with running(gate) as told:
        await told.until(lambda told: len(told.inputs) == 2)
        await gate.pulse("barrier", 0.01)
        await told.until(lambda told: told.inputs[-1] == ("opened", True))
        barrier.vehicle_left()
        await told.until(lambda told: told.inputs[-1] == ("closed", True))
    assert told.inputs == [
        *(("opened", False), ("closed", True)),
        *(("closed", False), ("opened", True)),
        *(("opened", False), ("closed", True)),
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (BarrierFault.STAYS_CLOSED, "did not open within 0.1 s of its pulse"),
        (BarrierFault.STOPS_HALFWAY, "did not open within 0.1 s of its pulse"),
        (BarrierFault.STAYS_OPEN, "is still open after 0.1 s of red"),
    ],
)
async def test_the_gate_says_what_is_wrong_with_it_and_when_it_was_mended(
    module: FakeModbusModule, barrier: FakeBarrier, fault: BarrierFault, said: str
) -> None:
    config = BarrierConfig(module="io-1", output="barrier", opened="opened", closed="closed", pulse_s=0.05)
    gate = ModbusModule(module.reachable_config, utc_now)
    watched = Barrier(gate, config.model_copy(update={"moves_within_s": 0.1, "closes_within_s": 0.1}))
    told = Told()
    async with running(gate) as connected:
        await connected.working()
        watching = asyncio.create_task(watched.watch(told.on_state))
        await told.working()
        barrier.fault = fault
        await watched.open()
        watched.lane_shows("red")
        barrier.vehicle_left()
        await told.lost()
        assert told.states[-1] == (False, said)
        barrier.repair()
        await told.working(2)
        await module.until(lambda: stands(module) == (False, True))
        watching.cancel()
        await asyncio.wait({watching})
