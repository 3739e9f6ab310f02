"""A lane file's entry that cannot be right is refused, and says what is wrong."""

import re

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.signals.config import (
    Adam6050Config,
    Adam6060Config,
    AnyModuleConfig,
    BarrierConfig,
    HeartbeatConfig,
    InputConfig,
    LightsConfig,
    ModbusModuleConfig,
    ModbusRtuModuleConfig,
    OutputConfig,
    SettingConfig,
    SounderConfig,
    WatchdogConfig,
)
from gateway.signals.points import input_runs
from tests.signals.conftest import CONFIG


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"debounce": 35}, "debounce"),
        ({"port": 70000}, "port"),
        ({"outputs": {"red": {"address": 16}, "green": {"address": 16}}}, "'red' and 'green' share the coil 16"),
        ({"inputs": {"loop": {"address": 0, "table": "register"}}}, "inputs.loop.table"),
        ({"inputs": {}, "outputs": {}}, "neither inputs nor outputs"),
        ({"inputs": {"red": {"address": 0}}}, "'red' names an input and an output"),
        ({"watchdog": {"timeout_s": 1, "heartbeat": {"table": "coil", "address": 9, "interval_s": 0.8}}}, "heartbeat.interval_s"),
        ({"watchdog": {"settings": [{"table": "coil", "address": 9, "value": 2}]}}, "a coil holds 0 or 1"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(named)):
        ModbusModuleConfig.model_validate(CONFIG | change)


def test_a_serial_module_is_chosen_by_its_type() -> None:
    adapter: TypeAdapter[AnyModuleConfig] = TypeAdapter(AnyModuleConfig)
    entry = {"type": "modbus_rtu", "name": "io-2", "device": "/dev/ttyUSB0", "inputs": {"loop": {"address": 0}}}
    assert isinstance(adapter.validate_python(entry), ModbusRtuModuleConfig)


def test_an_adam_is_wired_by_the_channels_printed_on_it() -> None:
    entry = {
        "name": "io",
        "host": "h",
        "inputs": {"loop": {"channel": 3}},
        "outputs": {"red": {"channel": 0}, "green": {"channel": 5}},
    }
    config = Adam6050Config.model_validate(entry)
    assert [(run.table, run.start) for run in input_runs(config.inputs)] == [("coil", 3)]
    assert {name: point.address for name, point in config.outputs.items()} == {"red": 16, "green": 21}


@pytest.mark.parametrize(
    ("model", "points"),
    [
        (Adam6050Config, {"inputs": {"loop": {"channel": 12}}}),
        (Adam6060Config, {"inputs": {"loop": {"channel": 6}}}),
        (Adam6060Config, {"outputs": {"red": {"channel": 6}}}),
        (Adam6060Config, {"outputs": {"red": {"address": 16}}}),
    ],
)
def test_a_channel_that_an_adam_does_not_have_is_refused(
    model: type[Adam6050Config] | type[Adam6060Config], points: dict[str, object]
) -> None:
    with pytest.raises(ValidationError, match="channel"):
        model.model_validate({"name": "io", "host": "h", **points})


@pytest.mark.parametrize(
    "config",
    [
        Adam6050Config,
        Adam6060Config,
        BarrierConfig,
        HeartbeatConfig,
        InputConfig,
        LightsConfig,
        ModbusModuleConfig,
        ModbusRtuModuleConfig,
        OutputConfig,
        SettingConfig,
        SounderConfig,
        WatchdogConfig,
    ],
)
def test_every_field_says_what_it_is(config: type[BaseModel]) -> None:
    assert [name for name, field in config.model_fields.items() if not field.description] == []
