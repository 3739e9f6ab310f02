"""The LLRP messages that a gate sends and understands: what they mean, to and from parameters. Pure.

Messages made here have no id yet (0): the connection that sends them counts.

Numbers are those of LLRP 1.0.1, clauses 16.1 (messages) and 16.2 (parameters).
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gateway.rfid.errors import ProtocolError, ReaderRefusedError
from gateway.rfid.llrp_codec import Message, Parameter, fields, parameters, tlv


class M(IntEnum):
    """Message types."""

    GET_READER_CAPABILITIES = 1
    SET_READER_CONFIG = 3
    CLOSE_CONNECTION_RESPONSE = 4
    GET_READER_CAPABILITIES_RESPONSE = 11
    SET_READER_CONFIG_RESPONSE = 13
    CLOSE_CONNECTION = 14
    ADD_ROSPEC = 20
    DELETE_ROSPEC = 21
    START_ROSPEC = 22
    ENABLE_ROSPEC = 24
    ADD_ROSPEC_RESPONSE = 30
    DELETE_ROSPEC_RESPONSE = 31
    START_ROSPEC_RESPONSE = 32
    ENABLE_ROSPEC_RESPONSE = 34
    RO_ACCESS_REPORT = 61
    KEEPALIVE = 62
    READER_EVENT_NOTIFICATION = 63
    KEEPALIVE_ACK = 72
    ERROR_MESSAGE = 100


class P(IntEnum):
    """Parameter types."""

    ANTENNA_ID = 1
    FIRST_SEEN_UTC = 2
    PEAK_RSSI = 6
    TAG_SEEN_COUNT = 8
    EPC_96 = 13
    UTC_TIMESTAMP = 128
    GENERAL_DEVICE_CAPABILITIES = 137
    ROSPEC = 177
    RO_BOUNDARY_SPEC = 178
    ROSPEC_START_TRIGGER = 179
    ROSPEC_STOP_TRIGGER = 182
    AISPEC = 183
    AISPEC_STOP_TRIGGER = 184
    INVENTORY_PARAMETER_SPEC = 186
    KEEPALIVE_SPEC = 220
    EVENTS_AND_REPORTS = 226
    RO_REPORT_SPEC = 237
    TAG_REPORT_CONTENT_SELECTOR = 238
    TAG_REPORT_DATA = 240
    EPC_DATA = 241
    READER_EVENT_NOTIFICATION_DATA = 246
    CONNECTION_ATTEMPT_EVENT = 256
    LLRP_STATUS = 287


RESPONSES: Final[dict[M, M]] = {
    M.GET_READER_CAPABILITIES: M.GET_READER_CAPABILITIES_RESPONSE,
    M.SET_READER_CONFIG: M.SET_READER_CONFIG_RESPONSE,
    M.CLOSE_CONNECTION: M.CLOSE_CONNECTION_RESPONSE,
    M.ADD_ROSPEC: M.ADD_ROSPEC_RESPONSE,
    M.DELETE_ROSPEC: M.DELETE_ROSPEC_RESPONSE,
    M.START_ROSPEC: M.START_ROSPEC_RESPONSE,
    M.ENABLE_ROSPEC: M.ENABLE_ROSPEC_RESPONSE,
}

ROSPEC_ID: Final = 1
EVERY_ROSPEC: Final = 0
MAX_EPC_BITS: Final = 496  # EPC Gen2: the length field of the protocol control word counts up to 31 words of 16 bits
_ANTENNA_RSSI_FIRST_SEEN_COUNT: Final = 1 << 12 | 1 << 10 | 1 << 9 | 1 << 7  # clause 16.2.7.1.1, bits from the top

_U8 = struct.Struct("!B")
_U16 = struct.Struct("!H")
_I8 = struct.Struct("!b")
_U64 = struct.Struct("!Q")
_CAPABILITIES = struct.Struct("!HHIIH")


def capabilities_request() -> Message:
    return Message(M.GET_READER_CAPABILITIES, 0, _U8.pack(1))  # 1: the general device capabilities only


def delete_rospecs() -> Message:
    """Whatever an earlier client left behind."""
    return Message(M.DELETE_ROSPEC, 0, struct.pack("!I", EVERY_ROSPEC))


def keepalive_config(seconds: float) -> Message:
    """Ask for a keepalive every so many seconds, and for reports at once instead of held back after a reconnection."""
    keepalive = tlv(P.KEEPALIVE_SPEC, struct.pack("!BI", 1, round(seconds * 1000)))
    return Message(M.SET_READER_CONFIG, 0, b"\x00" + keepalive + tlv(P.EVENTS_AND_REPORTS, b"\x00"))


def add_rospec(antennas: Iterable[int]) -> Message:
    """Inventory Gen2 tags on these antennas without end, one report for every tag read.

    The start trigger is null: the reader waits for START_ROSPEC. (Were it GPI, its value would be parameter 181.)
    """
    start, stop = tlv(P.ROSPEC_START_TRIGGER, b"\x00"), tlv(P.ROSPEC_STOP_TRIGGER, struct.pack("!BI", 0, 0))
    numbers = list(antennas)
    inventory = tlv(P.INVENTORY_PARAMETER_SPEC, struct.pack("!HB", 1, 1))  # spec 1, protocol 1: EPCglobal Class 1 Gen 2
    antenna_ids = struct.pack(f"!H{len(numbers)}H", len(numbers), *numbers)
    never_stop = tlv(P.AISPEC_STOP_TRIGGER, struct.pack("!BI", 0, 0))
    selector = tlv(P.TAG_REPORT_CONTENT_SELECTOR, _U16.pack(_ANTENNA_RSSI_FIRST_SEEN_COUNT))
    report = tlv(P.RO_REPORT_SPEC, struct.pack("!BH", 1, 1) + selector)  # upon 1 tag, or the end of the antenna's turn
    parts = tlv(P.RO_BOUNDARY_SPEC, start + stop) + tlv(P.AISPEC, antenna_ids + never_stop + inventory) + report
    return Message(M.ADD_ROSPEC, 0, tlv(P.ROSPEC, struct.pack("!IBB", ROSPEC_ID, 0, 0) + parts))


def close_connection() -> Message:
    return Message(M.CLOSE_CONNECTION, 0)


def enable_rospec() -> Message:
    return Message(M.ENABLE_ROSPEC, 0, struct.pack("!I", ROSPEC_ID))


def start_rospec() -> Message:
    return Message(M.START_ROSPEC, 0, struct.pack("!I", ROSPEC_ID))


def _find(data: bytes, wanted: P, inside: str) -> Parameter:
    for parameter in parameters(data):
        if parameter.type == wanted:
            return parameter
    raise ProtocolError(f"{inside} has no {wanted.name}")


def require_success(message: Message) -> None:
    """Raises ReaderRefusedError with the reader's own words, or ProtocolError when the response has no status."""
    status = _find(message.body, P.LLRP_STATUS, f"response {message.type}")
    (code, length), rest = fields(struct.Struct("!HH"), status.body, "LLRPStatus")
    if code != 0:
        text = rest[:length].decode("utf-8", "replace")
        raise ReaderRefusedError(f"status {code}{f' ({text})' if text.isprintable() and text else ''}")


def connection_attempt(message: Message) -> int | None:
    """The status in a READER_EVENT_NOTIFICATION: 0 welcome, 1 and 2 another client is there. None: another event."""
    for event in parameters(_find(message.body, P.READER_EVENT_NOTIFICATION_DATA, "event notification").body):
        if event.type == P.CONNECTION_ATTEMPT_EVENT:
            return fields(_U16, event.body, "ConnectionAttemptEvent")[0][0]
    return None


def reader_time_us(message: Message) -> int | None:
    """The reader's own clock in a READER_EVENT_NOTIFICATION: microseconds since 1970. None: it only knows its uptime."""
    for event in parameters(_find(message.body, P.READER_EVENT_NOTIFICATION_DATA, "event notification").body):
        if event.type == P.UTC_TIMESTAMP:
            return fields(_U64, event.body, "UTCTimestamp")[0][0]
    return None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a reader says it is. `vendor` is an IANA private enterprise number."""

    antennas: int
    vendor: int
    model: int
    firmware: str

    def __str__(self) -> str:
        return f"vendor {self.vendor} model {self.model} firmware {self.firmware or '?'}, {self.antennas} antennas"


def parse_capabilities(message: Message) -> Capabilities:
    """Raises ProtocolError or ReaderRefusedError."""
    require_success(message)
    general = _find(message.body, P.GENERAL_DEVICE_CAPABILITIES, "capabilities")
    (antennas, _, vendor, model, length), rest = fields(_CAPABILITIES, general.body, "GeneralDeviceCapabilities")
    if length > len(rest):
        raise ProtocolError(f"firmware version says {length} bytes, {len(rest)} are there")
    firmware = "".join(c for c in rest[:length].decode("utf-8", "replace") if c.isprintable())
    return Capabilities(antennas, vendor, model, firmware)


@dataclass(frozen=True, slots=True)
class TagReport:
    """One tag of a report. `epc` is hex, lower case; `rssi` in dBm; `first_seen_us` by the reader's own clock."""

    epc: str
    antenna: int
    rssi: int | None
    first_seen_us: int | None
    count: int


def parse_report(message: Message) -> tuple[TagReport, ...]:
    """All tags of an RO_ACCESS_REPORT. Raises ProtocolError."""
    return tuple(_tag(p.body) for p in parameters(message.body) if p.type == P.TAG_REPORT_DATA)


def _tag(data: bytes) -> TagReport:
    epc: str | None = None
    antenna, count = 0, 1
    rssi: int | None = None
    first_seen: int | None = None
    for parameter in parameters(data):
        if parameter.type in (P.EPC_96, P.EPC_DATA):
            epc = parameter.body.hex() if parameter.type == P.EPC_96 else _epc(parameter.body)
        elif parameter.type == P.ANTENNA_ID:
            (antenna,) = _U16.unpack(parameter.body)
        elif parameter.type == P.PEAK_RSSI:
            (rssi,) = _I8.unpack(parameter.body)
        elif parameter.type == P.FIRST_SEEN_UTC:
            (first_seen,) = _U64.unpack(parameter.body)
        elif parameter.type == P.TAG_SEEN_COUNT:
            (count,) = _U16.unpack(parameter.body)
    if epc is None:
        raise ProtocolError("a tag report without an EPC")
    return TagReport(epc, antenna, rssi, first_seen, count)


def _epc(body: bytes) -> str:
    (bits,), rest = fields(_U16, body, "EPCData")
    if bits > MAX_EPC_BITS or len(rest) < (bits + 7) // 8:
        raise ProtocolError(f"EPCData says {bits} bits and has {len(rest)} bytes")
    return rest[: (bits + 7) // 8].hex()
