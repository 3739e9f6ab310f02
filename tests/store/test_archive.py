"""Past passages are found by what a person has at hand, while the service that owns the store goes on writing."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.model.observation import Ruling
from gateway.store.archive import PAGE, Archive
from gateway.store.errors import AmbiguousPassageError, NoPassageError, StoreCorruptError, StoreError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import RecordState
from tests.store.conftest import clock
from tests.store.passages import OPENED, closed, decided, passage, passage_id


async def filled(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for number in (11, 12, 23):
            lane = "lane-2" if number == 12 else "lane-1"
            await store.commit_decision(decided(number, lane=lane, opened_at=OPENED + timedelta(minutes=number)), "")
        await store.close_passage(closed(decided(23, opened_at=OPENED + timedelta(minutes=23))))


async def test_a_passage_is_found_by_its_id_its_beginning_and_as_the_last(folder: Path) -> None:
    await filled(folder)
    with Archive.open(folder) as archive:
        assert archive.find(passage_id(11)).passage.passage_id == passage_id(11)
        assert archive.find(f" {passage_id(23)[:-1].upper()} ").passage.passage_id == passage_id(23)
        assert archive.find("last").passage.passage_id == passage_id(23)
        assert archive.find("last lane-2").passage.passage_id == passage_id(12)
        found = archive.find("last")
        assert (found.gate, found.passage.closed_at is not None) == ("kh-t4", True)
        assert [(told.sequence, told.state) for told in found.told] == [(3, RecordState.WAITING)]


async def test_what_names_none_or_several_is_said(folder: Path) -> None:
    await filled(folder)
    with Archive.open(folder) as archive:
        with pytest.raises(NoPassageError, match="begins with 'ffff'"):
            archive.find("ffff")
        with pytest.raises(NoPassageError, match="lane 'out-9'; there are passages of lane-1, lane-2"):
            archive.find("last out-9")
        with pytest.raises(NoPassageError, match="empty"):
            archive.find("  ")
        with pytest.raises(AmbiguousPassageError, match=rf"{passage_id(11)} \(lane-1, .*{passage_id(12)} \(lane-2"):
            archive.find(passage_id(11)[:-1])
        with pytest.raises(NoPassageError):
            archive.find("%")  # a text, not a pattern


async def test_it_reads_beside_the_service_that_writes(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(1), "")
        with Archive.open(folder) as archive:
            assert archive.find("last").passage.passage_id == passage_id(1)
            await store.commit_decision(decided(2), "")
            assert archive.find("last").passage.passage_id == passage_id(2)
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                archive._connection.execute("DELETE FROM passage")


def test_where_no_store_is_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no gate's store is here"), Archive.open(tmp_path):
        pass
    (tmp_path / "gate.sqlite3").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreCorruptError, match="damaged or not a gate's store"), Archive.open(tmp_path) as archive:
        archive.find("last")


async def test_a_damaged_record_is_named_and_the_others_stay_readable(folder: Path) -> None:
    await filled(folder)
    other = sqlite3.connect(folder / "gate.sqlite3")
    other.execute("UPDATE passage SET record = '{}' WHERE passage_id = ?", (passage_id(12),))
    other.commit()
    other.close()
    with Archive.open(folder) as archive:
        with pytest.raises(StoreCorruptError, match=rf"{passage_id(12)} cannot be read: .*verdict|{passage_id(12)} cannot be read"):
            archive.find(passage_id(12))
        assert archive.find(passage_id(11)).passage.lane == "lane-1"


async def test_all_passages_since_a_time_come_once_whatever_their_number(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for number in range(2 * PAGE + 1):
            await store.close_passage(passage(number, lane=f"lane-{number % 2}", opened_at=OPENED + timedelta(seconds=number)))
    with Archive.open(folder) as archive:
        assert list(archive.since(None)) == [passage_id(number) for number in range(2 * PAGE + 1)]
        assert list(archive.since(OPENED + timedelta(seconds=2 * PAGE - 1))) == [passage_id(2 * PAGE - 1), passage_id(2 * PAGE)]
        assert len(list(archive.since(None, "lane-1"))) == PAGE


async def test_a_ruling_is_on_the_record_and_its_own_confirmation_stands_beside(folder: Path) -> None:
    record = decided(1)
    ruling = Ruling(
        device="desk",
        at=OPENED,
        passage_id=record.passage_id,
        approved=True,
        person="chen",
        proof="pin",
        reason="compared by eye",
        expires_at=OPENED + timedelta(minutes=2),
    )
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(record, "")
        await store.close_passage(record.model_copy(update={"ruling": ruling}))
    with Archive.open(folder) as archive:
        assert archive.find("last").passage.ruling == ruling
