"""A serial line behind a device server: RFC 2217 (Telnet Com Port Control Option) as its client. Pure; no socket here.

Telnet (RFC 854) mixes commands into the data: IAC and a code, or IAC SB … IAC SE for a subnegotiation; a data byte that
looks like IAC is doubled. Whatever arrives is data, a command that is understood, or a command that is passed over.
"""

import struct
from enum import Enum
from typing import Final

from gateway.rfid.errors import ReaderRefusedError

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY: Final = 0  # RFC 856
SUPPRESS_GO_AHEAD: Final = 3  # RFC 858
COM_PORT: Final = 44
SET_BAUDRATE, SET_DATASIZE, SET_PARITY, SET_STOPSIZE, SET_CONTROL, PURGE_DATA = 1, 2, 3, 4, 5, 12
FROM_SERVER: Final = 100  # a server answers command n with n + 100
PARITIES: Final = {"N": 1, "O": 2, "E": 3}
NO_FLOW_CONTROL: Final = 1
PURGE_RECEIVED: Final = 1
MAX_SUBNEGOTIATION: Final = 64  # the longest that a client needs to understand has 6 bytes

_WE_ACCEPT: Final = frozenset({BINARY, SUPPRESS_GO_AHEAD, COM_PORT})
_SETTINGS: Final = {SET_BAUDRATE: "baud rate", SET_DATASIZE: "data size", SET_PARITY: "parity", SET_STOPSIZE: "stop size"}


class _Reading(Enum):
    DATA = 0
    COMMAND = 1
    OPTION = 2
    SUBNEGOTIATION = 3
    SUBNEGOTIATION_COMMAND = 4


class ComPort:
    """The client's half of one connection. `answers` collects bytes for the server; take them away with `take_answers`."""

    def __init__(self, baudrate: int, parity: str, stopbits: int) -> None:
        self._wanted = {
            SET_BAUDRATE: struct.pack("!I", baudrate),
            SET_DATASIZE: b"\x08",
            SET_PARITY: bytes([PARITIES[parity]]),
            SET_STOPSIZE: bytes([stopbits]),
        }
        self._granted: set[int] = set()
        self._refused: set[tuple[int, int]] = set()  # each unwanted option is refused once, so that no two ends argue for ever
        self._answers = bytearray()
        self._reading = _Reading.DATA
        self._verb = 0
        self._sub = bytearray()
        for verb, option in ((WILL, COM_PORT), (WILL, BINARY), (DO, BINARY), (DO, SUPPRESS_GO_AHEAD)):
            self._answers += bytes((IAC, verb, option))

    @property
    def ready(self) -> bool:
        """The server has confirmed the line's speed, parity and stop bits."""
        return self._granted == set(self._wanted)

    def take_answers(self) -> bytes:
        answers = bytes(self._answers)
        self._answers.clear()
        return answers

    @staticmethod
    def escaped(data: bytes) -> bytes:
        """Data as it is sent."""
        return data.replace(b"\xff", b"\xff\xff")

    def feed(self, received: bytes) -> bytes:
        """The data in what was received. Raises ReaderRefusedError when the server cannot set the line as it must be."""
        data = bytearray()
        for byte in received:
            self._take(byte, data)
        return bytes(data)

    def _take(self, byte: int, data: bytearray) -> None:
        match self._reading:
            case _Reading.DATA:
                if byte == IAC:
                    self._reading = _Reading.COMMAND
                else:
                    data.append(byte)
            case _Reading.COMMAND:
                self._command(byte, data)
            case _Reading.OPTION:
                self._reading = _Reading.DATA
                self._negotiate(self._verb, byte)
            case _Reading.SUBNEGOTIATION:
                if byte == IAC:
                    self._reading = _Reading.SUBNEGOTIATION_COMMAND
                else:
                    self._add(byte)
            case _Reading.SUBNEGOTIATION_COMMAND:
                self._end_subnegotiation(byte)

    def _command(self, byte: int, data: bytearray) -> None:
        self._reading = _Reading.DATA
        if byte == IAC:
            data.append(IAC)
        elif byte == SB:
            self._sub.clear()
            self._reading = _Reading.SUBNEGOTIATION
        elif byte in (DO, DONT, WILL, WONT):
            self._verb, self._reading = byte, _Reading.OPTION

    def _add(self, byte: int) -> None:
        if len(self._sub) <= MAX_SUBNEGOTIATION:
            self._sub.append(byte)

    def _end_subnegotiation(self, byte: int) -> None:
        if byte == IAC:
            self._add(IAC)
            self._reading = _Reading.SUBNEGOTIATION
            return
        self._reading = _Reading.DATA
        if byte == SE and len(self._sub) >= 2 and self._sub[0] == COM_PORT:
            self._confirmed(self._sub[1] - FROM_SERVER, bytes(self._sub[2:]))

    def _negotiate(self, verb: int, option: int) -> None:
        if option == COM_PORT and verb == DO:
            self._set_the_line()
        elif option == COM_PORT and verb == DONT:
            raise ReaderRefusedError("the device server does not control serial ports (RFC 2217 refused)")
        elif option == BINARY and verb in (DONT, WONT):
            raise ReaderRefusedError("the device server does not pass every byte unchanged (binary transmission refused)")
        elif verb in (DO, WILL) and option not in _WE_ACCEPT and (verb, option) not in self._refused:
            self._refused.add((verb, option))
            self._answers += bytes((IAC, WONT if verb == DO else DONT, option))

    def _set_the_line(self) -> None:
        if self._granted:
            return  # said again: set already
        for command, value in self._wanted.items():
            self._command_to_server(command, value)
        self._command_to_server(SET_CONTROL, bytes([NO_FLOW_CONTROL]))
        self._command_to_server(PURGE_DATA, bytes([PURGE_RECEIVED]))

    def _command_to_server(self, command: int, value: bytes) -> None:
        self._answers += bytes((IAC, SB, COM_PORT, command)) + self.escaped(value) + bytes((IAC, SE))

    def _confirmed(self, command: int, value: bytes) -> None:
        if command not in _SETTINGS:
            return
        if value != self._wanted[command]:
            wanted, got = (int.from_bytes(part, "big") for part in (self._wanted[command], value))
            raise ReaderRefusedError(f"the device server sets {_SETTINGS[command]} {got}, not {wanted}")
        self._granted.add(command)
