"""Names of machines: what a resolver would choke on is refused where it is written, by the field's name."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.model.host import Host
from gateway.ocr.cameras import CAMERA
from gateway.rfid.config import LineReaderConfig, LlrpReaderConfig
from gateway.seal_reader.config import AdvertisementFeedConfig
from gateway.signals.config import ModbusModuleConfig
from gateway.timekeeping.config import NtpConfig

HOST: TypeAdapter[str] = TypeAdapter(Host)
BAD = "gate..lan"


@pytest.mark.parametrize("host", ["10.0.0.9", "fe80::1", "uhf-1.gate.lan", "uhf_1", "gate.lan.", "閘口.tw", "x" * 63])
def test_names_and_addresses_are_taken_as_they_are(host: str) -> None:
    assert HOST.validate_python(host) == host


@pytest.mark.parametrize("host", ["", BAD, ".lan", "x" * 64, "a b", "a\0b", "a\n", "x." * 127 + "x"])
def test_what_is_no_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        HOST.validate_python(host)


@given(st.text(max_size=70))
def test_no_resolver_chokes_on_what_is_taken(host: str) -> None:
    """`getaddrinfo` prepares the name before it asks anybody; asked for numbers alone, it asks nobody at all."""
    try:
        HOST.validate_python(host)
    except ValidationError:
        return
    try:
        socket.getaddrinfo(host, 1, flags=socket.AI_NUMERICHOST)
    except OSError:
        return


@pytest.mark.parametrize(
    ("config", "entry", "field"),
    [
        (LlrpReaderConfig, {"name": "uhf-1", "host": BAD, "antennas": {1: {"lane": "in-1"}}}, "host"),
        (LineReaderConfig, {"name": "desk-1", "port": f"socket://{BAD}:4001", "antennas": {1: {"lane": "in-1"}}}, "port"),
        (AdvertisementFeedConfig, {"name": "ble-1", "host": BAD, "port": 9000, "lanes": ["in-1"]}, "host"),
        (ModbusModuleConfig, {"name": "io-1", "host": BAD, "outputs": {"red": {"address": 16}}}, "host"),
        (NtpConfig, {"host": BAD}, "host"),
        (CAMERA, {"type": "rtsp", "name": "rear", "url": f"rtsp://{BAD}/live"}, "url"),
    ],
)
def test_every_device_says_which_field_is_wrong(
    config: type[BaseModel] | TypeAdapter[object], entry: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        config.validate_python(entry) if isinstance(config, TypeAdapter) else config.model_validate(entry)
    (error,) = refused.value.errors()
    assert (error["loc"][-1], "each part between its dots" in error["msg"]) == (field, True)
