"""What an LLRP reader tells of its own accord: its greeting, and what happens to it. Pure."""

import struct
from dataclasses import dataclass

from gateway.rfid.llrp_codec import Message, Parameter, fields, parameters
from gateway.rfid.llrp_messages import find
from gateway.rfid.llrp_numbers import P

_U16 = struct.Struct("!H")
_U64 = struct.Struct("!Q")
_ANTENNA_EVENT = struct.Struct("!BH")


def _events(message: Message) -> tuple[Parameter, ...]:
    return tuple(parameters(find(message.body, P.READER_EVENT_NOTIFICATION_DATA, "event notification").body))


def connection_attempt(message: Message) -> int | None:
    """The status in a READER_EVENT_NOTIFICATION: 0 welcome, 1 and 2 another client is there. None: another event."""
    for event in _events(message):
        if event.type == P.CONNECTION_ATTEMPT_EVENT:
            return fields(_U16, event.body, "ConnectionAttemptEvent")[0][0]
    return None


def reader_time_us(message: Message) -> int | None:
    """The reader's own clock in a READER_EVENT_NOTIFICATION: microseconds since 1970. None: it only knows its uptime."""
    for event in _events(message):
        if event.type == P.UTC_TIMESTAMP:
            return fields(_U64, event.body, "UTCTimestamp")[0][0]
    return None


@dataclass(frozen=True, slots=True)
class ReaderNews:
    """What happened to a reader. `antennas` holds (number, connected); `troubles` are worth a line in the log each."""

    antennas: tuple[tuple[int, bool], ...] = ()
    troubles: tuple[str, ...] = ()
    closing: bool = False


def parse_news(message: Message) -> ReaderNews:
    """Raises ProtocolError."""
    antennas, troubles, closing = [], [], False
    for event in _events(message):
        match event.type:
            case P.ANTENNA_EVENT:
                (connected, number), _ = fields(_ANTENNA_EVENT, event.body, "AntennaEvent")
                antennas.append((number, connected == 1))
            case P.REPORT_BUFFER_LEVEL_WARNING_EVENT:
                troubles.append("its memory for reports fills up")
            case P.REPORT_BUFFER_OVERFLOW_ERROR_EVENT:
                troubles.append("its memory for reports overflowed: it lost tags")
            case P.READER_EXCEPTION_EVENT:
                (length,), rest = fields(_U16, event.body, "ReaderExceptionEvent")
                text = "".join(c for c in rest[:length].decode("utf-8", "replace") if c.isprintable())
                troubles.append(f"it reports: {text or 'an exception'}")
            case P.CONNECTION_CLOSE_EVENT:
                closing = True
    return ReaderNews(tuple(antennas), tuple(troubles), closing)
