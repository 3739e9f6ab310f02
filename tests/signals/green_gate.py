"""A gate that shows green and is opening its barrier, until somebody kills it. Its only word is `green` once both are so."""

import asyncio
import sys

from gateway.model.clock import utc_now
from gateway.signals.config import BarrierConfig, LightsConfig, ModbusModuleConfig
from gateway.signals.lights import Barrier, LaneLights, LaneSignals
from gateway.signals.module import ModbusModule


async def main(config: ModbusModuleConfig) -> None:
    module = ModbusModule(config, utc_now)
    lights = LaneLights.of(module, LightsConfig(module=config.name, red="red", amber="amber", green="green"))
    lane = LaneSignals(lights, Barrier(module, BarrierConfig(module=config.name, output="barrier", pulse_s=10)))
    connected = asyncio.Event()
    running = asyncio.create_task(module.run(lambda *_: None, lambda *_: connected.set()))
    await connected.wait()
    await lane.show("green")
    opening = asyncio.create_task(lane.open_barrier())
    sys.stdout.write("green\n")
    sys.stdout.flush()
    await asyncio.gather(running, opening)


if __name__ == "__main__":
    asyncio.run(main(ModbusModuleConfig.model_validate_json(sys.argv[1])))
