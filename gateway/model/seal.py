"""Seals: kinds as in the CN message, and numbers as they are compared."""

import re
import unicodedata
from typing import Final

from gateway.model.errors import SealNumberError

PASSIVE_E_SEAL: Final = "5"
VEHICLE_SEAL: Final = "8"
_NUMBER = re.compile(r"[A-Z0-9]{1,17}")


def normalise_seal_number(text: str) -> str:
    """Upper case, NFKC, separators dropped, the messages' `E-` prefix stripped: `e-wls8854668` → `WLS8854668`."""
    value = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper().removeprefix("E-")
    value = re.sub(r"[-./]", "", value)
    if not _NUMBER.fullmatch(value):
        raise SealNumberError(f"{text!r} is not a seal number (1 to 17 letters and digits)")
    return value
