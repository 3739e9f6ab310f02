"""The seal profile's advertisement, to bytes and back, and its authentication tag. Pure. Described in docs/seal-profile.md.

One legacy advertisement holds 31 bytes. Flags take 3, the head of the manufacturer data 2 and the company id 2: that
leaves 24, and the frame uses them all.
"""

import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.constant_time import bytes_eq

from gateway.seal_reader.errors import FrameError

# 0xFFFF is what the Bluetooth SIG leaves for tests: a maker puts its own assigned id here before it ships a seal.
COMPANY_ID: Final = b"\xff\xff"
MARKER: Final = 0x5E
VERSION: Final = 1

# Eight bytes: a forger has one try per frame, and a receiver takes about a thousand frames a second. 2^64 tries then
# take half a thousand million years; the four bytes that a frame could make do with would last fifty days.
TAG_LENGTH: Final = 8

_BODY = struct.Struct("<2sBBBIHBIH")
FRAME_LENGTH: Final = _BODY.size + TAG_LENGTH
MAX_LENGTH: Final = len(COMPANY_ID) + 24
assert FRAME_LENGTH == MAX_LENGTH  # the arithmetic above

MAX_COUNTER: Final = 0xFFFF_FFFF


class SealFlag(IntFlag):
    """What a seal says of itself. *Plug inserted* and *motor locked* are two things. Other bits are for later versions."""

    PLUG_INSERTED = 1 << 0
    MOTOR_LOCKED = 1 << 1
    TASK_ACTIVE = 1 << 2
    SHELL_OPENED = 1 << 3
    CABLE_CUT = 1 << 4
    OPENED_WHILE_SEALED = 1 << 5
    MOTOR_STUCK = 1 << 6
    LOW_BATTERY = 1 << 7
    WRONG_CREDENTIAL = 1 << 8


@dataclass(frozen=True, slots=True)
class SealFrame:
    """What one frame says. `counter` grows with every frame, `events` with every event that the seal has logged."""

    key_id: int
    serial: int
    flags: SealFlag
    battery_percent: int
    counter: int
    events: int


@dataclass(frozen=True, slots=True)
class SignedFrame:
    """A frame as received: what it says, the bytes under its tag, and the tag. Nothing is believed before `verified`."""

    frame: SealFrame
    body: bytes
    tag: bytes

    def verified(self, key: bytes) -> bool:
        """Whether the tag is right under this seal's key. Takes as long for a nearly right tag as for a wrong one."""
        return bytes_eq(tag_of(self.body, key), self.tag)


def tag_of(body: bytes, key: bytes) -> bytes:
    """AES-CMAC (NIST SP 800-38B, RFC 4493) of company id and body, its first bytes."""
    cmac = CMAC(AES(key))
    cmac.update(body)
    return cmac.finalize()[:TAG_LENGTH]


def sign(frame: SealFrame, key: bytes) -> bytes:
    """The manufacturer data that a seal sends, company id included. Raises FrameError for values that do not fit."""
    try:
        body = _BODY.pack(
            COMPANY_ID,
            MARKER,
            VERSION,
            frame.key_id,
            frame.serial,
            frame.flags,
            frame.battery_percent,
            frame.counter,
            frame.events,
        )
    except struct.error as error:
        raise FrameError(f"seal {frame.serial}: {error}") from error
    _check(frame)
    return body + tag_of(body, key)


def parse(payload: bytes) -> SignedFrame | None:
    """Read manufacturer data. None: this is not a seal's. Raises FrameError: it claims to be one, and cannot be."""
    if payload[:3] != COMPANY_ID + bytes([MARKER]):
        return None
    if payload[3:4] != bytes([VERSION]):
        raise FrameError(f"seal frame of version {payload[3]}" if len(payload) > 3 else "seal frame without a version")
    if len(payload) != FRAME_LENGTH:
        raise FrameError(f"seal frame of {len(payload)} bytes instead of {FRAME_LENGTH}")
    _, _, _, key_id, serial, flags, battery, counter, events = _BODY.unpack_from(payload)
    frame = SealFrame(key_id, serial, SealFlag(flags), battery, counter, events)
    _check(frame)
    return SignedFrame(frame, payload[: _BODY.size], payload[_BODY.size :])


def _check(frame: SealFrame) -> None:
    if frame.battery_percent > 100:
        raise FrameError(f"seal {frame.serial}: battery at {frame.battery_percent} percent")
    if frame.key_id == 0:
        raise FrameError(f"seal {frame.serial}: key id 0 is reserved")
