"""The durable outbox: what the platform must still be told. SQL on an open transaction; the store gives it a thread.

A record leaves the state `waiting` once and for good: acknowledged by the platform, or set aside because the platform will
never take it. Rows are kept with their mark; how long is the site's retention, not this file's affair.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from gateway.model.evidence import Link
from gateway.store.errors import StoreDamagedError


class RecordState(StrEnum):
    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    CONFLICT = "conflict"  # the platform holds another record under this sequence number
    REFUSED = "refused"  # the platform cannot understand the record


class PictureState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    VANISHED = "vanished"  # the file is gone from this gate's disk
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A confirmation to send: `body` is its JSON, the same bytes at every attempt. `link` chains it to the one before; records of
    gateways that knew no chain have none."""

    sequence: int
    passage_id: str
    body: str
    link: Link | None


@dataclass(frozen=True, slots=True)
class WaitingPicture:
    """A picture that the platform asked for when it took the record `sequence`."""

    sha256: str
    sequence: int


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    records: dict[RecordState, int]
    pictures: dict[PictureState, int]


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, so that text sorts as time."""
    return moment.isoformat(timespec="microseconds")


def put(connection: sqlite3.Connection, record: WaitingRecord, committed_at: datetime) -> None:
    link = record.link.model_dump_json() if record.link else None
    connection.execute(
        "INSERT INTO outbox (sequence, passage_id, state, committed_at, body, link) VALUES (?, ?, ?, ?, ?, ?)",
        (record.sequence, record.passage_id, RecordState.WAITING, timestamp(committed_at), record.body, link),
    )


def waiting_records(connection: sqlite3.Connection, limit: int, path: Path) -> tuple[WaitingRecord, ...]:
    """Oldest first. Raises StoreDamagedError for one that is not as it was signed."""
    rows = connection.execute("SELECT * FROM outbox WHERE state = 'waiting' ORDER BY sequence LIMIT ?", (limit,))
    return tuple(_waiting(row, path) for row in rows)


def records_after(connection: sqlite3.Connection, sequence: int, limit: int, path: Path) -> tuple[WaitingRecord, ...]:
    """Every record behind a sequence number, oldest first, whatever became of it. Raises StoreDamagedError as above."""
    rows = connection.execute("SELECT * FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, limit))
    return tuple(_waiting(row, path) for row in rows)


def last_sequence(connection: sqlite3.Connection) -> int:
    """The last number that was given; 0 before the first."""
    return int(connection.execute("SELECT next_sequence - 1 FROM gate WHERE id = 1").fetchone()[0])


def _waiting(row: sqlite3.Row, path: Path) -> WaitingRecord:
    if not is_sound(row):
        raise StoreDamagedError(path, f"record {row['sequence']} is no longer what was signed")
    return WaitingRecord(row["sequence"], row["passage_id"], row["body"], _link(row))


def is_sound(row: sqlite3.Row) -> bool:
    """Whether a record is what was written here: the platform must not take a disk's fault for the gate's word."""
    try:
        RecordState(row["state"])
        datetime.fromisoformat(row["committed_at"])
        link, body = _link(row), json.loads(row["body"])
        beside = all(body[name] == row[name] for name in ("sequence", "passage_id"))
    except (ValueError, TypeError, KeyError):
        return False
    return beside and (link is None or link.is_authentic(row["body"].encode()))


def _link(row: sqlite3.Row) -> Link | None:
    return Link.model_validate_json(row["link"]) if "link" in row.keys() and row["link"] else None  # noqa: SIM118 - a row is no mapping


def waiting_pictures(connection: sqlite3.Connection, limit: int) -> tuple[WaitingPicture, ...]:
    """Those of the oldest record first."""
    rows = connection.execute(
        "SELECT sha256, sequence FROM picture_upload WHERE state = 'waiting' ORDER BY sequence, rowid LIMIT ?", (limit,)
    )
    return tuple(WaitingPicture(row["sha256"], row["sequence"]) for row in rows)


def unsent_pictures(connection: sqlite3.Connection) -> frozenset[str]:
    """Pictures that the platform has not got, or has not yet said whether it has."""
    rows = connection.execute(
        "SELECT sha256 FROM picture_upload WHERE state = 'waiting' "
        "UNION SELECT json_extract(picture.value, '$.sha256') FROM outbox, json_each(outbox.body, '$.pictures') AS picture "
        "WHERE outbox.state = 'waiting'"
    )
    return frozenset(row[0] for row in rows)


def give_up_pictures(connection: sqlite3.Connection, hashes: Iterable[str], why: str) -> None:
    """These pictures are no longer here, though the platform wants them, or may come to want them."""
    connection.executemany(
        "UPDATE picture_upload SET state = 'vanished', detail = ? WHERE sha256 = ?", [(why, sha256) for sha256 in hashes]
    )


def settle(connection: sqlite3.Connection, sequence: int, state: RecordState, detail: str, at: datetime) -> bool:
    """Take a record out of `waiting`; False when it was not waiting (a second answer changes nothing)."""
    changed = connection.execute(
        "UPDATE outbox SET state = ?, detail = ?, settled_at = ? WHERE sequence = ? AND state = 'waiting'",
        (state, detail, timestamp(at), sequence),
    )
    return changed.rowcount == 1


def want_pictures(connection: sqlite3.Connection, sequence: int, hashes: Iterable[str]) -> None:
    """Queue pictures. One that was sent before is sent again: the platform says that it does not have it."""
    connection.executemany(
        "INSERT INTO picture_upload (sha256, sequence, state) VALUES (?, ?, 'waiting') "
        "ON CONFLICT (sha256) DO UPDATE SET state = 'waiting', detail = NULL",
        [(sha256, sequence) for sha256 in hashes],
    )


def settle_picture(connection: sqlite3.Connection, sha256: str, state: PictureState, detail: str) -> None:
    connection.execute("UPDATE picture_upload SET state = ?, detail = ? WHERE sha256 = ?", (state, detail, sha256))


def count_waiting(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0])


def count(connection: sqlite3.Connection) -> OutboxCounts:
    records = dict.fromkeys(RecordState, 0)
    records |= {RecordState(row[0]): row[1] for row in connection.execute("SELECT state, count(*) FROM outbox GROUP BY state")}
    pictures = dict.fromkeys(PictureState, 0)
    pictures |= {
        PictureState(row[0]): row[1] for row in connection.execute("SELECT state, count(*) FROM picture_upload GROUP BY state")
    }
    return OutboxCounts(records, pictures)
