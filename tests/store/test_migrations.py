"""A store as any earlier release left it is opened, brought up to date, and goes on where it stood."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlite_utils

from gateway.store import schema
from gateway.store.gate_store import GateStore
from gateway.store.outbox import RecordState
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id
from tests.store.rulings import ruled

with sqlite_utils.Database(memory=True) as _empty:
    STEPS = [step.name for step in schema.STORE.pending(_empty)]


@pytest.fixture(params=STEPS)
def earlier(folder: Path, request: pytest.FixtureRequest) -> Path:
    """The first release's own file, brought to a later step as the release that ended with it did."""
    last: str = request.param
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "gate.sqlite3")) as old:
        old.executescript((Path(__file__).parent / "released_0001.sql").read_text(encoding="utf-8"))
        schema.STORE.apply(sqlite_utils.Database(old), stop_before=STEPS[STEPS.index(last) + 1 :])
        old.commit()
    return folder


async def test_every_earlier_schema_is_brought_up_to_date(earlier: Path) -> None:
    for _ in range(2):
        async with GateStore.open(earlier, "kh-t4", clock) as store:
            store.make_sure_of_soundness()
            assert await store.damaged_databases() == ()
            counts = await store.counts()
            assert (counts.records[RecordState.WAITING], counts.records[RecordState.ACKNOWLEDGED]) == (1, 1)
            assert await store.passage(passage_id(1))
    async with GateStore.open(earlier, "kh-t4", clock) as store:
        assert await store.commit_decision(decided(3), "") == 3
        assert await store.commit_decision(ruled(3), "") == 4
        assert [record.sequence for record in await store.waiting(9)] == [2, 3, 4]
