"""Receipts: a seal's own word on what it was told to do and did, proof for later. Pure. docs/seal-profile.md §7.5."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.constant_time import bytes_eq

from gateway.seal_reader.errors import TokenError
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag
from gateway.seal_reader.tokens import Action, padded, unpadded

VERSION: Final = 1
TAG_LENGTH: Final = 16  # whole: there is room, and a receipt is kept for years

_BODY = struct.Struct("<BBIBBIIHH16s20s16s")
RECEIPT_LENGTH: Final = _BODY.size + TAG_LENGTH


class Result(IntEnum):
    DONE = 0
    MOTOR_STUCK = 1  # it was driven, and the end switch did not follow
    NO_PLUG = 2  # nothing is inserted that could be locked


@dataclass(frozen=True, slots=True)
class Receipt:
    """`counter` is that of the advertisement at that moment; `events` and `flags` are those after the command."""

    key_id: int
    serial: int
    action: Action
    result: Result
    at: datetime  # by the seal's clock
    counter: int
    events: int
    flags: SealFlag
    token_id: bytes
    order: str
    operator: str


def sign_receipt(receipt: Receipt, key: bytes) -> bytes:
    """The 88 bytes that a seal shows. `key` is the seal's key for receipts. Raises TokenError for values that do not fit."""
    try:
        body = _BODY.pack(
            VERSION,
            receipt.key_id,
            receipt.serial,
            receipt.action,
            receipt.result,
            int(receipt.at.timestamp()),
            receipt.counter,
            receipt.events,
            receipt.flags,
            receipt.token_id,
            padded(receipt.order, 20),
            padded(receipt.operator, 16),
        )
    except struct.error as error:
        raise TokenError(f"receipt of seal {receipt.serial}: {error}") from error
    return body + _tag(body, key)


def read_receipt(data: bytes, keys: SealKeys) -> Receipt:
    """An authentic receipt. Raises TokenError: it is none, or not authentic; SealKeyError: no such master key here."""
    if len(data) != RECEIPT_LENGTH:
        raise TokenError(f"receipt of {len(data)} bytes instead of {RECEIPT_LENGTH}")
    body, tag = data[: _BODY.size], data[_BODY.size :]
    version, key_id, serial, action, result, at, counter, events, flags, token_id, order, operator = _BODY.unpack(body)
    if version != VERSION:
        raise TokenError(f"receipt of version {version}")
    if not bytes_eq(_tag(body, keys.for_receipts(key_id, serial)), tag):
        raise TokenError(f"receipt of seal {serial}: not authentic")
    if action not in set(Action) or result not in set(Result):
        raise TokenError(f"receipt of seal {serial}: unknown action {action} or result {result}")
    return Receipt(
        key_id=key_id,
        serial=serial,
        action=Action(action),
        result=Result(result),
        at=datetime.fromtimestamp(at, UTC),
        counter=counter,
        events=events,
        flags=SealFlag(flags),
        token_id=token_id,
        order=unpadded(order),
        operator=unpadded(operator),
    )


def _tag(body: bytes, key: bytes) -> bytes:
    cmac = CMAC(AES(key))
    cmac.update(body)
    return cmac.finalize()[:TAG_LENGTH]
