"""A reader of the UHFReader18 family that does not exist: it answers inventories on a simulated serial line."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from gateway.rfid.config import Uhf18ReaderConfig
from gateway.rfid.uhf18_frames import (
    ANTENNA_FAULT,
    ANY_ADDRESS,
    DONE,
    INVENTORY,
    MORE_FOLLOWS,
    NO_TAGS,
    OK,
    READER_INFORMATION,
    Answer,
    crc16,
    encode_answer,
)
from gateway.simulator.serial_line import SerialLine

TAGS_A_FRAME: Final = 2
UNKNOWN_COMMAND: Final = 0xFE
INFORMATION: Final = bytes((2, 61, 0x09, 0x02, 0x31, 0x80, 30, 3))  # version 2.61, 30 dBm, 300 ms
ANTENNA_OF_COMMAND: Final = 7  # where the data of an inventory has its antenna, 0x80 for the first
RSSI_OFFSET: Final = 129


@dataclass
class Uhf18Faults:
    """Switches for what goes wrong on a serial line. Set them at any time."""

    mute: bool = False
    ignored: set[int] = field(default_factory=set)  # commands that stay unanswered
    noise: bytes = b""  # stands before every answer
    spoilt: int = 0  # so many more answers are sent with a wrong CRC
    unplugged: set[int] = field(default_factory=set)  # antennas without a cable


class FakeUhf18Reader:
    """A tag that is seen is reported once, at the next inventory of its antenna."""

    def __init__(self, line: SerialLine, config: Uhf18ReaderConfig) -> None:
        self.line = line
        self.faults = Uhf18Faults()
        self.inventories = 0
        self._with_antennas = config.model == "288"
        self._address = 0 if config.address == ANY_ADDRESS else config.address
        self._tags: dict[int, deque[tuple[bytes, int]]] = {number: deque() for number in range(1, 9)}
        self._received = bytearray()
        line.on_received = self._take

    @property
    def reachable(self) -> dict[str, str | int]:
        """The keys of a lane file's entry that lead here."""
        return {"port": self.line.port}

    async def start(self) -> "FakeUhf18Reader":
        await self.line.start()
        return self

    async def stop(self) -> None:
        await self.line.stop()

    def see(self, uid: str, antenna: int = 1, rssi: int | None = -55) -> bool:
        """Hold a tag before an antenna. A model without antennas tells no strength."""
        self._tags[antenna].append((bytes.fromhex(uid), -55 if rssi is None else rssi))
        return True

    def _take(self, data: bytes) -> None:
        self._received += data
        while self._received and len(self._received) > (end := self._received[0]):
            command, self._received = bytes(self._received[: end + 1]), self._received[end + 1 :]
            if end >= 4 and crc16(command[:-2]) == int.from_bytes(command[-2:], "little"):
                self._answer(command)

    def _answer(self, command: bytes) -> None:
        if self.faults.mute or command[2] in self.faults.ignored or command[1] not in (ANY_ADDRESS, self._address):
            return
        if command[2] == READER_INFORMATION:
            self._say(READER_INFORMATION, OK, INFORMATION)
        elif command[2] == INVENTORY:
            self.inventories += 1
            self._inventory(command[3:-2][ANTENNA_OF_COMMAND] - 0x7F if self._with_antennas else 1)
        else:
            self._say(command[2], UNKNOWN_COMMAND)

    def _inventory(self, antenna: int) -> None:
        tags, head = self._tags[antenna], bytes([1 << antenna - 1]) if self._with_antennas else b""
        if antenna in self.faults.unplugged:
            self._say(INVENTORY, ANTENNA_FAULT)
            return
        if not tags and not self._with_antennas:
            self._say(INVENTORY, NO_TAGS)
            return
        while tags:
            frame = [tags.popleft() for _ in range(min(TAGS_A_FRAME, len(tags)))]
            data = b"".join(self._tag(epc, rssi) for epc, rssi in frame)
            self._say(INVENTORY, MORE_FOLLOWS, head + bytes([len(frame)]) + data)
        self._say(INVENTORY, DONE, head + b"\x00")

    def _tag(self, epc: bytes, rssi: int) -> bytes:
        return bytes([len(epc)]) + epc + (bytes([rssi + RSSI_OFFSET]) if self._with_antennas else b"")

    def _say(self, command: int, status: int, data: bytes = b"") -> None:
        frame = encode_answer(Answer(self._address, command, status, data))
        if self.faults.spoilt:
            self.faults.spoilt -= 1
            frame = frame[:-1] + bytes([frame[-1] ^ 0x5A])
        self.line.send(self.faults.noise + frame)
