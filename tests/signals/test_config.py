"""A lane file's entry that cannot be right is refused, and says what is wrong."""

import re

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.signals.config import (
    AnyModuleConfig,
    BarrierConfig,
    InputConfig,
    LightsConfig,
    ModbusModuleConfig,
    ModbusRtuModuleConfig,
    OutputConfig,
    WatchdogConfig,
)
from tests.signals.conftest import CONFIG


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"debounce": 35}, "debounce"),
        ({"port": 70000}, "port"),
        ({"outputs": {"red": {"address": 16}, "green": {"address": 16}}}, "'red' and 'green' share the coil 16"),
        ({"inputs": {"loop": {"address": 0, "table": "register"}}}, "inputs.loop.table"),
        ({"inputs": {}, "outputs": {}}, "neither inputs nor outputs"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(named)):
        ModbusModuleConfig.model_validate(CONFIG | change)


def test_a_serial_module_is_chosen_by_its_type() -> None:
    adapter: TypeAdapter[AnyModuleConfig] = TypeAdapter(AnyModuleConfig)
    entry = {"type": "modbus_rtu", "name": "io-2", "device": "/dev/ttyUSB0", "inputs": {"loop": {"address": 0}}}
    assert isinstance(adapter.validate_python(entry), ModbusRtuModuleConfig)


@pytest.mark.parametrize(
    "config",
    [BarrierConfig, InputConfig, LightsConfig, ModbusModuleConfig, ModbusRtuModuleConfig, OutputConfig, WatchdogConfig],
)
def test_every_field_says_what_it_is(config: type[BaseModel]) -> None:
    assert [name for name, field in config.model_fields.items() if not field.description] == []
