"""The gate's past passages, for whoever asks afterwards: read only, while the service that owns the store goes on writing.

Nothing here takes the folder's lock, and no reading lasts longer than one record takes, so that the service's write-ahead log
can be cut back meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from gateway.model.evidence import Link, body_sha256
from gateway.model.evidence_file import SignedRecord
from gateway.model.passage import Passage
from gateway.model.wire import Confirmation
from gateway.store import outbox, passages
from gateway.store.connection import connect, naming
from gateway.store.errors import AmbiguousPassageError, NoPassageError, StoreError, UnsignedError
from gateway.store.outbox import RecordState, timestamp

LAST: Final = "last"  # an address: the latest passage, of all lanes or of the one named after it
SHOWN: Final = 5  # of several passages that an address fits
PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One confirmation of a passage, as it waits for the platform or was taken by it. `confirmation` None: it cannot be read."""

    sequence: int
    state: RecordState
    committed_at: datetime
    settled_at: datetime | None
    confirmation: Confirmation | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as this gate keeps it, and what the platform was told of it: its verdict first, then a person's ruling."""

    gate: str
    passage: Passage
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """How the store stands, in numbers: nothing of what is in it. `migrations` by set; `rows` by table."""

    gate: str
    migrations: dict[str, tuple[str, ...]]
    rows: dict[str, int]
    outbox: outbox.OutboxCounts


class Archive:
    """Use `Archive.open(folder)`."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self._path = folder / "gate.sqlite3"

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator["Archive"]:
        """Raises StoreError where there is no store, StoreCorruptError where it cannot be read."""
        path = folder / "gate.sqlite3"
        if not path.is_file():
            raise StoreError(folder, "no gate's store is here (gate.sqlite3); name the folder that `store` in the lane file names")
        connection = connect(path, read_only=True)
        try:
            yield cls(connection, folder)
        finally:
            connection.close()

    @property
    def pictures(self) -> Path:
        return self._folder / "pictures"

    def condition(self) -> Condition:
        """Raises StoreError."""
        with naming(self._path):
            gate = self._connection.execute("SELECT name FROM gate WHERE id = 1").fetchone()
            applied = self._connection.execute("SELECT migration_set, name FROM _sqlite_migrations ORDER BY name").fetchall()
            tables = [row["name"] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return Condition(
                gate=gate["name"] if gate else "",
                migrations={one: tuple(row["name"] for row in applied if row["migration_set"] == one) for one, _ in applied},
                rows={table: self._connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables},
                outbox=outbox.count(self._connection),
            )

    def find(self, address: str) -> StoredPassage:
        """The passage of an id, of the beginning of one, of `last`, or of `last LANE`.

        Raises NoPassageError, AmbiguousPassageError, or StoreCorruptError where the record cannot be read.
        """
        words = address.split()
        if words[:1] == [LAST]:
            return self.one(self._last(" ".join(words[1:])))
        return self.one(self._by_prefix(address.strip().lower()))

    def one(self, passage_id: str) -> StoredPassage:
        """Raises NoPassageError, StoreCorruptError."""
        with naming(self._path):
            passage = passages.one(self._connection, passage_id, self._path)
            if passage is None:
                raise NoPassageError(self._folder, f"no passage {passage_id}")
            gate = self._connection.execute("SELECT name FROM gate WHERE id = 1").fetchone()
            told = self._connection.execute(
                "SELECT sequence, state, committed_at, settled_at, body FROM outbox WHERE passage_id = ? ORDER BY sequence",
                (passage_id,),
            ).fetchall()
            return StoredPassage(gate["name"] if gate else "", passage, tuple(map(_told, told)))

    def signed_records(self, passage_id: str) -> tuple[SignedRecord, ...]:
        """The passage's confirmations, and between the first and the last what other passages' there are, those without body.

        Raises UnsignedError where one of them was committed by a gateway that signed nothing.
        """
        with naming(self._path):
            rows = self._connection.execute(
                "WITH own AS (SELECT min(sequence) AS first, max(sequence) AS last FROM outbox WHERE passage_id = ?) "
                "SELECT sequence, passage_id, body, link FROM outbox, own WHERE sequence BETWEEN first AND last ORDER BY sequence",
                (passage_id,),
            ).fetchall()
        unsigned = ", ".join(str(row["sequence"]) for row in rows if row["link"] is None)
        if unsigned or not rows:
            why = f"nobody signed record {unsigned}" if unsigned else "nothing of it was confirmed"
            raise UnsignedError(self._path, f"passage {passage_id} has no evidence: {why}")
        return tuple(_signed(row, row["passage_id"] == passage_id) for row in rows)

    def since(self, moment: datetime | None, lane: str = "") -> Iterator[str]:
        """The ids of the passages (of a lane) that were opened at this time or later, in the order in which they were stored."""
        behind, opened = 0, timestamp(moment) if moment else ""
        while True:
            with naming(self._path):
                rows = self._connection.execute(
                    "SELECT rowid, passage_id FROM passage WHERE rowid > ? AND opened_at >= ? AND ? IN ('', lane) "
                    "ORDER BY rowid LIMIT ?",
                    (behind, opened, lane, PAGE),
                ).fetchall()
            yield from (row["passage_id"] for row in rows)
            if len(rows) < PAGE:
                return
            behind = rows[-1]["rowid"]

    def _last(self, lane: str) -> str:
        with naming(self._path):
            if lane:
                query = "SELECT passage_id FROM passage WHERE lane = ? ORDER BY opened_at DESC, passage_id DESC LIMIT 1"
                row = self._connection.execute(query, (lane,)).fetchone()
            else:
                row = self._connection.execute("SELECT passage_id FROM passage ORDER BY rowid DESC LIMIT 1").fetchone()
            if row is None:
                raise NoPassageError(self._folder, self._nothing_of(lane))
            return str(row["passage_id"])

    def _nothing_of(self, lane: str) -> str:
        if not lane:
            return "no passage yet"
        lanes = [row["lane"] for row in self._connection.execute("SELECT DISTINCT lane FROM passage ORDER BY lane")]
        return f"no passage of lane {lane!r}; there are passages of {', '.join(lanes) or 'none'}"

    def _by_prefix(self, prefix: str) -> str:
        if not prefix:
            raise NoPassageError(self._folder, "an empty text names no passage")
        with naming(self._path):
            rows = self._connection.execute(
                "SELECT passage_id, lane, opened_at FROM passage WHERE passage_id >= ? AND passage_id < ? "
                "ORDER BY passage_id LIMIT ?",
                (prefix, prefix + "\U0010ffff", SHOWN + 1),
            ).fetchall()
        exact = [row for row in rows if row["passage_id"] == prefix]
        if not rows:
            raise NoPassageError(self._folder, f"no passage whose id is or begins with {prefix!r}")
        if len(rows) > 1 and not exact:
            found = "; ".join(f"{row['passage_id']} ({row['lane']}, {row['opened_at']})" for row in rows[:SHOWN])
            more = "; …" if len(rows) > SHOWN else ""
            raise AmbiguousPassageError(self._folder, f"several passages begin with {prefix!r}: {found}{more}")
        return str((exact or rows)[0]["passage_id"])


def _signed(row: sqlite3.Row, shown: bool) -> SignedRecord:
    body = row["body"].encode()
    return SignedRecord(row["sequence"], Link.model_validate_json(row["link"]), body_sha256(body), body if shown else None)


def _told(row: sqlite3.Row) -> Told:
    try:
        confirmation = Confirmation.model_validate_json(row["body"])
    except ValidationError:
        confirmation = None  # the passage's own record is what counts here
    return Told(
        sequence=row["sequence"],
        state=RecordState(row["state"]),
        committed_at=datetime.fromisoformat(row["committed_at"]),
        settled_at=datetime.fromisoformat(row["settled_at"]) if row["settled_at"] else None,
        confirmation=confirmation,
    )
