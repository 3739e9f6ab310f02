"""LLRP 1.0.1 on the wire: messages and parameters to bytes and back. Pure; knows no meaning.

EPCglobal Low Level Reader Protocol 1.0.1, clause 16: a message is a header (3 bits version, 10 bits type, 32 bits length
with the header, 32 bits id) and parameters. A parameter is TLV (6 bits zero, 10 bits type, 16 bits length with its
header) or TV (1 bit one, 7 bits type, and a length that the type fixes). All integers are big-endian.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.rfid.errors import ProtocolError

VERSION: Final = 1
HEADER: Final = struct.Struct("!HII")
TLV_HEADER: Final = struct.Struct("!HH")

# The largest message by far is a report: 64 KiB hold more than 1,500 tags. More is a broken reader, or not a reader.
MAX_MESSAGE: Final = 256 * 1024

# Clause 16.2.7.3 and 16.3: what follows the type byte of a TV parameter, in bytes.
TV_BODY: Final[dict[int, int]] = {
    1: 2,  # AntennaID
    2: 8,  # FirstSeenTimestampUTC
    3: 8,  # FirstSeenTimestampUptime
    4: 8,  # LastSeenTimestampUTC
    5: 8,  # LastSeenTimestampUptime
    6: 1,  # PeakRSSI
    7: 2,  # ChannelIndex
    8: 2,  # TagSeenCount
    9: 4,  # ROSpecID
    10: 2,  # InventoryParameterSpecID
    11: 2,  # C1G2CRC
    12: 2,  # C1G2PC
    13: 12,  # EPC-96
    14: 2,  # SpecIndex
    15: 2,  # ClientRequestOpSpecResult
    16: 4,  # AccessSpecID
    17: 2,  # OpSpecID
    18: 4,  # C1G2SingulationDetails
    19: 2,  # C1G2XPCW1
    20: 2,  # C1G2XPCW2
}


@dataclass(frozen=True, slots=True)
class Header:
    """The first ten bytes of a message. `length` counts them too."""

    type: int
    length: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Message:
    type: int
    message_id: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; types below 128 are TV. A TLV's body may hold further parameters."""

    type: int
    body: bytes


def encode(message: Message) -> bytes:
    """A whole message."""
    return HEADER.pack(VERSION << 10 | message.type, HEADER.size + len(message.body), message.message_id) + message.body


def decode_header(data: bytes) -> Header:
    """The header from exactly ten bytes. Raises ProtocolError: after a wrong header nothing that follows can be trusted."""
    if len(data) != HEADER.size:
        raise ProtocolError(f"{len(data)} bytes where a message header of {HEADER.size} stands")
    bits, length, message_id = HEADER.unpack(data)
    if bits >> 10 != VERSION:
        raise ProtocolError(f"message of version {bits >> 10 & 7}, or not LLRP at all (first bytes {data[:4].hex()})")
    if not HEADER.size <= length <= MAX_MESSAGE:
        raise ProtocolError(f"message of {length} bytes; possible are {HEADER.size} to {MAX_MESSAGE}")
    return Header(bits & 0x3FF, length, message_id)


def decode(data: bytes) -> Message:
    """A whole message, nothing before it and nothing after. Raises ProtocolError."""
    header = decode_header(data[: HEADER.size])
    if header.length != len(data):
        raise ProtocolError(f"message says {header.length} bytes and has {len(data)}")
    return Message(header.type, header.message_id, data[HEADER.size :])


def tlv(type_: int, body: bytes) -> bytes:
    """A TLV parameter."""
    return TLV_HEADER.pack(type_, TLV_HEADER.size + len(body)) + body


def tv(type_: int, body: bytes) -> bytes:
    """A TV parameter."""
    if len(body) != TV_BODY[type_]:
        raise ProtocolError(f"TV parameter {type_} holds {TV_BODY[type_]} bytes, not {len(body)}")
    return bytes([0x80 | type_]) + body


def parameters(data: bytes) -> Iterator[Parameter]:
    """The parameters that fill `data`, one after the other. Raises ProtocolError where they do not fit."""
    position = 0
    while position < len(data):
        start, end, type_ = _extent(data, position)
        if end > len(data):
            raise ProtocolError(f"parameter {type_} ends {end - len(data)} bytes after its message")
        yield Parameter(type_, data[start:end])
        position = end


def _extent(data: bytes, position: int) -> tuple[int, int, int]:
    """Where the body of the parameter at `position` starts and ends, and its type."""
    if data[position] & 0x80:
        type_ = data[position] & 0x7F
        if type_ not in TV_BODY:
            raise ProtocolError(f"TV parameter {type_} is unknown, and so is its length")
        return position + 1, position + 1 + TV_BODY[type_], type_
    if position + TLV_HEADER.size > len(data):
        raise ProtocolError(f"{len(data) - position} bytes left where a parameter header of {TLV_HEADER.size} stands")
    type_, length = TLV_HEADER.unpack_from(data, position)
    if length < TLV_HEADER.size:
        raise ProtocolError(f"parameter {type_} says that it is {length} bytes long")
    return position + TLV_HEADER.size, position + length, type_ & 0x3FF


def fields(layout: struct.Struct, data: bytes, what: str) -> tuple[tuple[int, ...], bytes]:
    """The fixed fields that `data` begins with, and the rest. Raises ProtocolError naming `what` when it is too short."""
    if len(data) < layout.size:
        raise ProtocolError(f"{what} has {len(data)} bytes, at least {layout.size} are needed")
    return layout.unpack_from(data), data[layout.size :]
