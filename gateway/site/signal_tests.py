"""What `gateway check` tries on lights and I/O modules while the lanes are out of service: the lamps, and the watchdogs.

Neither opens a barrier nor leaves a light green. While `gateway run` serves the site they are refused: both would command
the same outputs.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import Final

from gateway.model.clock import Clock
from gateway.model.device import DeviceReport
from gateway.signals.config import AnyModuleConfig
from gateway.signals.errors import ModuleLostError, SignalError
from gateway.signals.lights import AMBER, GREEN, RED, LaneLights
from gateway.signals.module import ModbusModule
from gateway.signals.watchdog import prove
from gateway.site.lane_file import SiteConfig
from gateway.store.folder_lock import FolderLock

SHOWN_S: Final = 1.5  # long enough to look up at each lamp
PATIENCE_S: Final = 3.0  # for the module to answer; it is asked twice within the first second

Sleep = Callable[[float], Awaitable[None]]


@contextmanager
def out_of_service(site: SiteConfig) -> Iterator[None]:
    """Nobody serves the lanes meanwhile. Raises StoreLockedError while `gateway run` does."""
    if not site.store.folder.is_dir():  # never served so far
        yield
        return
    lock = FolderLock(site.store.folder)
    lock.take()
    try:
        yield
    finally:
        lock.release()


# Lamps -------------------------------------------------------------------------------------------------------------------


async def try_lights(site: SiteConfig, clock: Clock, sleep: Sleep) -> tuple[DeviceReport, ...]:
    """Lane by lane red, amber, green, each alone and read back, then red. A lane without lights has nothing to try."""
    reports: list[DeviceReport] = []
    for config in site.io_modules:
        module = ModbusModule(config, clock)  # one for all its lanes: the others stay red meanwhile
        here = [lane for lane in site.lanes if lane.lights and lane.lights.module == config.name]
        lanes = [(lane.name, LaneLights.of(module, lane.lights)) for lane in here if lane.lights]
        if lanes:
            reports += await _try_lanes(module, lanes, sleep)
    return tuple(reports)


async def _try_lanes(module: ModbusModule, lanes: Sequence[tuple[str, LaneLights]], sleep: Sleep) -> list[DeviceReport]:
    begun = asyncio.get_running_loop().time()
    try:
        async with _served(module):
            return [await _try_lane(name, lights, module.config, sleep) for name, lights in lanes]
    except ModuleLostError as error:
        return [_report(name, "lights", module.config, False, str(error), begun) for name, _ in lanes]


async def _try_lane(name: str, lights: LaneLights, config: AnyModuleConfig, sleep: Sleep) -> DeviceReport:
    begun = asyncio.get_running_loop().time()
    answers, detail = True, "red, amber and green shown one after the other and read back; now red"
    try:
        for light in (RED, AMBER, GREEN, RED):
            await lights.show(light)
            await sleep(SHOWN_S)
    except SignalError as error:
        answers, detail = False, str(error)
    return _report(name, "lights", config, answers, detail, begun)


@asynccontextmanager
async def _served(module: ModbusModule) -> AsyncIterator[None]:
    """The module as a lane uses it, once it works. Raises ModuleLostError where it does not. Leaves it safe."""
    said: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    task = asyncio.create_task(module.run(_ignore, lambda working, detail: said.put_nowait((working, detail))))
    try:
        try:
            working, detail = await asyncio.wait_for(said.get(), PATIENCE_S)
        except TimeoutError:
            working, detail = False, f"module {module.name}: no answer within {PATIENCE_S:g} s"
        if not working:
            raise ModuleLostError(detail)
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _ignore(_name: str, _on: bool, _at: datetime) -> None:
    """Inputs decide nothing in a light test."""


# Watchdogs ---------------------------------------------------------------------------------------------------------------


async def try_watchdogs(site: SiteConfig, sleep: Sleep) -> tuple[DeviceReport, ...]:
    """Of each module with outputs: whether it makes them safe by itself when nobody speaks to it. All modules at once."""
    modules = [module for module in site.io_modules if module.outputs]
    return tuple(await asyncio.gather(*(_try_watchdog(site, module, sleep) for module in modules)))


async def _try_watchdog(site: SiteConfig, config: AnyModuleConfig, sleep: Sleep) -> DeviceReport:
    begun = asyncio.get_running_loop().time()
    safe, harmless = _outputs(site, config)
    try:
        proof = await prove(config, safe, harmless, sleep)
    except SignalError as error:
        answers, detail = False, str(error)
    else:
        answers, detail = proof.works, proof.detail
    return _report(config.name, "watchdog", config, answers, detail, begun)


def _outputs(site: SiteConfig, config: AnyModuleConfig) -> tuple[dict[str, bool], frozenset[str]]:
    """What each output of a module must be when nobody speaks to it, and which of them may be moved for a test."""
    here = [lane for lane in site.lanes if lane.lights and lane.lights.module == config.name]
    safe = dict.fromkeys(config.outputs, False) | {lane.lights.red: True for lane in here if lane.lights}
    left_alone = {lane.lights.green for lane in here if lane.lights}
    left_alone |= {lane.barrier.output for lane in site.lanes if lane.barrier and lane.barrier.module == config.name}
    left_alone |= {lane.sounder.output for lane in site.lanes if lane.sounder and lane.sounder.module == config.name}
    return safe, frozenset(config.outputs) - left_alone


def _report(device: str, kind: str, config: AnyModuleConfig, answers: bool, detail: str, begun: float) -> DeviceReport:
    elapsed_ms = (asyncio.get_running_loop().time() - begun) * 1000
    address = f"{config.location} unit {config.unit}"
    return DeviceReport(device=device, type=kind, address=address, answers=answers, detail=detail, elapsed_ms=elapsed_ms)
