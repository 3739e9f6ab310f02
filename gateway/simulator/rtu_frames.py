"""The server's half of Modbus RTU framing: requests cut out of a stream of bytes, responses framed. Pure.

After the Modbus over serial line specification 1.02, §2.5: address, function and data, CRC-16 low byte first. Frames are told
apart there by silence, which a pseudo-terminal does not carry; here by the length that each request has by its function.
"""

from typing import Final

CRC: Final = 2  # bytes
LONGEST: Final = 256  # bytes of a frame
_FIXED: Final = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 0x2B: 7}  # whole frames, by function
_COUNTED: Final = {15, 16}  # their seventh byte counts what follows, without the CRC
_COUNT_AT: Final = 6


def crc16(data: bytes) -> bytes:
    """The check of a frame, as it is sent (§6.2.2: polynomial 0xA001 reflected, preset 0xFFFF)."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register.to_bytes(CRC, "little")


def rtu_frame(unit: int, response: bytes) -> bytes:
    """A response (function code first) as it goes over the line."""
    body = bytes([unit]) + response
    return body + crc16(body)


def next_request(received: bytearray) -> tuple[int, bytes] | None:
    """Take the next request off the front: the unit that is asked, and what (function code first). Bytes that begin no
    request are dropped; None while none is complete."""
    while len(received) > 1:
        length = _length(received)
        if length is None:
            return None
        frame = bytes(received[:length])
        if length > CRC and len(frame) == length and crc16(frame[:-CRC]) == frame[-CRC:]:
            del received[:length]
            return frame[0], frame[1:-CRC]
        if length > CRC and len(frame) < length:
            return None
        del received[0]
    return None


def _length(received: bytearray) -> int | None:
    """Of the request that begins here; 0 where none can, None where that is not known yet."""
    function = received[1]
    if function not in _COUNTED:
        return _FIXED.get(function, 0)
    if len(received) <= _COUNT_AT:
        return None
    length = _COUNT_AT + 1 + received[_COUNT_AT] + CRC
    return length if length <= LONGEST else 0
