"""Everything that readers were recorded to send, and what a line makes of it: understood, or one of the room's own errors."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.model.device import TagSighting
from gateway.rfid.config import LineReaderConfig, WiegandReaderConfig
from gateway.rfid.errors import RfidError
from gateway.rfid.line_reader import LineReader
from gateway.rfid.llrp_codec import HEADER, Message, decode, decode_header
from gateway.rfid.llrp_events import connection_attempt
from gateway.rfid.llrp_messages import parse_capabilities, parse_report, require_success
from gateway.rfid.llrp_numbers import M
from gateway.rfid.rfc2217 import ComPort
from gateway.rfid.text_lines import LineSplitter
from gateway.rfid.text_reader import TextReader
from gateway.rfid.uhf18_frames import READER_INFORMATION, WITH_TAGS, Answer, FrameSplitter, parse_information, tags_of
from gateway.rfid.wiegand_reader import WiegandReader
from tests.corpus import agrees, cases, told

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ENTRY = {"name": "desk-1", "port": "/dev/reader", "antennas": {1: {"lane": "in-1"}}}


def llrp(data: bytes) -> str:
    """Messages one after the other, as a connection takes them."""
    understood = []
    while data:
        header = decode_header(data[: HEADER.size])
        message, data = decode(data[: header.length]), data[header.length :]
        understood.append(f"{M(message.type).name} {_said(message)}".strip())
    return "; ".join(understood)


def _said(message: Message) -> str:
    if message.type == M.READER_EVENT_NOTIFICATION:
        return str(connection_attempt(message))
    if message.type == M.RO_ACCESS_REPORT:
        return " ".join(f"{tag.epc} {tag.antenna} {tag.rssi}" for tag in parse_report(message))
    if message.type == M.GET_READER_CAPABILITIES_RESPONSE:
        return str(parse_capabilities(message))
    if message.type != M.KEEPALIVE:
        require_success(message)
    return ""


def uhf18(data: bytes) -> str:
    """Answers of a reader with antennas; at the end nothing more comes."""
    splitter = FrameSplitter()
    answers = splitter.feed(data) + splitter.give_up()
    return "; ".join([*map(_answered, answers), f"{splitter.skipped} bytes skipped"])


def _answered(answer: Answer) -> str:
    if answer.command == READER_INFORMATION:
        return str(parse_information(answer))
    tags = " ".join(f"{tag.epc} {tag.antennas} {tag.strength}" for tag in tags_of(answer, with_antennas=True))
    return tags or (f"no more tags ({answer.status_name})" if answer.status in WITH_TAGS else answer.status_name)


def line_reader(framing: str) -> Callable[[bytes], str]:
    reader = LineReader(LineReaderConfig.model_validate(ENTRY | {"framing": framing}), lambda: NOW)
    return lambda data: _lines(reader, LineSplitter(framing), data)


def wiegand26(data: bytes) -> str:
    return _lines(WiegandReader(WiegandReaderConfig.model_validate(ENTRY), lambda: NOW), LineSplitter("lines"), data)


def _lines(reader: TextReader, splitter: LineSplitter, data: bytes) -> str:
    seen: list[TagSighting] = []
    left_out = []
    for line in splitter.feed(data):
        try:
            if line != "":
                seen.append(reader._understand(line))
        except RfidError as error:
            left_out.append(told(error))
    return "; ".join([*(f"{tag.technology} {tag.uid}" for tag in seen), *left_out])


def rfc2217(data: bytes) -> str:
    """Data from a device server that was asked for 9600 bits per second, 8N1."""
    com_port = ComPort(9600, "N", 1)
    received = com_port.feed(data)
    return f"{'set' if com_port.ready else 'not set'}, data {received.hex() or 'none'}"


DECODERS: dict[str, Callable[[bytes], str]] = {
    "llrp": llrp,
    "uhf18": uhf18,
    "lines": line_reader("lines"),
    "stx_etx": line_reader("stx_etx"),
    "wiegand26": wiegand26,
    "rfc2217": rfc2217,
}


def outcome(decoder: str, data: bytes) -> str:
    try:
        return DECODERS[decoder](data)
    except RfidError as error:
        return told(error)


@pytest.mark.parametrize(("decoder", "data", "expected"), cases(Path(__file__).parent))
def test_it_is_understood_or_refused_as_the_table_says(decoder: str, data: bytes, expected: str) -> None:
    said = outcome(decoder, data)
    assert agrees(said, expected), said
