"""Container numbers (ISO 6346:1995, clause 3 and annex A).

Three owner letters, a category letter (U freight container, J detachable equipment, Z trailer or chassis), six digits,
one check digit. A bad check digit is evidence, never an error: Customs' own sample CTAU0008136 fails it.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from gateway.model.errors import ContainerNumberError

# ISO 6346 annex A: A = 10, then upwards, leaving out the multiples of 11.
LETTER_VALUES: Final[dict[str, int]] = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (v for v in range(10, 39) if v % 11 != 0), strict=True)
)
CATEGORIES: Final = "UJZ"
MAX_LENGTH: Final = 17  # the CN message allows an..17: longer than ISO's 11, never truncated


_ISO = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_WITHOUT_CHECK = re.compile(r"[A-Z]{3}[UJZ][0-9]{6}")
_ANY = re.compile(r"[A-Z0-9]{1,17}")

# Letters with equal residue modulo 11 cannot be told apart by the check digit.
RESIDUE_CLASSES: Final[tuple[str, ...]] = tuple(
    "".join(letter for letter in LETTER_VALUES if LETTER_VALUES[letter] % 11 == residue) for residue in range(11)
)


def normalise(text: str) -> str:
    """Upper case, NFKC, separators dropped: `temu 922135-3` → `TEMU9221353`."""
    return re.sub(r"[\s\-./·_\[\]()]", "", unicodedata.normalize("NFKC", text)).upper()


def check_digit(prefix: str) -> int:
    """The check digit of ten characters (four letters, six digits): Σ vᵢ·2ⁱ mod 11, where 10 counts as 0."""
    if not _WITHOUT_CHECK.fullmatch(prefix):
        raise ContainerNumberError(f"{prefix!r} is not four letters (the last U, J or Z) and six digits")
    total = sum((LETTER_VALUES[c] if c.isalpha() else int(c)) << i for i, c in enumerate(prefix))
    return total % 11 % 10


@dataclass(frozen=True, slots=True, order=True)
class ContainerNumber:
    """A container's number, normalised. Not every number in an order follows ISO 6346, so `is_iso` may be false."""

    value: str

    @classmethod
    def parse(cls, text: str) -> "ContainerNumber":
        """Read a number as people and messages write it. Ten characters of ISO form get their check digit added."""
        value = normalise(text)
        if _WITHOUT_CHECK.fullmatch(value):
            value += str(check_digit(value))
        if not _ANY.fullmatch(value):
            raise ContainerNumberError(f"{text!r} is not 1 to {MAX_LENGTH} letters and digits")
        return cls(value)

    @property
    def is_iso(self) -> bool:
        return _ISO.fullmatch(self.value) is not None

    @property
    def check_digit_valid(self) -> bool:
        return self.is_iso and int(self.value[10]) == check_digit(self.value[:10])

    @property
    def owner(self) -> str:
        return self.value[:3] if self.is_iso else ""

    @property
    def grouped(self) -> str:
        """As on the steel: `TEMU 922135 [3]`."""
        return f"{self.value[:4]} {self.value[4:10]} [{self.value[10]}]" if self.is_iso else self.value

    def __str__(self) -> str:
        return self.value
