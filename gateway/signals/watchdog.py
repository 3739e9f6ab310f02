"""A module's own communication watchdog: what makes the lane red and leaves the barrier closed when nobody speaks to the module.

Each make of module sets its watchdog in its own way, so the lane file lists the settings as the module's manual has them:
for instance Beckhoff's bus couplers take milliseconds in holding register 0x1120 (their documentation, "Modbus interface").
The map of the ADAM-6050 and ADAM-6060 (ADAM-6000 Series User Manual, appendix B.2) has no such register: there host idle time
and fail-safe values are set with the maker's utility. Whichever way it was set, `prove` shows whether it works.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from gateway.signals.config import AnyModuleConfig, SettingConfig
from gateway.signals.errors import SettingRefusedError
from gateway.signals.link import ModbusLink
from gateway.signals.reading import read_all_outputs, word
from gateway.signals.writing import obeyed, write_outputs

MARGIN_S: Final = 2.0  # what a module may be late: its own tick, and the way there and back

Sleep = Callable[[float], Awaitable[None]]


async def arm(link: ModbusLink, config: AnyModuleConfig) -> None:
    """Have every setting of the lane file in the module. What is right is left alone: settings live in memory that wears out.

    Raises SettingRefusedError, or what the link raises.
    """
    for setting in config.watchdog.settings if config.watchdog else ():
        if await link.read_setting(setting) == setting.value:
            continue
        await link.write_setting(setting)
        found = await link.read_setting(setting)
        if found != setting.value:
            raise SettingRefusedError(f"module {config.name}: {_named(setting)} was set {setting.value}, reads {found}")


async def settings_as_text(link: ModbusLink, config: AnyModuleConfig) -> str:
    """For `gateway check`: how the watchdog stands, as far as Modbus tells. Writes nothing. Raises what the link raises."""
    watchdog = config.watchdog
    if watchdog is None:
        return "" if not config.outputs else "no watchdog in the lane file: outputs stay as they are when the gate dies"
    wrong = [setting for setting in watchdog.settings if await link.read_setting(setting) != setting.value]
    if wrong:
        return f"watchdog not set yet ({', '.join(map(_named, wrong))}): `gateway run` sets it"
    return f"watchdog {watchdog.timeout_s:g} s, {'set' if watchdog.settings else 'set at the module'}"


def _named(setting: SettingConfig) -> str:
    return f"watchdog setting {setting.table} {setting.address}"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the watchdog did its work, and what was seen, for the report."""

    works: bool
    detail: str


async def prove(config: AnyModuleConfig, safe: Mapping[str, bool], harmless: frozenset[str], sleep: Sleep) -> Proof:
    """Take the harmless outputs away from their safe values, keep silent, and see whether the module makes them safe by itself.

    `safe` is what every output must be then; `harmless` are the outputs that may be moved with nobody there: no green light,
    no barrier. The outputs are safe at the end, whatever was found. `sleep` waits; the silence takes the watchdog's timeout
    and a margin. Raises SignalError.
    """
    watchdog = config.watchdog
    if watchdog is None:
        return Proof(False, "no watchdog in the lane file")
    moved = {name: not safe[name] for name in config.outputs if name in harmless}
    if not moved:
        return Proof(False, "no output that may be moved: name a spare one in the lane file")
    silence = watchdog.timeout_s + MARGIN_S
    try:
        async with _connected(config) as link:
            await arm(link, config)
            obeyed(config, moved, await write_outputs(link, config, moved))
            if watchdog.heartbeat:
                await link.beat(watchdog.heartbeat, 1)
        await sleep(silence)
        async with _connected(config) as link:
            found = await read_all_outputs(link, config)
    finally:  # also where a lamp did not obey, or somebody lost patience
        async with _connected(config) as link:
            obeyed(config, safe, await write_outputs(link, config, safe))
    unsafe = [f"{name}={word(on)}" for name, on in found.items() if on is not safe[name]]
    if unsafe:
        return Proof(False, f"after {silence:g} s without a request still {' '.join(unsafe)}: set the module's watchdog")
    return Proof(True, f"after {silence:g} s without a request the module had made {', '.join(moved)} safe by itself")


@asynccontextmanager
async def _connected(config: AnyModuleConfig) -> AsyncIterator[ModbusLink]:
    link = ModbusLink(config)
    await link.open()
    try:
        yield link
    finally:
        link.close()
