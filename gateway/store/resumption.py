"""How a gate counts on when its store has lost its latest records: restored from a backup, or rebuilt after damage.

The numbers of what was lost may be at the platform, or on paper. So the store counts on with the seconds since COUNTED_FROM: a
gate that confirms less than one record a second, as all do, has never given such a number, whatever was lost and however often
it was restored. No network is needed, no number is given twice, and the platform shows a gap where the numbers leap.
"""

import sqlite3
from datetime import UTC, datetime
from typing import Final

COUNTED_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)  # before any gate counted


def resume(connection: sqlite3.Connection, now: datetime) -> int:
    """Leap, in the caller's transaction; returns the number of the next record, which names the latest one here as the one before
    it. `now` must not be earlier than anything that the store holds.
    """
    seconds = int((now - COUNTED_FROM).total_seconds())
    row = connection.execute(
        "UPDATE gate SET next_sequence = max(?, next_sequence + 1, 2 + (SELECT coalesce(max(sequence), 0) FROM outbox)) "
        "WHERE id = 1 RETURNING next_sequence",
        (seconds,),
    ).fetchone()
    return int(row["next_sequence"])


def latest(connection: sqlite3.Connection) -> datetime | None:
    """When the newest record here was committed; None where there is none."""
    found = connection.execute("SELECT max(committed_at) FROM outbox").fetchone()[0]
    return datetime.fromisoformat(found) if found else None
