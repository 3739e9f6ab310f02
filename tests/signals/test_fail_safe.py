"""Whenever the service, the network or the module dies, the lane goes red and the barrier stays closed.

The module is simulated over a real socket, its communication watchdog with it; the service is a process of its own, and is
really killed.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.model.clock import utc_now
from gateway.signals.config import BarrierConfig, LightsConfig, ModbusModuleConfig
from gateway.signals.errors import SignalError
from gateway.signals.lights import Barrier, LaneLights, LaneSignals
from gateway.signals.module import ModbusModule
from gateway.simulator.modbus_module import FakeModbusModule
from tests.signals.cable import Cable
from tests.signals.conftest import CONFIG, module_for, running, soon

ROOT = Path(__file__).parents[2]
# On a module without power every coil is off: a red lamp on a normally closed relay burns then.
OUTPUTS = {"red": {"address": 16, "inverted": True}, "amber": {"address": 17}, "green": {"address": 18}, "barrier": {"address": 21}}
WATCHDOG_S = 2.0  # shorter than a real one, longer than a loaded machine keeps a process waiting


@pytest.fixture
async def fake() -> AsyncIterator[FakeModbusModule]:
    config = ModbusModuleConfig.model_validate(CONFIG | {"outputs": OUTPUTS, "inputs": {}})
    fake = await FakeModbusModule(config, watchdog_s=WATCHDOG_S, safe={"red": True}).start(0)
    yield fake
    await fake.stop()


def _lane(module: ModbusModule) -> LaneSignals:
    lights = LaneLights.of(module, LightsConfig(module="io-1", red="red", amber="amber", green="green"))
    return LaneSignals(lights, Barrier(module, BarrierConfig(module="io-1", output="barrier", pulse_s=10)))


def _green_and_opening(fake: FakeModbusModule) -> bool:
    return fake.outputs() == {"red": False, "amber": False, "green": True, "barrier": True}


def _red_and_closed(fake: FakeModbusModule) -> bool:
    return fake.outputs() == {"red": True, "amber": False, "green": False, "barrier": False}


async def test_the_service_is_killed(fake: FakeModbusModule) -> None:
    gate = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.signals.green_gate", fake.reachable_config.model_dump_json(), stdout=-1, cwd=ROOT
    )
    assert gate.stdout
    assert await gate.stdout.readline() == b"green\n"
    await soon(fake, lambda: _green_and_opening(fake))
    gate.kill()
    await gate.wait()
    await soon(fake, lambda: _red_and_closed(fake))


async def test_the_network_is_cut_and_mended(fake: FakeModbusModule) -> None:
    async with Cable(fake.port) as cable:
        module = ModbusModule(fake.reachable_config.model_copy(update={"port": cable.port}), utc_now)
        lane = _lane(module)
        async with running(module) as told:
            await told.working()
            await lane.show("green")
            opening = asyncio.create_task(lane.open_barrier())
            await soon(fake, lambda: _green_and_opening(fake))
            cable.cut()
            await soon(fake, lambda: _red_and_closed(fake))
            await told.lost()
            with pytest.raises(SignalError):
                await lane.show("green")
            fake.history.clear()
            cable.mend()
            await told.working(2)
            assert _red_and_closed(fake)
            assert fake.history == []  # not even for a moment
            assert [working for working, _ in told.states] == [True, False, True]
            opening.cancel()


async def test_the_module_loses_its_power_and_comes_back(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.show("green")
        opening = asyncio.create_task(lane.open_barrier())
        await soon(fake, lambda: _green_and_opening(fake))
        await fake.lose_power()
        assert _red_and_closed(fake)
        await told.lost()
        fake.history.clear()
        await fake.start()
        await told.working(2)
        assert _red_and_closed(fake)
        assert fake.history == []
        opening.cancel()


async def test_a_service_that_stood_still_finds_its_green_gone_and_does_not_repeat_it(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.show("green")
        await soon(fake, lambda: fake.shows("green"))
        fake.points.coils.update({16: False, 18: False})  # as its watchdog left it, on a connection that still stands
        await told.lost()
        assert "output red reads on without a command" in told.states[-1][1]
        await told.working(2)
        assert _red_and_closed(fake)
