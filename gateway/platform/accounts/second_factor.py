"""The second factor: six digits that change every half minute (TOTP, RFC 6238), from a key that only an app on a phone has."""

import base64
from datetime import datetime
from typing import Final
from urllib.parse import quote

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from gateway.model.clock import RandomBytes

KEY_BYTES: Final = 20  # RFC 4226 §4, R6
STEP_S: Final = 30
DIGITS: Final = 6
_ISSUER: Final = "gateway"


def new_key(random: RandomBytes) -> str:
    """In base32, as one types it into an app where it cannot be scanned."""
    return base64.b32encode(random(KEY_BYTES)).decode()


def address(login: str, key: str) -> str:
    """What an app takes the key from (`otpauth://…`)."""
    return f"otpauth://totp/{_ISSUER}:{quote(login)}?secret={key}&issuer={_ISSUER}&digits={DIGITS}&period={STEP_S}"


def picture(login: str, key: str) -> str:
    """The address as a QR code (ISO/IEC 18004) in SVG, black on white with its quiet zone: apps read it off a dark page, too."""
    return segno.make(address(login, key), error="m").svg_inline(scale=5, border=4, light="#fff")


def code_at(key: str, moment: datetime) -> str:
    return _totp(key).generate(int(moment.timestamp())).decode()


def step_of(key: str, code: str, now: datetime, last: int) -> int | None:
    """The time step that a code is of: this one, or one beside it, but none up to `last`, as each code is used once.

    None where it is of none of them.
    """
    current = int(now.timestamp()) // STEP_S
    fitting = None
    for step in (current - 1, current, current + 1):
        try:
            _totp(key).verify(code.encode("ascii", "replace"), step * STEP_S)
        except InvalidToken:
            continue
        if step > last:
            fitting = step
    return fitting


def _totp(key: str) -> TOTP:
    # RFC 6238 §1.2: SHA-1 is what the apps speak; its weakness to collisions is none in HMAC.
    return TOTP(base64.b32decode(key), DIGITS, SHA1(), STEP_S)
