"""Passages in the gate's file: SQL on an open transaction. The whole record is JSON; columns stand beside it to find it by."""

import logging
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from gateway.model.confirmation import UndecidedError, confirm
from gateway.model.evidence import Link, digest, sign
from gateway.model.passage import Passage
from gateway.store.errors import StoreCorruptError, UnconfirmableError
from gateway.store.order_uses import note_uses
from gateway.store.outbox import WaitingRecord, put, timestamp

log = logging.getLogger(__name__)

_NAMES: Final = {"sequence": "verdict", "ruling_sequence": "ruling", "withdrawal_sequence": "withdrawal"}


@dataclass(frozen=True, slots=True)
class Signing:
    """With what confirmations are signed, and the file that errors name."""

    key: Ed25519PrivateKey
    path: Path


def save(connection: sqlite3.Connection, passage: Passage) -> None:
    """Insert or bring up to date. The sequence numbers, once given, are never touched."""
    connection.execute(
        "INSERT INTO passage (passage_id, lane, opened_at, closed_at, outcome, record) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (passage_id) DO UPDATE SET lane = excluded.lane, opened_at = excluded.opened_at, "
        "closed_at = excluded.closed_at, outcome = excluded.outcome, record = excluded.record",
        (
            passage.passage_id,
            passage.lane,
            timestamp(passage.opened_at),
            timestamp(passage.closed_at) if passage.closed_at else None,
            passage.verdict.outcome if passage.verdict else None,
            passage.model_dump_json(),
        ),
    )
    note_uses(connection, passage)


def _confirmed(connection: sqlite3.Connection, passage: Passage) -> dict[str, int | None]:
    """What there is to confirm of a passage, by its column, each with the number under which it was confirmed, or None."""
    row = connection.execute(
        "SELECT sequence, ruling_sequence, withdrawal_sequence FROM passage WHERE passage_id = ?", (passage.passage_id,)
    ).fetchone()
    parts = {"sequence": passage.verdict, "ruling_sequence": passage.ruling, "withdrawal_sequence": passage.withdrawn}
    return {column: row[column] if row else None for column, part in parts.items() if part is not None}


def _take_number(connection: sqlite3.Connection) -> tuple[str, int]:
    """The gate's name and its next number. A transaction that fails gives the number back: no gaps."""
    row = connection.execute(
        "UPDATE gate SET next_sequence = next_sequence + 1 WHERE id = 1 RETURNING name, next_sequence - 1 AS taken"
    ).fetchone()
    return str(row["name"]), int(row["taken"])


def next_number(connection: sqlite3.Connection) -> int:
    """The sequence number that the gate's next confirmation will have."""
    return int(connection.execute("SELECT next_sequence FROM gate WHERE id = 1").fetchone()["next_sequence"])


def decide(connection: sqlite3.Connection, passage: Passage, lane_title: str, now: datetime, signing: Signing) -> int:
    """Store a decided passage and queue its confirmation under the gate's next number; the number it already has, if any.

    A passage that now bears a person's ruling, or whose green was taken back, is confirmed once more. The first of each stands.
    """
    numbers = _confirmed(connection, passage)
    new = [column for column, number in numbers.items() if number is None]
    if numbers and not new:
        return max(number for number in numbers.values() if number is not None)
    return _confirm(connection, passage, lane_title, now, signing, new)


def _confirm(
    connection: sqlite3.Connection, passage: Passage, lane_title: str, now: datetime, signing: Signing, new: Collection[str]
) -> int:
    """Queue a confirmation of the passage as it stands. `new`: the columns of what it confirms for the first time."""
    gate, sequence = _take_number(connection)
    try:
        body = confirm(passage, gate, sequence, lane_title).model_dump_json()
    except (UndecidedError, ValidationError) as error:
        raise UnconfirmableError(signing.path, f"passage {passage.passage_id} cannot be confirmed: {_why(error)}") from error
    save(connection, passage)
    for column in new:
        connection.execute(f"UPDATE passage SET {column} = ? WHERE passage_id = ?", (sequence, passage.passage_id))
    openings = len(passage.manual_openings)
    connection.execute("UPDATE passage SET openings_confirmed = ? WHERE passage_id = ?", (openings, passage.passage_id))
    put(connection, WaitingRecord(sequence, passage.passage_id, body, _chain(connection, body.encode(), signing.key)), now)
    return sequence


def _chain(connection: sqlite3.Connection, body: bytes, key: Ed25519PrivateKey) -> Link:
    """The record's link behind the gate's latest one. It stands or falls with the transaction, as the number does."""
    previous = connection.execute("SELECT chain_head FROM gate WHERE id = 1").fetchone()["chain_head"]
    connection.execute("UPDATE gate SET chain_head = ? WHERE id = 1", (digest(previous, body),))
    return sign(previous, body, key)


def close(connection: sqlite3.Connection, passage: Passage, lane_title: str, now: datetime, signing: Signing) -> bool:
    """Store the final record of a passage. What was decided and never committed is kept too, and said aloud.

    Returns whether it was confirmed once more: its barrier was opened by hand since the latest confirmation.
    """
    save(connection, passage)
    numbers = _confirmed(connection, passage)
    for column, number in numbers.items():
        if number is None:
            log.error("passage %s closed with a %s that was never confirmed", passage.passage_id, _NAMES[column])
    if not numbers or None in numbers.values() or len(passage.manual_openings) <= _openings_confirmed(connection, passage):
        return False
    _confirm(connection, passage, lane_title, now, signing, ())
    return True


def _openings_confirmed(connection: sqlite3.Connection, passage: Passage) -> int:
    row = connection.execute("SELECT openings_confirmed FROM passage WHERE passage_id = ?", (passage.passage_id,)).fetchone()
    return int(row["openings_confirmed"])


def _why(error: UndecidedError | ValidationError) -> str:
    """The fields and what is wrong with them, without their values: those are personal data and end up in logs."""
    if isinstance(error, UndecidedError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False, include_input=False))


def _read(row: sqlite3.Row, path: Path) -> Passage:
    try:
        return Passage.model_validate_json(row["record"])
    except ValidationError as error:
        raise StoreCorruptError(path, f"the record of passage {row['passage_id']} cannot be read: {_why(error)}") from error


def one(connection: sqlite3.Connection, passage_id: str, path: Path) -> Passage | None:
    row = connection.execute("SELECT passage_id, record FROM passage WHERE passage_id = ?", (passage_id,)).fetchone()
    return _read(row, path) if row else None


def recent(connection: sqlite3.Connection, lane: str, limit: int, path: Path, reported: set[str]) -> tuple[Passage, ...]:
    """The lane's latest passages, newest first. One that cannot be read is logged once and does not hide the others."""
    rows = connection.execute(
        "SELECT passage_id, record FROM passage WHERE lane = ? ORDER BY opened_at DESC, passage_id DESC LIMIT ?", (lane, limit)
    ).fetchall()
    found = []
    for row in rows:
        try:
            found.append(_read(row, path))
        except StoreCorruptError as error:
            if row["passage_id"] not in reported:
                reported.add(row["passage_id"])
                log.error("%s", error)
    return tuple(found)
