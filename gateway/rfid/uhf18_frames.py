"""Frames of the UHFReader18 family: bytes to commands and answers, and back. Pure.

A frame is `Len Adr Cmd [Status] Data CRC`: Len counts what follows it, the CRC (lowest byte first) covers what precedes it.
UHFReader18 User's Manual V2.0, chapter 3; for readers with antennas the UR-series manual v1.14, chapter 8.2.1.
"""

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.rfid.errors import ProtocolError

ANY_ADDRESS: Final = 255
INVENTORY: Final = 0x01
READER_INFORMATION: Final = 0x21

OK: Final = 0x00
DONE: Final = 0x01
SCAN_TIME_OVER: Final = 0x02
MORE_FOLLOWS: Final = 0x03
MEMORY_FULL: Final = 0x04
ANTENNA_FAULT: Final = 0xF8
NO_TAGS: Final = 0xFB
STATUS_NAMES: Final = {
    ANTENNA_FAULT: "antenna not connected",
    0xFC: "tag error",
    0xFD: "wrong command length",
    0xFE: "unknown command",
    0xFF: "wrong parameter",
}
WITH_TAGS: Final = frozenset({DONE, SCAN_TIME_OVER, MORE_FOLLOWS, MEMORY_FULL})

SHORTEST: Final = 5  # what Len may say at least: address, command, status, CRC
MAX_EPC_BYTES: Final = 62  # EPC Gen2: the length field of the protocol control word counts up to 31 words of 16 bits
WITH_TID: Final = 0x80  # in front of an EPC to which the reader has joined the chip's 12 bytes of TID
TID_BYTES: Final = 12

# An inventory as readers with antennas take it: no statistics, up to 2**Q = 16 tags at once, session 0 (a tag answers in
# every round), no mask, target A; antenna and time follow.
_Q, _SESSION, _EPC_MEMORY, _TARGET_A, _FIRST_ANTENNA = 4, 0, 1, 0, 0x80


def crc16(data: bytes) -> int:
    """CRC-16 with 0x1021 reflected (0x8408), starting from 0xFFFF. The library computes the unreflected one."""
    mirrored = binascii.crc_hqx(data.translate(_MIRROR), 0xFFFF)
    return _MIRROR[mirrored & 0xFF] << 8 | _MIRROR[mirrored >> 8]


_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader says. `command` repeats the command that it answers."""

    address: int
    command: int
    status: int
    data: bytes = b""

    @property
    def status_name(self) -> str:
        name = STATUS_NAMES.get(self.status)
        return f"status {self.status:02X}{f' ({name})' if name else ''}"


def encode_command(address: int, command: int, data: bytes = b"") -> bytes:
    body = bytes([len(data) + 4, address, command]) + data
    return body + struct.pack("<H", crc16(body))


def encode_answer(answer: Answer) -> bytes:
    body = bytes([len(answer.data) + SHORTEST, answer.address, answer.command, answer.status]) + answer.data
    return body + struct.pack("<H", crc16(body))


def inventory(address: int, antenna: int | None = None, scan_ms: int = 300) -> bytes:
    """Ask for all tags: plainly, or on one antenna (from 1) and for at most so many milliseconds."""
    if antenna is None:
        return encode_command(address, INVENTORY)
    mask = struct.pack("!BHB", _EPC_MEMORY, 0, 0)
    data = bytes([_Q, _SESSION]) + mask + bytes([_TARGET_A, _FIRST_ANTENNA + antenna - 1, scan_ms // 100])
    return encode_command(address, INVENTORY, data)


def reader_information(address: int) -> bytes:
    return encode_command(address, READER_INFORMATION)


class FrameSplitter:
    """Finds frames in what a line delivers. `skipped` counts bytes that belonged to none.

    Noise may look like the beginning of a long frame, and what follows would be waited for in vain. So a beginning is only
    given up when nothing more arrives (`give_up`) or when it is complete and its CRC is wrong: one byte is skipped then, and
    what follows it is looked at again. No whole frame behind noise is lost.
    """

    def __init__(self) -> None:
        self.skipped = 0
        self._buffer = bytearray()

    @property
    def pending(self) -> bool:
        """A frame has begun and is not complete."""
        return bool(self._buffer)

    def feed(self, received: bytes) -> list[Answer]:
        self._buffer += received
        return list(self._frames())

    def give_up(self) -> list[Answer]:
        """Nothing more is coming: what was taken for the beginning of a frame is noise. Gives the frames behind it."""
        found: list[Answer] = []
        while self._buffer:
            self._skip()
            found += self._frames()
        return found

    def _frames(self) -> Iterator[Answer]:
        while self._buffer:
            end = self._buffer[0] + 1
            if end <= SHORTEST:
                self._skip()
            elif len(self._buffer) < end:
                return
            elif int.from_bytes(self._buffer[end - 2 : end], "little") != crc16(bytes(self._buffer[: end - 2])):
                self._skip()
            else:
                frame = bytes(self._buffer[:end])
                del self._buffer[:end]
                yield Answer(frame[1], frame[2], frame[3], frame[4:-2])

    def _skip(self) -> None:
        del self._buffer[0]
        self.skipped += 1


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of an inventory. `epc` is hex, lower case; `strength` is the reader's own measure, None where it tells none."""

    epc: str
    antennas: tuple[int, ...]
    strength: int | None = None


def tags_of(answer: Answer, with_antennas: bool) -> tuple[Tag, ...]:
    """The tags in the answer to an inventory. Raises ProtocolError when they do not fill it exactly.

    Without antennas: `Num`, and for each tag `Length EPC`. With: `Antennas Num`, and for each tag `Length EPC Strength`; a
    bit stands for each antenna, the lowest for antenna 1.
    """
    if answer.status not in WITH_TAGS:
        return ()
    head, data = (2, answer.data) if with_antennas else (1, answer.data)
    if len(data) < head:
        raise ProtocolError(f"an inventory of {len(data)} bytes has no number of tags")
    antennas = tuple(bit + 1 for bit in range(8) if data[0] >> bit & 1) if with_antennas else (1,)
    found, position = [], head
    for _ in range(data[head - 1]):
        tag, position = _tag(data, position, antennas, with_antennas)
        found.append(tag)
    if position != len(data):
        raise ProtocolError(f"{len(data) - position} bytes are left after {len(found)} tags")
    return tuple(found)


def _tag(data: bytes, position: int, antennas: tuple[int, ...], with_strength: bool) -> tuple[Tag, int]:
    if position >= len(data):
        raise ProtocolError("the inventory has fewer tags than it says")
    length = data[position] & ~WITH_TID
    epc_length = length - TID_BYTES if data[position] & WITH_TID else length
    start, end = position + 1, position + 1 + length
    if not 0 < epc_length <= MAX_EPC_BYTES or end + with_strength > len(data):
        raise ProtocolError(f"a tag of {length} bytes, {len(data) - start} are there")
    epc = data[start : start + epc_length].hex()
    return Tag(epc, antennas, data[end] if with_strength else None), end + with_strength


@dataclass(frozen=True, slots=True)
class Information:
    """What a reader says it is. `kind` is the maker's number of the model; `power_dbm` what it transmits with."""

    version: str
    kind: int
    power_dbm: int
    scan_ms: int

    def __str__(self) -> str:
        return f"type {self.kind:02X} firmware {self.version}, {self.power_dbm} dBm"


def parse_information(answer: Answer) -> Information:
    """Raises ProtocolError. Version (2), type, protocols, highest and lowest frequency, power, inventory time; some say more."""
    if answer.status != OK or len(answer.data) < 8:
        raise ProtocolError(f"reader information: {answer.status_name}, {len(answer.data)} bytes; at least 8 are needed")
    major, minor, kind, _, _, _, power, scan = answer.data[:8]
    return Information(f"{major}.{minor:02d}", kind, power, scan * 100)
