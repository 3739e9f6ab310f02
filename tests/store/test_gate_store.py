"""What is decided at a lane is on the disk before anyone is told, once, under a number without gaps."""

import asyncio
import json
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.model.confirmation import confirm
from gateway.model.verdict import Outcome
from gateway.store.errors import StoreBusyError, StoreClosedError, StoreCorruptError, StoreError, UnconfirmableError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import RecordState
from tests.store.conftest import clock
from tests.store.passages import OPENED, closed, decided, passage, passage_id


async def test_a_decision_is_on_the_disk_when_commit_returns(folder: Path) -> None:
    record = decided(1, outcome=Outcome.REFER, pictures=("a" * 64,))
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert await store.commit_decision(record, "Lane 1") == 1
        with sqlite3.connect(folder / "gate.sqlite3") as other:
            row = other.execute("SELECT lane, outcome, sequence FROM passage").fetchone()
            body = other.execute("SELECT body FROM outbox").fetchone()[0]
        other.close()
    assert row == ("lane-1", "REFER", 1)
    assert body == confirm(record, "kh-t4", 1, "Lane 1").model_dump_json()
    assert json.loads(body)["pictures"][0]["sha256"] == "a" * 64


async def test_sequence_numbers_count_up_without_gaps_across_restarts(folder: Path) -> None:
    given = []
    for start in range(3):
        async with GateStore.open(folder, "kh-t4", clock) as store:
            given += [await store.commit_decision(decided(start * 10 + n), "") for n in range(3)]
    assert given == list(range(1, 10))


async def test_the_same_passage_again_is_the_same_confirmation(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        first = await store.commit_decision(decided(1), "Lane 1")
        body = (await store.waiting(9))[0].body
        assert await store.commit_decision(decided(1, outcome=Outcome.STOP), "Lane 1") == first
        assert [record.body for record in await store.waiting(9)] == [body]
        assert await store.commit_decision(decided(2), "Lane 1") == first + 1


async def test_decisions_of_many_lanes_at_once_get_one_number_each(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        given = await asyncio.gather(*(store.commit_decision(decided(n // 2, lane=f"lane-{n % 4}"), "") for n in range(40)))
        assert sorted(set(given)) == list(range(1, 21))
        assert store.waiting_count == 20


async def test_an_undecided_passage_cannot_be_committed_and_leaves_no_gap(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        with pytest.raises(UnconfirmableError, match=passage_id(7)):
            await store.commit_decision(passage(7), "")
        assert await store.passage(passage_id(7)) is None
        assert await store.commit_decision(decided(8), "") == 1


async def test_a_passage_that_breaks_the_message_form_is_named_without_its_values(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        with pytest.raises(UnconfirmableError, match=r"lane: String should match pattern") as caught:
            await store.commit_decision(decided(7, lane="車道 KLA-1234"), "")
    assert "KLA" not in str(caught.value)


async def test_closing_adds_what_came_after_the_verdict_and_leaves_the_confirmation(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(1), "")
        sent = await store.waiting(9)
        await store.close_passage(closed(decided(1)))
        assert await store.passage(passage_id(1)) == closed(decided(1))
        assert await store.waiting(9) == sent


async def test_a_passage_without_verdict_is_kept_and_not_confirmed(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.close_passage(closed(passage(1)))
        assert await store.passage(passage_id(1)) == closed(passage(1))
        assert await store.waiting(9) == ()
        assert await store.commit_decision(decided(1), "") == 1  # decided late, for instance by a clerk


async def test_a_verdict_that_was_never_committed_is_kept_and_said_aloud(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.close_passage(closed(decided(1)))
        assert await store.passage(passage_id(1)) == closed(decided(1))
    assert "never confirmed" in caplog.text


async def test_recent_gives_the_lanes_own_passages_newest_first(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for n in (2, 0, 1, 3):
            await store.close_passage(passage(n, opened_at=OPENED.replace(microsecond=0) + timedelta(milliseconds=500 * n)))
        await store.close_passage(passage(9, lane="lane-2"))
        assert [found.passage_id for found in await store.recent("lane-1", 3)] == [passage_id(3), passage_id(2), passage_id(1)]


async def test_an_unreadable_record_is_logged_once_and_hides_no_other(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.close_passage(passage(1))
        await store.close_passage(passage(2))
        await store.write(lambda db: db.execute("UPDATE passage SET record = '{' WHERE passage_id = ?", (passage_id(1),)).rowcount)
        for _ in range(2):
            assert [found.passage_id for found in await store.recent("lane-1", 9)] == [passage_id(2)]
        with pytest.raises(StoreCorruptError, match=passage_id(1)):
            await store.passage(passage_id(1))
    assert caplog.text.count(passage_id(1)) == 1


async def test_the_outbox_gives_the_oldest_first_and_forgets_nothing(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for n in range(4):
            await store.commit_decision(decided(n), "")
        await store.acknowledged(1, ["b" * 64])
        await store.acknowledged(1, ["b" * 64])
        await store.set_aside(2, RecordState.CONFLICT, "another record")
        assert [record.sequence for record in await store.waiting(1)] == [3]
        assert [(picture.sha256, picture.sequence) for picture in await store.waiting_pictures(9)] == [("b" * 64, 1)]
        await store.set_aside(1, RecordState.REFUSED, "too late")  # an answered record stays answered
        counts = await store.counts()
        assert (counts.records[RecordState.ACKNOWLEDGED], counts.records[RecordState.CONFLICT]) == (1, 1)
        assert store.waiting_count == counts.records[RecordState.WAITING] == 2
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert store.waiting_count == 2
        assert store.committed.is_set()


async def test_a_commit_wakes_whoever_sends(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        sender = asyncio.ensure_future(store.committed.wait())
        await store.commit_decision(decided(1), "")
        assert await asyncio.wait_for(sender, 30)


async def test_what_follows_a_commit_follows_it_even_when_the_caller_was_cancelled(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        started, go_on, followed = threading.Event(), threading.Event(), asyncio.Event()

        def work(db: sqlite3.Connection) -> int:
            started.set()
            assert go_on.wait(30)
            return db.execute("UPDATE gate SET next_sequence = 5").rowcount

        writing = asyncio.ensure_future(store.write(work, lambda _: followed.set()))
        assert await asyncio.to_thread(started.wait, 30)
        writing.cancel()
        await asyncio.wait([writing])
        go_on.set()
        await asyncio.wait_for(followed.wait(), 30)
        assert await store.commit_decision(decided(1), "") == 5


async def test_neither_writing_nor_reading_happens_on_the_event_loops_thread(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        threads = {await store.write(lambda _: threading.get_ident()), await store.read(lambda _: threading.get_ident())}
        assert len(threads) == 2
        assert threading.get_ident() not in threads


async def test_every_connection_is_durable(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for run in (store.write, store.read):
            settings = await run(
                lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            )
            assert settings == ["wal", 2]


async def test_reading_cannot_write(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        with pytest.raises(StoreError, match="readonly"):
            await store.read(lambda db: db.execute("DELETE FROM outbox").rowcount)


async def test_work_that_fails_leaves_nothing_behind_and_the_store_goes_on(folder: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute("UPDATE gate SET next_sequence = 77")
        raise KeyError("half-way")

    async with GateStore.open(folder, "kh-t4", clock) as store:
        with pytest.raises(KeyError):
            await store.write(half)
        assert await store.commit_decision(decided(1), "") == 1


async def test_a_store_that_another_program_writes_to_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.connection.BUSY_TIMEOUT_S", 0.01)
    async with GateStore.open(folder, "kh-t4", clock) as store:
        other = sqlite3.connect(folder / "gate.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match=r"gate\.sqlite3"):
            await store.commit_decision(decided(1), "")
        other.close()
        assert await store.commit_decision(decided(1), "") == 1


async def test_a_closed_store_says_so(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        pass
    with pytest.raises(StoreClosedError):
        await store.commit_decision(decided(1), "")
