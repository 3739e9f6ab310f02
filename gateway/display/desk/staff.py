"""Those who may decide at the gate: a file of their names, roles, and hashes of PIN and badges. No secret can be read from it.

PINs and badge numbers are short, so they are hashed with scrypt (RFC 7914), and the file is the service's own (mode 0600).
"""

import hashlib
import hmac
import json
import os
import stat
import unicodedata
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.display.errors import StaffFileError
from gateway.model.clock import RandomBytes
from gateway.store.durable_file import whole_file

PIN_LENGTHS: Final = range(6, 13)  # digits: what a person keeps in mind, and a million guesses at least
BADGE_LENGTHS: Final = range(6, 65)  # characters: a 4-byte card number in decimal or hex is the shortest
SALT_BYTES: Final = 16
# RFC 7914 §2: 128·N·r bytes = 16 MiB and some 50 ms on a gate PC, for each guess at a stolen file as well.
_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 1
_MOST_MEMORY: Final = 64 << 20

Hex = Annotated[str, Field(pattern=r"^([0-9a-f]{2}){16,64}$")]
StaffId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$")]


class Role(StrEnum):
    OFFICER = "officer"  # decides what a lane referred
    SUPERVISOR = "supervisor"  # also releases what a lane stopped


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HashedPin(_Record):
    salt: Hex
    hash: Hex


class Person(_Record):
    staff_id: StaffId
    name: str = Field(min_length=1, max_length=30)
    role: Role
    pin: HashedPin | None = None
    badges: tuple[Hex, ...] = ()

    @property
    def called(self) -> str:
        """As a record names the person."""
        return f"{self.staff_id} {self.name}"


class Staff(_Record):
    """`badge_salt` is one for all badges, so that a badge is found with one hash."""

    badge_salt: Hex
    people: tuple[Person, ...] = ()

    @model_validator(mode="after")
    def _everybody_once(self) -> "Staff":
        ids = [person.staff_id.casefold() for person in self.people]
        badges = [badge for person in self.people for badge in person.badges]
        if len(set(ids)) < len(ids) or len(set(badges)) < len(badges):
            raise ValueError("a staff number or a badge is there twice")
        return self

    @classmethod
    def nobody(cls, random: RandomBytes) -> "Staff":
        return cls(badge_salt=random(SALT_BYTES).hex())

    def person(self, staff_id: str) -> Person | None:
        """By the staff number, however it is capitalised."""
        return next((person for person in self.people if person.staff_id.casefold() == staff_id.casefold()), None)

    def with_pin(self, staff_id: str, pin: str) -> Person | None:
        """The person of that number and PIN. Takes as long for a number that is not there."""
        person = self.person(staff_id)
        known = person.pin if person else None
        salt = known.salt if known else self.badge_salt
        matches = hmac.compare_digest(_scrypt(pin, salt), known.hash if known else "")
        return person if matches else None

    def with_badge(self, badge: str) -> Person | None:
        found = self.badge_hash(badge)
        return next((person for person in self.people if any(hmac.compare_digest(found, one) for one in person.badges)), None)

    def badge_hash(self, badge: str) -> str:
        return _scrypt(normalise_badge(badge), self.badge_salt)

    def and_person(self, person: Person) -> "Staff":
        """With this person added, or brought up to date. Raises ValueError where a badge is another person's."""
        others = tuple(other for other in self.people if other.staff_id.casefold() != person.staff_id.casefold())
        return Staff(badge_salt=self.badge_salt, people=(*others, person))

    def without(self, staff_id: str) -> "Staff":
        others = tuple(person for person in self.people if person.staff_id.casefold() != staff_id.casefold())
        return self.model_copy(update={"people": others})


def hash_pin(pin: str, random: RandomBytes) -> HashedPin:
    salt = random(SALT_BYTES).hex()
    return HashedPin(salt=salt, hash=_scrypt(pin, salt))


def pin_problem(pin: str) -> str:
    """What is wrong with a new PIN, in English; empty where nothing is."""
    if not (pin.isascii() and pin.isdigit() and len(pin) in PIN_LENGTHS):
        return f"a PIN is {PIN_LENGTHS.start} to {PIN_LENGTHS.stop - 1} digits"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return "a PIN of one digit repeated, or of digits in a row, is guessed at once" if steps in ({0}, {1}, {9}) else ""


def normalise_badge(badge: str) -> str:
    """As different readers write the same number: `04:A1:B2` → `04a1b2`."""
    return "".join(c for c in unicodedata.normalize("NFKC", badge) if c.isalnum()).casefold()


def _scrypt(secret: str, salt: str) -> str:
    derived = hashlib.scrypt(secret.encode(), salt=bytes.fromhex(salt), n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MOST_MEMORY)
    return derived.hex()


def read_staff(path: Path) -> Staff:
    """Raises StaffFileError for a file that is missing, open to others, or not as it should be."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise StaffFileError(path, "others may read or write it: `chmod 600`")
            return Staff.model_validate_json(file.read())
    except FileNotFoundError:
        raise StaffFileError(path, "there is none yet: `gateway staff add` makes it") from None
    except OSError as error:
        raise StaffFileError(path, error.strerror or "cannot be read") from error
    except UnicodeDecodeError:
        raise StaffFileError(path, "is no text") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors(include_input=False))
        raise StaffFileError(path, wrong) from None


def write_staff(path: Path, staff: Staff) -> None:
    """Replace the file in one step; mode 0600 from its first byte, in a folder that is made if need be. Raises StaffFileError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(json.dumps(staff.model_dump(mode="json"), ensure_ascii=False, indent=2).encode() + b"\n")
    except OSError as error:
        raise StaffFileError(path, error.strerror or "cannot be written") from error
