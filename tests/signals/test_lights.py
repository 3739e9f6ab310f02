"""Fail-safe: exactly one light, one pulse per opening, red and closed at start, at stop and after any failure."""

import asyncio

import pytest

from gateway.model.device import Light
from gateway.signals.config import BarrierConfig, LightsConfig
from gateway.signals.errors import OutputStuckError, SignalError, UnknownLightError, UnknownOutputError
from gateway.signals.lights import Barrier, LaneLights, LaneSignals
from gateway.signals.module import ModbusModule
from gateway.simulator.modbus_module import FakeModbusModule
from tests.signals.conftest import module_for, running, soon


def _lane(module: ModbusModule) -> LaneSignals:
    lights = LaneLights.of(module, LightsConfig(module="io-1", red="red", amber="amber", green="green"))
    return LaneSignals(lights, Barrier(module, BarrierConfig(module="io-1", output="barrier", pulse_s=0.05)))


def _lit(fake: FakeModbusModule) -> list[str]:
    return [name for name in ("red", "amber", "green") if fake.shows(name)]


async def test_red_and_closed_before_anybody_says_anything(fake: FakeModbusModule) -> None:
    fake.points.coils.update({18: True, 21: True})  # left green and open by whoever was here before
    module = module_for(fake)
    _lane(module)
    async with running(module) as told:
        await told.working()
        assert _lit(fake) == ["red"]
        assert not fake.shows("barrier")


async def test_each_light_alone(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane: Light = _lane(module)
    async with running(module) as told:
        await told.working()
        for light in ("amber", "green", "red", "green"):
            await lane.show(light)
            assert _lit(fake) == [light]


async def test_never_two_lights_even_between_two_requests(fake: FakeModbusModule) -> None:
    scattered = {"red": {"address": 16}, "amber": {"address": 18}, "green": {"address": 20}, "barrier": {"address": 22}}
    apart = await FakeModbusModule(fake.config.model_validate(fake.config.model_dump() | {"outputs": scattered})).start(0)
    module = module_for(apart)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        for light in ("green", "amber", "red"):
            await lane.show(light)
    lit: set[str] = set()
    for name, on in apart.history:
        lit = lit | {name} if on else lit - {name}
        assert len(lit) <= 1
    await apart.stop()


async def test_one_opening_is_one_pulse(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.open_barrier()
        assert [on for name, on in fake.history if name == "barrier"] == [True, False]


async def test_a_cancelled_opening_still_ends_its_pulse(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        opening = asyncio.create_task(lane.open_barrier())
        await soon(fake, lambda: fake.shows("barrier"))
        opening.cancel()
        await soon(fake, lambda: not fake.shows("barrier"))
        await asyncio.gather(opening, return_exceptions=True)
    assert [on for name, on in fake.history if name == "barrier"] == [True, False]


async def test_stopping_leaves_red_and_closed(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.show("green")
        opening = asyncio.create_task(lane.open_barrier())
        await soon(fake, lambda: fake.shows("barrier"))
    assert _lit(fake) == ["red"]
    assert not fake.shows("barrier")
    with pytest.raises(SignalError):
        await opening
    with pytest.raises(SignalError):
        await lane.show("green")


@pytest.mark.parametrize(("before", "after"), [("amber", "amber"), ("red", "red"), ("green", "red")])
async def test_a_module_that_comes_back_shows_what_was_commanded_but_never_green(
    fake: FakeModbusModule, before: str, after: str
) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.show(before)
        fake.history.clear()
        await fake.lose_power()
        await fake.start()
        await told.working(2)
        assert _lit(fake) == [after]
        assert ("green", True) not in fake.history
        await lane.show("green")  # asked anew
        assert _lit(fake) == ["green"]


async def test_a_green_that_could_not_be_shown_is_not_shown_later(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.show("amber")
        await fake.stop()
        await told.lost()
        with pytest.raises(SignalError):
            await lane.show("green")
        await fake.start()
        await told.working(2)
        assert _lit(fake) == ["red"]


async def test_a_module_lost_during_the_pulse_comes_back_closed(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        opening = asyncio.create_task(lane.open_barrier())
        await soon(fake, lambda: fake.shows("barrier"))
        await fake.stop()
        await asyncio.gather(opening, return_exceptions=True)
        assert fake.shows("barrier")  # the output latched
        await fake.start()
        await told.working(2)
        assert not fake.shows("barrier")
    assert [on for name, on in fake.history if name == "barrier"] == [True, False]


async def test_a_stuck_green_goes_back_to_red(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        fake.stick("green")
        with pytest.raises(OutputStuckError, match="green"):
            await lane.show("green")
        assert _lit(fake) == ["red"]


async def test_the_modules_own_watchdog_makes_it_safe_when_the_gate_is_dead(fake: FakeModbusModule) -> None:
    alone = await FakeModbusModule(fake.config, watchdog_s=0.05, safe={"red": True, "green": False, "barrier": False}).start(0)
    module = module_for(alone)
    lane = _lane(module)
    async with running(module) as told:
        await told.working()
        await lane.show("green")
        module._link.close()  # as if killed: nothing is written any more
        alone.faults.mute = True
        await soon(alone, lambda: _lit(alone) == ["red"])
    await alone.stop()


async def test_a_wrong_light_or_output_is_named(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    with pytest.raises(UnknownLightError, match="no light 'blue'"):
        await _lane(module).show("blue")
    with pytest.raises(UnknownOutputError, match="no output 'gate'"):
        Barrier(module, BarrierConfig(module="io-1", output="gate"))
    with pytest.raises(UnknownOutputError, match="no input 'up'"):
        Barrier(module, BarrierConfig(module="io-1", output="barrier", opened="up"))
    with pytest.raises(UnknownOutputError, match="three outputs"):
        LaneLights(module, "red", "red", "green")
