"""The module's own communication watchdog: set where Modbus reaches it, and proven by silence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from gateway.signals.config import ModbusModuleConfig
from gateway.signals.errors import OutputStuckError
from gateway.signals.lights import LaneLights
from gateway.signals.watchdog import prove
from gateway.simulator.modbus_module import FakeModbusModule
from tests.signals.conftest import CONFIG, module_for, running

TIMEOUT_REGISTER = 0x1120
SAFE = {"red": True, "amber": False, "green": False, "barrier": False, "sounder": False}
HARMLESS = frozenset({"red", "amber", "sounder"})


def _config(value: int) -> ModbusModuleConfig:
    setting = {"table": "register", "address": TIMEOUT_REGISTER, "value": value}
    return ModbusModuleConfig.model_validate(CONFIG | {"watchdog": {"timeout_s": 8, "settings": [setting]}})


@pytest.fixture
async def coupler() -> AsyncIterator[FakeModbusModule]:
    """A module whose watchdog is armed by a register, and is not yet."""
    fake = await FakeModbusModule(_config(8000), safe=SAFE, armed_by=TIMEOUT_REGISTER).start(0)
    yield fake
    await fake.stop()


async def test_the_watchdog_is_set_at_start_and_again_after_the_module_lost_its_power(coupler: FakeModbusModule) -> None:
    async with running(module_for(coupler)) as told:
        await told.working()
        assert coupler.points.registers[TIMEOUT_REGISTER] == 8000
        await coupler.lose_power()
        assert coupler.points.registers[TIMEOUT_REGISTER] == 0
        await coupler.start()
        await told.working(2)
        assert coupler.points.registers[TIMEOUT_REGISTER] == 8000


async def test_a_module_whose_watchdog_cannot_be_set_takes_no_command(coupler: FakeModbusModule) -> None:
    coupler.points.refused.add(TIMEOUT_REGISTER)
    module = module_for(coupler)
    LaneLights(module, "red", "amber", "green")
    async with running(module) as told:
        await told.lost()
        assert f"setting register {TIMEOUT_REGISTER}: refused with Modbus exception 2" in told.states[-1][1]
        assert coupler.shows("red")


async def test_check_tells_how_the_watchdog_stands_and_does_not_touch_it(coupler: FakeModbusModule) -> None:
    module = module_for(coupler)
    assert f"watchdog not set yet (watchdog setting register {TIMEOUT_REGISTER})" in (await module.check()).detail
    assert coupler.points.registers[TIMEOUT_REGISTER] == 0
    coupler.points.registers[TIMEOUT_REGISTER] = 8000
    assert "watchdog 8 s, set" in (await module.check()).detail


async def test_check_says_when_the_lane_file_knows_of_no_watchdog(fake: FakeModbusModule) -> None:
    assert "no watchdog in the lane file" in (await module_for(fake).check()).detail


def _silence(then: Callable[[], None], waited: list[float]) -> Callable[[float], Awaitable[None]]:
    """Time that passes at once; `then` is what the module does meanwhile."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        then()

    return sleep


async def test_a_watchdog_that_works_is_proven_and_dangerous_outputs_are_left_alone(coupler: FakeModbusModule) -> None:
    waited: list[float] = []
    proof = await prove(coupler.reachable_config, SAFE, HARMLESS, _silence(coupler.trip, waited))
    assert proof.works
    assert "red, amber, sounder safe by itself" in proof.detail
    assert waited == [10.0]
    assert ("amber", True) in coupler.history  # it was moved, and
    assert coupler.outputs() == SAFE  # it is safe
    assert not {("green", True), ("barrier", True)} & set(coupler.history)


async def test_a_watchdog_that_does_not_work_is_found_out_and_the_outputs_are_safe_all_the_same(coupler: FakeModbusModule) -> None:
    proof = await prove(coupler.reachable_config, SAFE, HARMLESS, _silence(lambda: None, []))
    assert not proof.works
    assert "still red=off amber=on sounder=on" in proof.detail
    assert coupler.outputs() == SAFE


async def test_a_proof_that_fails_half_way_leaves_the_outputs_safe(coupler: FakeModbusModule) -> None:
    coupler.stick("amber")
    with pytest.raises(OutputStuckError, match="amber"):
        await prove(coupler.reachable_config, SAFE, HARMLESS, _silence(coupler.trip, []))
    assert coupler.outputs() == SAFE


async def test_a_proof_that_somebody_ends_leaves_the_outputs_safe(coupler: FakeModbusModule) -> None:
    async def cancelled(_: float) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await prove(coupler.reachable_config, SAFE, HARMLESS, cancelled)
    assert ("amber", True) in coupler.history
    assert coupler.outputs() == SAFE


async def test_a_module_of_barriers_only_is_not_opened_for_a_proof(coupler: FakeModbusModule) -> None:
    proof = await prove(coupler.reachable_config, SAFE, frozenset(), _silence(coupler.trip, []))
    assert (proof.works, coupler.history) == (False, [])
    assert "name a spare one" in proof.detail


async def test_without_a_watchdog_in_the_lane_file_nothing_is_proven(fake: FakeModbusModule) -> None:
    without: dict[str, Any] = {"watchdog": None}
    proof = await prove(fake.reachable_config.model_copy(update=without), SAFE, HARMLESS, _silence(lambda: None, []))
    assert (proof.works, proof.detail, fake.history) == (False, "no watchdog in the lane file", [])
