"""The simulated module on a serial line, at a real pseudo-terminal: the gate's own driver works it, and notices its faults."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.model.clock import utc_now
from gateway.signals.config import ModbusRtuModuleConfig
from gateway.signals.module import ModbusModule
from gateway.simulator.serial_line import PtyLine
from gateway.simulator.serial_module import FakeSerialModule
from gateway.simulator.simulated_module import ModuleFaults
from tests.signals.conftest import running

CONFIG = {
    "name": "io-4",
    "device": "/dev/serial/by-id/x",
    "unit": 3,
    "debounce_ms": 0,
    "inputs": {"loop": {"address": 0, "inverted": True}},
    "outputs": {"red": {"address": 16}, "amber": {"address": 17}, "barrier": {"address": 21}},
}


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[FakeSerialModule]:
    fake = await FakeSerialModule(ModbusRtuModuleConfig.model_validate(CONFIG), PtyLine(tmp_path / "line")).start()
    yield fake
    await fake.stop()


def driver(fake: FakeSerialModule, **changes: object) -> ModbusModule:
    return ModbusModule(ModbusRtuModuleConfig.model_validate(CONFIG | fake.reachable | changes), utc_now)


async def test_inputs_outputs_and_a_pulse_over_the_line(fake: FakeSerialModule) -> None:
    module = driver(fake)
    async with running(module) as told:
        await told.working()
        fake.drive("loop", on=True)
        await told.until(lambda told: ("loop", True) in told.inputs)
        await module.write({"amber": True})
        await module.pulse("barrier", 0.01)
        assert fake.history == [("amber", True), ("barrier", True), ("barrier", False)]
    report = await module.check()
    assert report.identity == "gateway simulated module 1"
    assert "amber=off" in report.detail  # left safe


@pytest.mark.parametrize("faults", [ModuleFaults(mute=True), ModuleFaults(garbled=True), ModuleFaults(failing=True)])
async def test_a_module_that_goes_wrong_is_lost_and_found_again(fake: FakeSerialModule, faults: ModuleFaults) -> None:
    async with running(driver(fake)) as told:
        await told.working()
        fake.faults = faults
        await told.lost()
        fake.faults = ModuleFaults()
        await told.working(2)


async def test_what_is_said_to_another_unit_is_not_its_own(fake: FakeSerialModule) -> None:
    async with running(driver(fake, unit=4)) as told:
        await told.lost()
    assert fake.requests == 0


async def test_it_is_unplugged_and_found_again_under_the_same_name(fake: FakeSerialModule) -> None:
    module = driver(fake)
    async with running(module) as told:
        await told.working()
        await module.write({"amber": True})
        await fake.stop()
        await told.lost()
        assert fake.shows("amber")  # outputs latch
        await fake.start()
        await told.working(2)
