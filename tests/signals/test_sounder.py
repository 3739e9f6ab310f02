"""The sounder sounds once for what was decided, as long as the lane file says, and is silent otherwise."""

import pytest

from gateway.signals.config import LightsConfig, SounderConfig
from gateway.signals.errors import SignalError
from gateway.signals.lights import LaneLights, LaneSignals, Sounder
from gateway.simulator.modbus_module import FakeModbusModule
from tests.signals.conftest import module_for, running

CONFIG = SounderConfig(module="io-1", output="sounder", refer_s=0.02, stop_s=0.04)


async def test_a_stop_and_a_referral_are_heard_once_and_a_pass_is_not(fake: FakeModbusModule) -> None:
    module = module_for(fake)
    lights = LaneLights.of(module, LightsConfig(module="io-1", red="red", amber="amber", green="green"))
    lane = LaneSignals(lights, sounder=Sounder(module, CONFIG))
    async with running(module) as told:
        await told.working()
        for outcome, heard in (("PASS", []), ("REFER", [True, False]), ("STOP", [True, False])):
            fake.history.clear()
            await lane.sound(outcome)
            assert [on for name, on in fake.history if name == "sounder"] == heard
        fake.stick("sounder")
        with pytest.raises(SignalError, match="output sounder was set on"):
            await lane.sound("STOP")
    await LaneSignals(lights).sound("STOP")  # a lane without a sounder keeps silent
