"""A reader's entry in a lane file."""

import re

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.rfid.config import (
    AntennaConfig,
    GpiTriggerConfig,
    LineReaderConfig,
    LlrpReaderConfig,
    ReaderConfig,
    TagPrefixConfig,
    Uhf18ReaderConfig,
    WiegandReaderConfig,
)

READER: TypeAdapter[ReaderConfig] = TypeAdapter(ReaderConfig)
ONE: dict[str, object] = {"name": "uhf-1", "antennas": {1: {"lane": "out-1", "purpose": "seal"}}}
TWO = {"antennas": {1: {"lane": "out-1"}, 2: {"lane": "out-2"}}}
LLRP = ONE | {"type": "llrp", "host": "10.0.0.9"}
UHF18 = ONE | {"type": "uhfreader18", "port": "/dev/serial/by-id/uhf"}
LINES = ONE | {"type": "lines", "port": "socket://10.0.0.9:4001"}
WIEGAND = ONE | {"type": "wiegand", "port": "rfc2217://10.0.0.9:4001"}


@pytest.mark.parametrize("entry", [LLRP, UHF18, LINES, WIEGAND], ids=lambda entry: str(entry["type"]))
def test_the_shortest_entry(entry: dict[str, object]) -> None:
    assert READER.validate_python(entry).name == "uhf-1"


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (LLRP | {"type": "llpr"}, "llpr"),
        (LLRP | {"antenna": {}}, "llrp.antenna"),
        (LLRP | {"antennas": {}}, "llrp.antennas"),
        (LLRP | {"antennas": {0: {"lane": "out-1"}}}, "antennas.0"),
        (LLRP | {"antennas": {1: {"lane": "out-1", "purpose": "e-seal"}}}, "antennas.1.purpose"),
        (LLRP | {"antennas": {1: {"lane": "out-1", "weakest_dbm": 60}}}, "antennas.1.weakest_dbm"),
        (LLRP | {"keepalive_s": 0}, "keepalive_s"),
        (LLRP | {"trigger": {"gpi": 1}}, "trigger.input"),
        (UHF18 | TWO, "model 18 has antennas up to 1, not 2"),
        (UHF18 | {"model": "288", "antennas": {9: {"lane": "out-1"}}}, "model 288 has antennas up to 8, not 9"),
        (UHF18 | {"port": "tcp://10.0.0.9:4001"}, "socket://HOST:PORT or rfc2217://HOST:PORT"),
        (UHF18 | {"port": "socket://10.0.0.9"}, "socket://HOST:PORT"),
        (UHF18 | {"port": "socket://10.0.0.9:99999"}, "socket://HOST:PORT"),
        (UHF18 | {"port": "rfc2217://10.0.0.9:4001?logging=debug"}, "socket://HOST:PORT"),
        (LINES | {"pattern": "("}, "pattern: missing )"),
        (LINES | {"pattern": ".*"}, "a named group is needed, (?P<uid>…)"),
        (LINES | {"pattern": "(?P<uid>.)(?P<colour>.)"}, "a named group is needed"),
        (LINES | TWO, "antennas: without (?P<antenna>…)"),
        (WIEGAND | {"pattern": "(?P<uid>.*)"}, "(?P<frame_bits>…) or (?P<frame_hex>…)"),
        (WIEGAND | {"pattern": "(?P<facility>.*)"}, "(?P<card>…)(?P<facility>…)"),
        (WIEGAND | {"bits": 37}, "bits"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(entry: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(named)):
        READER.validate_python(entry)


@pytest.mark.parametrize(
    "config",
    [
        AntennaConfig,
        GpiTriggerConfig,
        LineReaderConfig,
        LlrpReaderConfig,
        TagPrefixConfig,
        Uhf18ReaderConfig,
        WiegandReaderConfig,
    ],
)
def test_every_field_says_what_it_is(config: type[BaseModel]) -> None:
    assert [name for name, field in config.model_fields.items() if not field.description] == []
