"""The LLRP messages that a gate sends and understands: what they mean, to and from parameters. Pure.

Messages made here have no id yet (0): the connection that sends them counts.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.rfid.config import GpiTriggerConfig
from gateway.rfid.errors import ProtocolError, ReaderRefusedError
from gateway.rfid.llrp_codec import Message, Parameter, fields, parameters, tlv
from gateway.rfid.llrp_numbers import STATUS_NAMES, M, P

ROSPEC_ID: Final = 1
EVERY_ROSPEC: Final = 0
MAX_EPC_BITS: Final = 496  # EPC Gen2: the length field of the protocol control word counts up to 31 words of 16 bits
_ANTENNA_RSSI_FIRST_LAST_COUNT: Final = 1 << 12 | 1 << 10 | 1 << 9 | 1 << 8 | 1 << 7  # clause 16.2.7.1.1, bits from the top
_ALL_CAPABILITIES: Final = 0
_GPI_STATE: Final = 9  # RequestedData of GET_READER_CONFIG
_NULL, _GPI_START, _GPI_STOP = 0, 3, 2  # kinds of triggers, clauses 16.2.4.1.1.1 and 16.2.4.1.1.2
_HOLDS: Final = 1 << 3  # SupportsEventAndReportHolding in LLRPCapabilities, clause 16.2.3.2
_BUFFER_WARNING_EVENT, _EXCEPTION_EVENT, _ANTENNA_EVENT = 3, 4, 8  # clause 16.2.6.5.1
_HIGH: Final = 1

_U8 = struct.Struct("!B")
_U16 = struct.Struct("!H")
_I8 = struct.Struct("!b")
_U64 = struct.Struct("!Q")
_GENERAL_CAPABILITIES = struct.Struct("!HHIIH")
_GPI_PORT_STATE = struct.Struct("!HBB")


def capabilities_request() -> Message:
    return Message(M.GET_READER_CAPABILITIES, 0, _U8.pack(_ALL_CAPABILITIES))


def delete_rospecs() -> Message:
    """Whatever an earlier client left behind."""
    return Message(M.DELETE_ROSPEC, 0, struct.pack("!I", EVERY_ROSPEC))


def reader_config(keepalive_s: float, *, hold: bool, trigger: GpiTriggerConfig | None = None) -> Message:
    """Ask for keepalives, for news of antennas and of the reader's troubles, and for the trigger's input to be watched.

    `hold`: when this connection has broken, the next one gets what was read meanwhile, once it asks for it.
    """
    wanted = [_ANTENNA_EVENT, _EXCEPTION_EVENT, *([_BUFFER_WARNING_EVENT] if hold else [])]
    events = b"".join(tlv(P.EVENT_NOTIFICATION_STATE, struct.pack("!HB", kind, 0x80)) for kind in wanted)
    spec = tlv(P.READER_EVENT_NOTIFICATION_SPEC, events)
    keepalive = tlv(P.KEEPALIVE_SPEC, struct.pack("!BI", 1, round(keepalive_s * 1000)))
    watched = tlv(P.GPI_PORT_CURRENT_STATE, _GPI_PORT_STATE.pack(trigger.input, 0x80, 0)) if trigger else b""
    reports = tlv(P.EVENTS_AND_REPORTS, b"\x80" if hold else b"\x00")
    return Message(M.SET_READER_CONFIG, 0, b"\x00" + spec + keepalive + watched + reports)


def enable_events_and_reports() -> Message:
    """Has no response: what the reader held back follows."""
    return Message(M.ENABLE_EVENTS_AND_REPORTS, 0)


def add_rospec(antennas: Iterable[int], trigger: GpiTriggerConfig | None = None) -> Message:
    """Inventory Gen2 tags on these antennas, one report for every tag read.

    Without a trigger the reader waits for START_ROSPEC and then never stops; with one it reads while the input is active.
    """
    numbers = list(antennas)
    inventory = tlv(P.INVENTORY_PARAMETER_SPEC, struct.pack("!HB", 1, 1))  # spec 1, protocol 1: EPCglobal Class 1 Gen 2
    antenna_ids = struct.pack(f"!H{len(numbers)}H", len(numbers), *numbers)
    never_stop = tlv(P.AISPEC_STOP_TRIGGER, struct.pack("!BI", 0, 0))
    selector = tlv(P.TAG_REPORT_CONTENT_SELECTOR, _U16.pack(_ANTENNA_RSSI_FIRST_LAST_COUNT))
    report = tlv(P.RO_REPORT_SPEC, struct.pack("!BH", 1, 1) + selector)  # upon 1 tag, or the end of the antenna's turn
    parts = tlv(P.RO_BOUNDARY_SPEC, _triggers(trigger)) + tlv(P.AISPEC, antenna_ids + never_stop + inventory) + report
    return Message(M.ADD_ROSPEC, 0, tlv(P.ROSPEC, struct.pack("!IBB", ROSPEC_ID, 0, 0) + parts))


def _triggers(trigger: GpiTriggerConfig | None) -> bytes:
    """When a ROSpec starts and when it stops."""
    if trigger is None:
        return tlv(P.ROSPEC_START_TRIGGER, _U8.pack(_NULL)) + tlv(P.ROSPEC_STOP_TRIGGER, struct.pack("!BI", _NULL, 0))
    active = trigger.active == "high"
    start = _U8.pack(_GPI_START) + _gpi(trigger.input, active, 0)
    stop = struct.pack("!BI", _GPI_STOP, 0) + _gpi(trigger.input, not active, round(trigger.timeout_s * 1000))
    return tlv(P.ROSPEC_START_TRIGGER, start) + tlv(P.ROSPEC_STOP_TRIGGER, stop)


def _gpi(number: int, becomes_high: bool, timeout_ms: int) -> bytes:
    return tlv(P.GPI_TRIGGER_VALUE, struct.pack("!HBI", number, becomes_high << 7, timeout_ms))


def gpi_state_request(number: int) -> Message:
    return Message(M.GET_READER_CONFIG, 0, struct.pack("!HBHH", 0, _GPI_STATE, number, 0))


def gpi_is(active: str, number: int, message: Message) -> bool:
    """Whether the input is at that level now (`high` or `low`), from a GET_READER_CONFIG_RESPONSE. Raises ProtocolError."""
    for parameter in parameters(message.body):
        if parameter.type == P.GPI_PORT_CURRENT_STATE:
            (port, _, level), _ = fields(_GPI_PORT_STATE, parameter.body, "GPIPortCurrentState")
            if port == number:
                return (level == _HIGH) is (active == "high")
    raise ProtocolError(f"the reader does not tell the level of its input {number}")


def close_connection() -> Message:
    return Message(M.CLOSE_CONNECTION, 0)


def enable_rospec() -> Message:
    return Message(M.ENABLE_ROSPEC, 0, struct.pack("!I", ROSPEC_ID))


def start_rospec() -> Message:
    return Message(M.START_ROSPEC, 0, struct.pack("!I", ROSPEC_ID))


def find(data: bytes, wanted: P, inside: str) -> Parameter:
    for parameter in parameters(data):
        if parameter.type == wanted:
            return parameter
    raise ProtocolError(f"{inside} has no {wanted.name}")


def require_success(message: Message) -> None:
    """Raises ReaderRefusedError with the reader's own words, or ProtocolError when the response has no status."""
    status = find(message.body, P.LLRP_STATUS, f"response {message.type}")
    (code, length), rest = fields(struct.Struct("!HH"), status.body, "LLRPStatus")
    if code != 0:
        text = rest[:length].decode("utf-8", "replace")
        name = f" {STATUS_NAMES[code]}" if code in STATUS_NAMES else ""
        raise ReaderRefusedError(f"status {code}{name}{f' ({text})' if text.isprintable() and text else ''}")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a reader says it is. `vendor` is an IANA private enterprise number."""

    antennas: int
    vendor: int
    model: int
    firmware: str
    inputs: int = 0
    holds: bool = False  # keeps what it reads while nobody is connected

    def __str__(self) -> str:
        return f"vendor {self.vendor} model {self.model} firmware {self.firmware or '?'}, {self.antennas} antennas"


def parse_capabilities(message: Message) -> Capabilities:
    """Raises ProtocolError or ReaderRefusedError."""
    require_success(message)
    general = find(message.body, P.GENERAL_DEVICE_CAPABILITIES, "capabilities")
    (antennas, _, vendor, model, length), rest = fields(_GENERAL_CAPABILITIES, general.body, "GeneralDeviceCapabilities")
    if length > len(rest):
        raise ProtocolError(f"firmware version says {length} bytes, {len(rest)} are there")
    firmware = "".join(c for c in rest[:length].decode("utf-8", "replace") if c.isprintable())
    inputs, holds = 0, False
    for parameter in (*parameters(rest[length:]), *parameters(message.body)):
        if parameter.type == P.GPIO_CAPABILITIES:
            inputs = fields(_U16, parameter.body, "GPIOCapabilities")[0][0]
        elif parameter.type == P.LLRP_CAPABILITIES:
            holds = bool(fields(_U8, parameter.body, "LLRPCapabilities")[0][0] & _HOLDS)
    return Capabilities(antennas, vendor, model, firmware, inputs, holds)


@dataclass(frozen=True, slots=True)
class TagReport:
    """One tag of a report. `epc` is hex, lower case; `rssi` in dBm; both times by the reader's own clock."""

    epc: str
    antenna: int
    rssi: int | None
    first_seen_us: int | None
    last_seen_us: int | None
    count: int


def parse_report(message: Message) -> tuple[TagReport, ...]:
    """All tags of an RO_ACCESS_REPORT. Raises ProtocolError."""
    return tuple(_tag(p.body) for p in parameters(message.body) if p.type == P.TAG_REPORT_DATA)


def _tag(data: bytes) -> TagReport:
    epc: str | None = None
    antenna, count = 0, 1
    rssi: int | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    for parameter in parameters(data):
        if parameter.type in (P.EPC_96, P.EPC_DATA):
            epc = parameter.body.hex() if parameter.type == P.EPC_96 else _epc(parameter.body)
        elif parameter.type == P.ANTENNA_ID:
            (antenna,) = _U16.unpack(parameter.body)
        elif parameter.type == P.PEAK_RSSI:
            (rssi,) = _I8.unpack(parameter.body)
        elif parameter.type == P.FIRST_SEEN_UTC:
            (first_seen,) = _U64.unpack(parameter.body)
        elif parameter.type == P.LAST_SEEN_UTC:
            (last_seen,) = _U64.unpack(parameter.body)
        elif parameter.type == P.TAG_SEEN_COUNT:
            (count,) = _U16.unpack(parameter.body)
    if epc is None:
        raise ProtocolError("a tag report without an EPC")
    return TagReport(epc, antenna, rssi, first_seen, last_seen, count)


def _epc(body: bytes) -> str:
    (bits,), rest = fields(_U16, body, "EPCData")
    if bits > MAX_EPC_BITS or len(rest) < (bits + 7) // 8:
        raise ProtocolError(f"EPCData says {bits} bits and has {len(rest)} bytes")
    return rest[: (bits + 7) // 8].hex()
