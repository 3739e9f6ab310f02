"""Reading a module: its inputs and outputs by name with their polarity applied, and the report of `gateway check`."""

import asyncio

from gateway.model.device import DeviceReport
from gateway.signals.config import AnyModuleConfig
from gateway.signals.errors import SignalError
from gateway.signals.link import ModbusLink
from gateway.signals.points import Run, input_runs, output_runs


def word(on: bool) -> str:
    return "on" if on else "off"


async def read_inputs(link: ModbusLink, config: AnyModuleConfig) -> dict[str, bool]:
    """All inputs as they are now, not debounced. Raises SignalError."""
    values: dict[str, bool] = {}
    for run in input_runs(config.inputs):
        for names, bit in zip(run.names, await link.read(run), strict=True):
            values.update({name: bit is not config.inputs[name].inverted for name in names})
    return values


async def read_outputs(link: ModbusLink, config: AnyModuleConfig, run: Run) -> dict[str, bool]:
    """The outputs of one run as the module holds them now. Raises SignalError."""
    bits = await link.read(run)
    return {name: bit is not config.outputs[name].inverted for (name,), bit in zip(run.names, bits, strict=True)}


async def read_all_outputs(link: ModbusLink, config: AnyModuleConfig) -> dict[str, bool]:
    """Every output as the module holds it now. Raises SignalError."""
    values: dict[str, bool] = {}
    for run in output_runs(config.outputs):
        values.update(await read_outputs(link, config, run))
    return values


async def check_module(config: AnyModuleConfig, connected: ModbusLink | None) -> DeviceReport:
    """Read everything once, over the connection that is there or a short one of its own. Writes nothing."""
    started = asyncio.get_running_loop().time()
    link = connected or ModbusLink(config)
    identity = detail = ""
    answers = True
    try:
        if connected is None:
            await link.open()
        detail = await _points_as_text(link, config)
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


async def _points_as_text(link: ModbusLink, config: AnyModuleConfig) -> str:
    values = await read_inputs(link, config) | await read_all_outputs(link, config)
    return " ".join(f"{name}={word(on)}" for name, on in values.items())


async def _identity(link: ModbusLink, *, asked_safely: bool) -> str:
    """Asked only on a connection of our own: a module that does not know the question may stay silent, and lose the connection."""
    if not asked_safely:
        return ""
    try:
        return await link.identify()
    except SignalError:
        return ""
