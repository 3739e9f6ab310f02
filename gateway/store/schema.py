"""The store's own tables and how they came to be: sqlite-utils migrations, applied when the file is opened.

A migration that has shipped is never changed; a new one is appended. Other rooms of the gate keep their tables in the same
file under a migration set of their own (`GateStore.migrate`).
"""

import sqlite3
from pathlib import Path
from typing import Final

import sqlite_utils
from sqlite_utils.migrations import Migrations

from gateway.model.evidence import BEGINNING
from gateway.store.errors import StoreDamagedError, StoreVersionError

STORE: Final = Migrations("store")


@STORE(name="0001_passages_and_outbox")
def _passages_and_outbox(db: sqlite_utils.Database) -> None:
    db.table("gate").create(
        {"id": int, "name": str, "next_sequence": int}, pk="id", not_null={"name", "next_sequence"}, strict=True
    )
    db.table("passage").create(
        {
            "passage_id": str,
            "lane": str,
            "opened_at": str,
            "closed_at": str,
            "outcome": str,
            "sequence": int,
            "record": str,
        },
        pk="passage_id",
        not_null={"passage_id", "lane", "opened_at", "record"},
        strict=True,
    )
    db.table("passage").create_index(["lane", "opened_at"])
    db.table("outbox").create(
        {
            "sequence": int,
            "passage_id": str,
            "state": str,
            "committed_at": str,
            "settled_at": str,
            "detail": str,
            "body": str,
        },
        pk="sequence",
        not_null={"passage_id", "state", "committed_at", "body"},
        foreign_keys=[("passage_id", "passage", "passage_id")],
        strict=True,
    )
    db.table("outbox").create_index(["passage_id"], unique=True)
    db.table("picture_upload").create(
        {"sha256": str, "sequence": int, "state": str, "detail": str},
        pk="sha256",
        not_null={"sha256", "sequence", "state"},
        foreign_keys=[("sequence", "outbox", "sequence")],
        strict=True,
    )
    # Only what still waits is looked for; after a year that is a handful among millions.
    db.execute("CREATE INDEX outbox_waiting ON outbox (sequence) WHERE state = 'waiting'")
    db.execute("CREATE INDEX picture_upload_waiting ON picture_upload (sequence) WHERE state = 'waiting'")


@STORE(name="0002_rulings")
def _rulings(db: sqlite_utils.Database) -> None:
    """A person's ruling is a further confirmation of the same passage, under a number of its own."""
    db.execute("ALTER TABLE passage ADD COLUMN ruling_sequence INTEGER")
    db.execute("DROP INDEX idx_outbox_passage_id")
    db.table("outbox").create_index(["passage_id"])


@STORE(name="0003_order_uses")
def _order_uses(db: sqlite_utils.Database) -> None:
    db.table("order_use").create(
        {"order_number": str, "passage_id": str, "lane": str, "direction": str, "at": str},
        pk=("order_number", "passage_id"),
        not_null={"lane", "direction", "at"},
        strict=True,
    )


@STORE(name="0004_withdrawals")
def _withdrawals(db: sqlite_utils.Database) -> None:
    """A green that the lane took back is a further confirmation, too."""
    db.execute("ALTER TABLE passage ADD COLUMN withdrawal_sequence INTEGER")


@STORE(name="0005_manual_openings")
def _manual_openings(db: sqlite_utils.Database) -> None:
    """How many openings by hand the latest confirmation of a passage tells of: more are a further confirmation."""
    db.execute("ALTER TABLE passage ADD COLUMN openings_confirmed INTEGER NOT NULL DEFAULT 0")


@STORE(name="0006_evidence_chain")
def _evidence_chain(db: sqlite_utils.Database) -> None:
    """Records committed before this have no link; the chain begins with the first one after."""
    db.execute(f"ALTER TABLE gate ADD COLUMN chain_head TEXT NOT NULL DEFAULT '{BEGINNING}'")
    db.execute("ALTER TABLE outbox ADD COLUMN link TEXT")


def migrate(connection: sqlite3.Connection, migrations: Migrations, path: Path) -> None:
    """Bring one set of tables up to date. Raises StoreVersionError where a newer gateway has been here, StoreDamagedError where
    the tables are then not as these migrations make them.
    """
    db = sqlite_utils.Database(connection, execute_plugins=False)
    with sqlite_utils.Database(memory=True, execute_plugins=False) as fresh:
        known = {step.name for step in migrations.pending(fresh)}
        newer = sorted({step.name for step in migrations.applied(db)} - known)
        if newer:
            raise StoreVersionError(path, f"was written by a newer gateway ({', '.join(newer)}): update this one")
        migrations.apply(db)
        migrations.apply(fresh)
        for table in fresh.table_names():
            if db.table(table).columns != fresh.table(table).columns:
                raise StoreDamagedError(path, f"damaged: its table {table} is not as any gateway made it")
