"""The one-time code by which a gate is enrolled: one string that an engineer types, which proves each side to the other. Pure.

    secret   10 bytes   proves the gate to the platform, once
    pin      12 bytes   SHA-256 of the platform's authority (its certificate, DER), cut short: proves the platform to the gate
    check     3 bytes   SHA-256 of DOMAIN and what stands before, cut short: tells a mistyped code from a wrong one

The 25 bytes are written in Crockford's base 32 (https://www.crockford.com/base32.html), which has no I, L, O and U, in
eight groups of five. 80 bits that serve for a day and ten attempts cannot be guessed; no second authority of the
same 96 bits can be made.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from gateway.model.clock import RandomBytes
from gateway.model.errors import EnrolmentCodeError

DOMAIN: Final = b"gateway enrolment code 1\n"
SECRET_BYTES: Final = 10
PIN_BYTES: Final = 12
CHECK_BYTES: Final = 3
CHARACTERS: Final = (SECRET_BYTES + PIN_BYTES + CHECK_BYTES) * 8 // 5
GROUP: Final = 5
_RFC4648: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITTEN: Final = str.maketrans(_RFC4648, _CROCKFORD)
_READ: Final = str.maketrans(_CROCKFORD + "OIL", _RFC4648 + _RFC4648[0] + _RFC4648[1] * 2)
_SEPARATORS: Final = str.maketrans("", "", "- \t\r\n")


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """`pin` is of the authority that the platform had when the code was made. No `repr` and no log shows the secret."""

    secret: bytes = field(repr=False)
    pin: bytes

    @classmethod
    def new(cls, authority: bytes, random: RandomBytes) -> "EnrolmentCode":
        """`authority`: the platform's certificate, DER."""
        return cls(random(SECRET_BYTES), pin_of(authority))

    @classmethod
    def parse(cls, text: str) -> "EnrolmentCode":
        """In either case, with or without its dashes. Raises EnrolmentCodeError, which never holds the text."""
        written = text.translate(_SEPARATORS).upper()
        if len(written) != CHARACTERS:
            raise EnrolmentCodeError(f"an enrolment code has {CHARACTERS} letters and digits, not {len(written)}")
        if not set(written) <= set(_CROCKFORD + "OIL"):
            raise EnrolmentCodeError("an enrolment code holds digits and letters without U only")
        try:
            raw = base64.b32decode(written.translate(_READ))
        except binascii.Error:
            raise EnrolmentCodeError("this is no enrolment code") from None
        secret, pin = raw[:SECRET_BYTES], raw[SECRET_BYTES:-CHECK_BYTES]
        if raw[-CHECK_BYTES:] != _check(secret, pin):
            raise EnrolmentCodeError("the enrolment code is mistyped")
        return cls(secret, pin)

    @property
    def text(self) -> str:
        """As a person types it. A secret."""
        raw = self.secret + self.pin + _check(self.secret, self.pin)
        written = base64.b32encode(raw).decode("ascii").translate(_WRITTEN)
        return "-".join(written[start : start + GROUP] for start in range(0, CHARACTERS, GROUP))

    def names(self, authority: bytes) -> bool:
        """Whether the code was made by the platform whose authority this is (DER)."""
        return compare_digest(self.pin, pin_of(authority))


def pin_of(authority: bytes) -> bytes:
    return hashlib.sha256(authority).digest()[:PIN_BYTES]


def _check(secret: bytes, pin: bytes) -> bytes:
    return hashlib.sha256(DOMAIN + secret + pin).digest()[:CHECK_BYTES]
