"""RFC 2217 as its client: data survives, commands are understood, and whatever else arrives is passed over."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rfid.errors import ReaderRefusedError, RfidError
from gateway.rfid.rfc2217 import BINARY, COM_PORT, DO, DONT, IAC, SB, SE, SET_BAUDRATE, WILL, WONT, ComPort


def port() -> ComPort:
    return ComPort(9600, "N", 1)


def said(command: int, value: bytes) -> bytes:
    return bytes((IAC, SB, COM_PORT, 100 + command)) + value.replace(b"\xff", b"\xff\xff") + bytes((IAC, SE))


CONFIRMED = said(1, struct.pack("!I", 9600)) + said(2, b"\x08") + said(3, b"\x01") + said(4, b"\x01")


def test_what_is_asked_for() -> None:
    client = port()
    assert client.take_answers().hex(" ", 3) == "fffb2c fffb00 fffd00 fffd03"
    assert client.feed(bytes((IAC, DO, COM_PORT))) == b""
    assert client.take_answers().hex() == (
        "fffa2c0100002580fff0" + "fffa2c0208fff0" + "fffa2c0301fff0" + "fffa2c0401fff0" + "fffa2c0501fff0" + "fffa2c0c01fff0"
    )
    assert not client.ready
    client.feed(CONFIRMED)
    assert client.ready


def test_another_speed_than_asked_for_is_named() -> None:
    with pytest.raises(ReaderRefusedError, match="sets baud rate 2400, not 9600"):
        port().feed(said(SET_BAUDRATE, struct.pack("!I", 2400)))


@pytest.mark.parametrize("verb", [DONT, WONT])
def test_a_server_that_would_change_bytes_is_refused(verb: int) -> None:
    with pytest.raises(ReaderRefusedError, match="binary transmission refused"):
        port().feed(bytes((IAC, verb, BINARY)))


def test_an_unwanted_option_is_refused_once() -> None:
    client = port()
    client.take_answers()
    client.feed(bytes((IAC, DO, 99)) * 3)
    assert client.take_answers() == bytes((IAC, WONT, 99))
    client.feed(bytes((IAC, WILL, 1)) * 3)
    assert len(client.take_answers()) == 3


@given(st.binary(max_size=300), st.integers(0, 20))
def test_data_survives_escaping_however_it_is_cut(data: bytes, cut: int) -> None:
    client, sent = port(), ComPort.escaped(data)
    assert client.feed(sent[:cut]) + client.feed(sent[cut:]) == data


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_commands_between_data_are_taken_out(before: bytes, after: bytes) -> None:
    client = port()
    assert client.feed(ComPort.escaped(before) + CONFIRMED + ComPort.escaped(after)) == before + after
    assert client.ready


COMMANDS = st.sampled_from([bytes((IAC,)), bytes((IAC, SB)), bytes((IAC, SE)), bytes((IAC, SB, COM_PORT, 101)), bytes((IAC, DO))])


@given(st.lists(st.binary(max_size=20) | COMMANDS, max_size=30))
def test_arbitrary_bytes_are_passed_over_or_refused(parts: list[bytes]) -> None:
    client = port()
    for part in parts:
        try:
            client.feed(part)
        except RfidError:
            return
