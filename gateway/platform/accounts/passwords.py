"""Passwords as Argon2id hashes (RFC 9106, the second recommended choice: 64 MiB, three passes, four lanes), some 0.1 s each."""

from functools import cache
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from gateway.look.i18n import _
from gateway.model.clock import RandomBytes

LENGTHS: Final = range(12, 129)  # characters
SALT_BYTES: Final = 16
_UNMISTAKABLE: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_MEMORY_KIB: Final = 64 << 10
_DIFFERENT: Final = 5  # characters; fewer are a pattern


def password_problem(password: str, login: str) -> str:
    """What is wrong with a new password, a message id of the catalogue; empty where nothing is."""
    if len(password) not in LENGTHS:
        return _("a password is 12 to 128 characters long")
    if not password.isprintable():
        return _("a password holds no control characters")
    if login.casefold() in password.casefold() or len(set(password)) < _DIFFERENT:
        return _("a password of the login's name, or of very few different characters, is guessed at once")
    return ""


def one_time_password(random: RandomBytes) -> str:
    """One that another person hands over: four groups of five letters and digits, 100 bits, none of which is taken for another."""
    drawn = "".join(_UNMISTAKABLE[byte % 32] for byte in random(20))
    return "-".join(drawn[place : place + 5] for place in range(0, 20, 5))


def hash_password(password: str, random: RandomBytes) -> str:
    """In PHC form: parameters, salt and hash in one string."""
    made = Argon2id(salt=random(SALT_BYTES), length=32, iterations=3, lanes=4, memory_cost=_MEMORY_KIB)
    return made.derive_phc_encoded(password.encode())


def fits(password: str, hashed: str) -> bool:
    """Whether this is the password. Of an empty hash (no such account) it says no, and takes as long for it."""
    try:
        Argon2id.verify_phc_encoded(password.encode("utf-8", "replace"), hashed or _nobodys())
    except InvalidKey:
        return False
    return bool(hashed)


@cache
def _nobodys() -> str:
    return hash_password("", bytes)
