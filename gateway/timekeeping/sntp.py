"""NTP packets as a simple client needs them: 48 bytes out, 48 or more back. Pure.

RFC 5905 §7.3 (header) and §8 (offset and delay), RFC 4330 §3 (timestamps beyond 2036) and §5 (what a client must check).
The question's transmit timestamp is not the time but random, as RFC 8915's predecessors advise: the answer must return it,
so that nobody who does not hear the question can answer it, and nobody who does learns the gate's clock.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.timekeeping.errors import BadAnswerError, NotServingError

# flags, stratum, poll, precision, root delay, root dispersion, reference id, reference, origin, receive, transmit time
_HEADER: Final = struct.Struct("!BBbbII4sQQQQ")
PACKET_BYTES: Final = 48
NONCE_BYTES: Final = 8
VERSION: Final = 4
_CLIENT, _SERVER = 3, 4  # modes
_UNSYNCHRONISED: Final = 3  # leap indicator
_LAST_STRATUM: Final = 15

# Era 0 began in 1900 and ends on 2036-02-07; timestamps whose first bit is clear are taken from era 1 (RFC 4330 §3).
_ERA_0: Final = datetime(1900, 1, 1, tzinfo=UTC)
_ERA_1: Final = _ERA_0 + timedelta(seconds=1 << 32)


@dataclass(frozen=True, slots=True)
class ServerTime:
    """What a server answered. `received` and `sent` are its clock's, when the question came and when the answer left."""

    received: datetime
    sent: datetime
    stratum: int
    reference: bytes  # 4 bytes: a name at stratum 1, else the server's own server


def question(nonce: bytes) -> bytes:
    """A client's packet. `nonce` is 8 random bytes that the answer must return."""
    (token,) = struct.unpack("!Q", nonce)
    return _HEADER.pack(VERSION << 3 | _CLIENT, 0, 0, 0, 0, 0, bytes(4), 0, 0, 0, token)


def parse_answer(packet: bytes, nonce: bytes) -> ServerTime:
    """The server's times. Raises BadAnswerError or NotServingError; extension fields and signatures are passed over."""
    if len(packet) < PACKET_BYTES:
        raise BadAnswerError(f"{len(packet)} bytes are no NTP packet")
    flags, stratum, _, _, _, _, reference, _, origin, received, sent = _HEADER.unpack(packet[:PACKET_BYTES])
    if flags & 0b111 != _SERVER:
        raise BadAnswerError(f"mode {flags & 0b111} is not a server's answer")
    if struct.pack("!Q", origin) != nonce:
        raise BadAnswerError("not an answer to this question")
    if stratum == 0:
        raise NotServingError(f"refused: {reference.decode('ascii', 'replace').rstrip(chr(0))!r}")
    if flags >> 6 == _UNSYNCHRONISED or stratum > _LAST_STRATUM:
        raise NotServingError("the server itself does not know the time")
    if not sent or not received:
        raise BadAnswerError("no time in it")
    return ServerTime(to_time(received), to_time(sent), stratum, reference)


def to_time(timestamp: int) -> datetime:
    """A 64-bit NTP timestamp, 32.32 bits of seconds, as UTC to the microsecond."""
    era = _ERA_0 if timestamp >> 63 else _ERA_1
    return era + timedelta(seconds=timestamp >> 32, microseconds=((timestamp & 0xFFFFFFFF) * 1_000_000) >> 32)


def to_timestamp(at: datetime) -> int:
    """The 64-bit NTP timestamp of a moment from 1968 to 2104: to the microsecond, rounded up so that `to_time` gives it back."""
    whole = (at - _ERA_0) // timedelta(microseconds=1)
    seconds, microseconds = divmod(whole, 1_000_000)
    return (seconds % (1 << 32)) << 32 | -(-(microseconds << 32) // 1_000_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """`ahead_s`: how far the gate's clock is ahead of the server's. `delay_s`: there and back, half of it is the error's bound."""

    ahead_s: float
    delay_s: float
    stratum: int
    reference: bytes


def measured(asked: datetime, elapsed_s: float, answer: ServerTime) -> Measured:
    """RFC 5905 §8. `asked` is the gate's clock when the question left, `elapsed_s` the time until the answer was here."""
    there = (answer.received - asked).total_seconds()
    back = (answer.sent - asked).total_seconds() - elapsed_s
    delay = elapsed_s - (answer.sent - answer.received).total_seconds()
    return Measured(-(there + back) / 2, delay, answer.stratum, answer.reference)
