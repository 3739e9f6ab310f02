"""Writing a module's outputs by name, with their polarity applied, and reading them back."""

from collections.abc import Mapping

from gateway.signals.config import AnyModuleConfig
from gateway.signals.errors import OutputStuckError
from gateway.signals.link import ModbusLink
from gateway.signals.points import output_runs, switching_off_first
from gateway.signals.reading import read_outputs, word


async def write_outputs(link: ModbusLink, config: AnyModuleConfig, values: Mapping[str, bool]) -> dict[str, bool]:
    """Set outputs, what only switches off first, and give how they read afterwards. Raises SignalError of the link."""
    written = output_runs({name: config.outputs[name] for name in values})
    for run in switching_off_first(written, values):
        await link.write(run, [values[name] is not config.outputs[name].inverted for (name,) in run.names])
    found: dict[str, bool] = {}
    for run in written:
        found |= await read_outputs(link, config, run)
    return found


def obeyed(config: AnyModuleConfig, values: Mapping[str, bool], found: Mapping[str, bool]) -> None:
    """Raises OutputStuckError naming the first output that does not read as it was set."""
    for name, on in found.items():
        if on is not values[name]:
            raise OutputStuckError(f"module {config.name}: output {name} was set {word(values[name])}, reads {word(on)}")
