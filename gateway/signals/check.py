"""What `gateway check` says of a module: whether it answers, what it is, how its points and its watchdog stand."""

import asyncio

from gateway.model.device import DeviceReport
from gateway.signals.config import AnyModuleConfig
from gateway.signals.errors import SignalError
from gateway.signals.link import ModbusLink
from gateway.signals.reading import read_all_outputs, read_inputs, word
from gateway.signals.watchdog import settings_as_text


async def check_module(config: AnyModuleConfig, connected: ModbusLink | None) -> DeviceReport:
    """Read everything once, over the connection that is there or a short one of its own. Writes nothing."""
    started = asyncio.get_running_loop().time()
    link = connected or ModbusLink(config)
    identity = detail = ""
    answers = True
    try:
        if connected is None:
            await link.open()
        detail = await _state_as_text(link, config)
        identity = await _identity(link, asked_safely=connected is None)
    except SignalError as error:
        answers, detail = False, str(error)
    finally:
        if connected is None:
            link.close()
    elapsed_ms = (asyncio.get_running_loop().time() - started) * 1000
    return DeviceReport(
        device=config.name,
        type=config.type,
        address=f"{config.location} unit {config.unit}",
        answers=answers,
        identity=identity,
        detail=detail,
        elapsed_ms=elapsed_ms,
    )


async def _state_as_text(link: ModbusLink, config: AnyModuleConfig) -> str:
    values = await read_inputs(link, config) | await read_all_outputs(link, config)
    points = " ".join(f"{name}={word(on)}" for name, on in values.items())
    return "; ".join(text for text in (points, await settings_as_text(link, config)) if text)


async def _identity(link: ModbusLink, *, asked_safely: bool) -> str:
    """Asked only on a connection of our own: a module that does not know the question may stay silent, and lose the connection."""
    if not asked_safely:
        return ""
    try:
        return await link.identify()
    except SignalError:
        return ""
