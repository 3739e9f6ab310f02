"""Reading a module: its inputs and outputs by name, with their polarity applied."""

from gateway.signals.config import AnyModuleConfig
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
