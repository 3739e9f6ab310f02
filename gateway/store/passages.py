"""Passages in the gate's file: SQL on an open transaction. The whole record is JSON; columns stand beside it to find it by."""

import logging
import sqlite3
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from gateway.model.confirmation import UndecidedError, confirm
from gateway.model.passage import Passage
from gateway.store.errors import StoreCorruptError, UnconfirmableError
from gateway.store.order_uses import note_uses
from gateway.store.outbox import WaitingRecord, put, timestamp

log = logging.getLogger(__name__)


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


def sequences_of(connection: sqlite3.Connection, passage_id: str) -> tuple[int | None, int | None]:
    """The numbers under which the lane's verdict and a person's ruling were confirmed, None where they were not yet."""
    row = connection.execute("SELECT sequence, ruling_sequence FROM passage WHERE passage_id = ?", (passage_id,)).fetchone()
    return (row["sequence"], row["ruling_sequence"]) if row else (None, None)


def _take_number(connection: sqlite3.Connection) -> tuple[str, int]:
    """The gate's name and its next number. A transaction that fails gives the number back: no gaps."""
    row = connection.execute(
        "UPDATE gate SET next_sequence = next_sequence + 1 WHERE id = 1 RETURNING name, next_sequence - 1 AS taken"
    ).fetchone()
    return str(row["name"]), int(row["taken"])


def decide(connection: sqlite3.Connection, passage: Passage, lane_title: str, now: datetime, path: Path) -> int:
    """Store a decided passage and queue its confirmation under the gate's next number; the number it already has, if any.

    A passage that now bears a person's ruling is confirmed once more. The first ruling stands, as the first verdict does.
    """
    of_verdict, of_ruling = sequences_of(connection, passage.passage_id)
    given = of_ruling if passage.ruling else of_verdict
    if given is not None:
        return given
    gate, sequence = _take_number(connection)
    try:
        body = confirm(passage, gate, sequence, lane_title).model_dump_json()
    except (UndecidedError, ValidationError) as error:
        raise UnconfirmableError(path, f"passage {passage.passage_id} cannot be confirmed: {_why(error)}") from error
    save(connection, passage)
    connection.execute(
        "UPDATE passage SET sequence = coalesce(sequence, ?), ruling_sequence = ? WHERE passage_id = ?",
        (sequence, sequence if passage.ruling else None, passage.passage_id),
    )
    put(connection, WaitingRecord(sequence, passage.passage_id, body), now)
    return sequence


def close(connection: sqlite3.Connection, passage: Passage) -> None:
    """Store the final record of a passage. A verdict or ruling that was never committed is kept too, and said aloud."""
    save(connection, passage)
    of_verdict, of_ruling = sequences_of(connection, passage.passage_id)
    if passage.verdict is not None and of_verdict is None:
        log.error("passage %s closed with a verdict that was never confirmed", passage.passage_id)
    if passage.ruling is not None and of_ruling is None:
        log.error("passage %s closed with a ruling that was never confirmed", passage.passage_id)


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
