"""What a gate's evidence chain says of a record that came: whole, or what a person must look into. Pure.

A record is kept whatever its chain says: a broken chain is evidence, too. The key of a gate is that with which it was enrolled, and
of a gate that never was, that of its first signed record.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.evidence import BEGINNING, Link, digest


class ChainState(StrEnum):
    """Everything but `whole` and `unsigned` is an alarm."""

    WHOLE = "whole"
    UNSIGNED = "unsigned"  # a gateway that knows no chain yet
    SIGNATURE_MISSING = "signature_missing"  # of a gate that has signed before, or was enrolled
    BAD_SIGNATURE = "bad_signature"  # the record is not what was signed
    OTHER_KEY = "other_key"  # signed, but not with this gate's key
    GAP = "gap"  # the record before has not come
    FORK = "fork"  # follows another record than the one that came before it

    @property
    def is_alarm(self) -> bool:
        return self not in {ChainState.WHOLE, ChainState.UNSIGNED}


@dataclass(frozen=True, slots=True)
class Before:
    """What the platform holds of the gate.

    `key`: the gate's, None where none is known. `signed`: whether a record signed with it has come. `here`: whether the record with
    the number before has come; `link` and `body` are that record's, None and empty where it has no link.
    """

    key: str | None
    signed: bool
    here: bool
    link: Link | None
    body: bytes


def judge(sequence: int, body: bytes, link: Link | None, before: Before) -> ChainState:
    """`body`: the record byte for byte as it came."""
    if link is None:
        return ChainState.UNSIGNED if before.key is None else ChainState.SIGNATURE_MISSING
    if not link.is_authentic(body):
        return ChainState.BAD_SIGNATURE
    if before.key not in {None, link.key}:
        return ChainState.OTHER_KEY
    if link.previous == BEGINNING:
        return ChainState.WHOLE if not before.signed or sequence == 1 else ChainState.FORK
    if not before.here:
        return ChainState.GAP
    follows = before.link is not None and link.previous == digest(before.link.previous, before.body)
    return ChainState.WHOLE if follows else ChainState.FORK
