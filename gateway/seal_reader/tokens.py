"""Tokens, which allow one command to one seal, and commands, which use one. Pure. Described in docs/seal-profile.md §7.

A token alone opens nothing: whoever holds it must sign the seal's challenge with the key that the token names. So it may
be given out ahead of time, carried through places without a network, and overheard.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.seal_reader.errors import TokenError
from gateway.seal_reader.gatt import CHALLENGE_LENGTH

VERSION: Final = 1
TOKEN_CONTEXT: Final = b"vehicle seal token\x00"  # in front of what is signed: no signature of one kind serves as another
COMMAND_CONTEXT: Final = b"vehicle seal command\x00"
SIGNATURE_LENGTH: Final = 64
ID_LENGTH: Final = 16
HOLDER_LENGTH: Final = 32

_BODY = struct.Struct("<BBBI16sII20s16s32s")
TOKEN_LENGTH: Final = _BODY.size + SIGNATURE_LENGTH
COMMAND_LENGTH: Final = TOKEN_LENGTH + SIGNATURE_LENGTH


class Action(IntEnum):
    LOCK = 1
    UNLOCK = 2
    CLEAR = 3  # the sticky flags


@dataclass(frozen=True, slots=True)
class Token:
    """Leave for one action at one seal, once, within a time. `holder` is the raw Ed25519 public key of who may use it."""

    key_id: int  # of the authority
    action: Action
    serial: int
    token_id: bytes
    not_before: datetime
    not_after: datetime
    order: str  # number of the CN order, ASCII, at most 20 characters
    operator: str  # who commands, as the authority names people; ASCII, at most 16 characters
    holder: bytes


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token as received: nothing of it is believed before `verified`."""

    token: Token
    body: bytes
    signature: bytes

    def verified(self, authority: Ed25519PublicKey) -> bool:
        return _verified(authority, self.signature, TOKEN_CONTEXT + self.body)


@dataclass(frozen=True, slots=True)
class Command:
    """What is written to a seal: a token, and its holder's answer to the seal's challenge."""

    signed: SignedToken
    answer: bytes

    def answers(self, challenge: bytes) -> bool:
        """Whether the token's holder, and nobody else, answers this challenge with this very token."""
        try:
            holder = Ed25519PublicKey.from_public_bytes(self.signed.token.holder)
        except ValueError:
            return False
        return _verified(holder, self.answer, COMMAND_CONTEXT + challenge + self.signed.body + self.signed.signature)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The raw public half, 32 bytes, as `Token.holder` has it."""
    return key.public_key().public_bytes_raw()


def issue(token: Token, authority: Ed25519PrivateKey) -> bytes:
    """The token as it is given out, 163 bytes. Raises TokenError for values that do not fit."""
    if len(token.token_id) != ID_LENGTH or len(token.holder) != HOLDER_LENGTH:
        raise TokenError("a token's id has 16 bytes, and its holder's key 32")
    try:
        body = _BODY.pack(
            VERSION,
            token.key_id,
            token.action,
            token.serial,
            token.token_id,
            int(token.not_before.timestamp()),
            int(token.not_after.timestamp()),
            padded(token.order, 20),
            padded(token.operator, 16),
            token.holder,
        )
    except struct.error as error:
        raise TokenError(f"token for seal {token.serial}: {error}") from error
    return body + authority.sign(TOKEN_CONTEXT + body)


def parse_token(data: bytes) -> SignedToken:
    """Raises TokenError: this is no token."""
    if len(data) != TOKEN_LENGTH:
        raise TokenError(f"token of {len(data)} bytes instead of {TOKEN_LENGTH}")
    version, key_id, action, serial, token_id, not_before, not_after, order, operator, holder = _BODY.unpack_from(data)
    if version != VERSION:
        raise TokenError(f"token of version {version}")
    if action not in set(Action):
        raise TokenError(f"token for the unknown action {action}")
    token = Token(
        key_id=key_id,
        action=Action(action),
        serial=serial,
        token_id=token_id,
        not_before=datetime.fromtimestamp(not_before, UTC),
        not_after=datetime.fromtimestamp(not_after, UTC),
        order=unpadded(order),
        operator=unpadded(operator),
        holder=holder,
    )
    return SignedToken(token, data[: _BODY.size], data[_BODY.size :])


def command(token: bytes, challenge: bytes, holder: Ed25519PrivateKey) -> bytes:
    """What the token's holder writes to the seal, 227 bytes. Raises TokenError for a challenge of another length."""
    if len(challenge) != CHALLENGE_LENGTH:
        raise TokenError(f"challenge of {len(challenge)} bytes instead of {CHALLENGE_LENGTH}")
    return token + holder.sign(COMMAND_CONTEXT + challenge + token)


def parse_command(data: bytes) -> Command:
    """Raises TokenError: this is no command."""
    if len(data) != COMMAND_LENGTH:
        raise TokenError(f"command of {len(data)} bytes instead of {COMMAND_LENGTH}")
    return Command(parse_token(data[:TOKEN_LENGTH]), data[TOKEN_LENGTH:])


def padded(text: str, length: int) -> bytes:
    """Printable ASCII, filled up with zero bytes. Raises TokenError for anything else, or for too much."""
    if not (text.isascii() and text.isprintable() and len(text) <= length):
        raise TokenError(f"{text!r}: at most {length} printable ASCII characters are possible")
    return text.encode("ascii").ljust(length, b"\x00")


def unpadded(field: bytes) -> str:
    """Raises TokenError for what `padded` does not make."""
    text = field.rstrip(b"\x00")
    if not (text.isascii() and text.decode("ascii").isprintable()):
        raise TokenError("a text that is not printable ASCII")
    return text.decode("ascii")


def _verified(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
