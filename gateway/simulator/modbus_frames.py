"""The server's half of Modbus TCP for a digital I/O module: requests in, responses out. Pure.

After the Modbus application protocol specification 1.1b3 (functions 1, 2, 3, 5, 6, 15, 16 and 43/14) and the Modbus TCP
implementation guide 1.0b (header: transaction, protocol 0, length, unit). Written apart from the library that the
gate uses, so that each checks the other.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
DEVICE_FAILURE: Final = 4
HEADER: Final = struct.Struct("!HHHB")  # transaction, protocol, length of what follows the length, unit
READ: Final = struct.Struct("!BHH")  # a request that reads bits: function 1 or 2, first address, how many
MAX_LENGTH: Final = 254  # unit and the longest request


class Refusal(Exception):  # noqa: N818  a Modbus exception is an answer, not an error of this program
    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"Modbus exception {code}")


@dataclass
class Points:
    """What the module holds. Only addresses that are there can be read or written; `stuck` coils take a write and stay.

    `refused` addresses get "illegal address", as on a module that is set up otherwise than the lane file says.
    """

    discrete: dict[int, bool] = field(default_factory=dict)
    coils: dict[int, bool] = field(default_factory=dict)
    registers: dict[int, int] = field(default_factory=dict)
    stuck: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    identity: tuple[str, ...] = ("gateway", "simulated module", "1")

    def answer(self, request: bytes) -> bytes:
        """The response to one request (function code first). A request that cannot be met gets a Modbus exception."""
        function = request[0] if request else 0
        try:
            return bytes([function]) + self._body(function, request[1:])
        except Refusal as refusal:
            return bytes([function | 0x80, refusal.code])

    def _body(self, function: int, body: bytes) -> bytes:
        if function in (1, 2):
            return self._read_bits(self.coils if function == 1 else self.discrete, body)
        if function == 3:
            return self._read_registers(body)
        if function in (5, 15):
            return self._write_coil(body) if function == 5 else self._write_coils(body)
        if function in (6, 16):
            return self._write_register(body) if function == 6 else self._write_registers(body)
        if function == 0x2B and body[:1] == b"\x0e":
            return self._identify()
        raise Refusal(ILLEGAL_FUNCTION)

    def _read_bits(self, table: dict[int, bool], body: bytes) -> bytes:
        start, count = _unpack("!HH", body)
        if not 1 <= count <= 2000:
            raise Refusal(ILLEGAL_VALUE)
        bits = [table[address] for address in self._present(start, count, table)]
        packed = sum(bit << place for place, bit in enumerate(bits)).to_bytes((count + 7) // 8, "little")
        return bytes([len(packed)]) + packed

    def _read_registers(self, body: bytes) -> bytes:
        start, count = _unpack("!HH", body)
        if not 1 <= count <= 125:
            raise Refusal(ILLEGAL_VALUE)
        values = [self.registers[address] for address in self._present(start, count, self.registers)]
        return bytes([2 * count]) + struct.pack(f"!{count}H", *values)

    def _write_coil(self, body: bytes) -> bytes:
        address, value = _unpack("!HH", body)
        if value not in (0x0000, 0xFF00):
            raise Refusal(ILLEGAL_VALUE)
        self._set(self._present(address, 1, self.coils), [value == 0xFF00])
        return body

    def _write_coils(self, body: bytes) -> bytes:
        start, count, size = _unpack("!HHB", body[:5])
        if not 1 <= count <= 1968 or size != (count + 7) // 8 or len(body) != 5 + size:
            raise Refusal(ILLEGAL_VALUE)
        packed = int.from_bytes(body[5:], "little")
        self._set(self._present(start, count, self.coils), [bool(packed >> place & 1) for place in range(count)])
        return body[:4]

    def _set(self, addresses: range, values: list[bool]) -> None:
        self.coils.update({a: v for a, v in zip(addresses, values, strict=True) if a not in self.stuck})

    def _write_register(self, body: bytes) -> bytes:
        address, value = _unpack("!HH", body)
        self.registers.update(dict.fromkeys(self._present(address, 1, self.registers), value))
        return body

    def _write_registers(self, body: bytes) -> bytes:
        start, count, size = _unpack("!HHB", body[:5])
        if not 1 <= count <= 123 or size != 2 * count or len(body) != 5 + size:
            raise Refusal(ILLEGAL_VALUE)
        values = struct.unpack(f"!{count}H", body[5:])
        self.registers.update(zip(self._present(start, count, self.registers), values, strict=True))
        return body[:4]

    def _present(self, start: int, count: int, table: dict[int, bool] | dict[int, int]) -> range:
        addresses = range(start, start + count)
        if any(address not in table or address in self.refused for address in addresses):
            raise Refusal(ILLEGAL_ADDRESS)
        return addresses

    def _identify(self) -> bytes:
        objects = b"".join(bytes([i, len(text)]) + text.encode("ascii") for i, text in enumerate(self.identity))
        return b"\x0e\x01\x01\x00\x00" + bytes([len(self.identity)]) + objects


def _unpack(layout: str, body: bytes) -> tuple[int, ...]:
    if len(body) != struct.calcsize(layout):
        raise Refusal(ILLEGAL_VALUE)
    return struct.unpack(layout, body)
