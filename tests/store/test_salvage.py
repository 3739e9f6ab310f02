"""A damaged database is set aside and rebuilt of what is readable; the gate goes on, and gives no number that it may have given."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.store import salvage
from gateway.store.errors import StoreDamagedError, StoreFullError, StoreGateError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import WaitingRecord
from gateway.store.resumption import COUNTED_FROM
from tests.store.conftest import NOW, clock
from tests.store.passages import decided, passage_id

PAGE = 4096
LEAP = int((NOW - COUNTED_FROM).total_seconds())
PASSAGES = 40
BOTH = ("gate.sqlite3", "gate.sqlite3-wal")


async def commit(folder: Path, *numbers: int) -> tuple[WaitingRecord, ...]:
    """Open the store, commit these, and give what waits."""
    async with GateStore.open(folder, "kh-t4", clock) as store:
        store.make_sure_of_soundness()
        for number in numbers:
            await store.commit_decision(decided(number, pictures=("a" * 64,)), "Lane 1")
        return await store.waiting(10_000)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with records that wait; not to be changed."""
    folder = tmp_path_factory.mktemp("sound") / "gate"
    asyncio.run(commit(folder, *range(1, PASSAGES + 1)))
    return folder


@pytest.fixture(scope="module")
def records(sound: Path) -> tuple[WaitingRecord, ...]:
    return asyncio.run(commit(sound))


def copied(sound: Path, folder: Path) -> Path:
    shutil.copytree(sound, folder, ignore=shutil.ignore_patterns("pictures"))
    return folder / "gate.sqlite3"


def assert_goes_on(folder: Path, records: tuple[WaitingRecord, ...], least: int) -> int:
    """What waits are records as they were, `least` of them or more; the next one leaps, signed with the same key.

    Returns how many wait.
    """
    *kept, latest = asyncio.run(commit(folder, 90))
    assert len(kept) >= least
    assert set(kept) <= set(records)
    assert latest.sequence >= LEAP
    assert latest.link
    assert latest.link.is_authentic(latest.body.encode())
    assert records[0].link
    assert latest.link.key == records[0].link.key
    return len(kept)


@pytest.mark.parametrize("garbage", [b"this is a text file\n" * 500, b"SQLite format 3\0" + b"\xff" * 4096, b"SQLite format 3\0"])
def test_what_is_no_database_is_set_aside_as_it_is(
    sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path, garbage: bytes
) -> None:
    database = copied(sound, tmp_path / "gate")
    database.write_bytes(garbage)
    assert_goes_on(tmp_path / "gate", records, 0)
    assert [aside.read_bytes() for aside in salvage.set_aside(database)] == [garbage]


def test_whichever_page_is_damaged_the_rest_is_kept(
    sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The pages on which everything hangs cost all that hangs on them; every other one costs a few records."""
    whole = (sound / "gate.sqlite3").read_bytes()
    costly = 0
    for page in range(len(whole) // PAGE):
        folder = tmp_path / str(page)
        copied(sound, folder).write_bytes(whole[: page * PAGE] + b"\xa5" * PAGE + whole[(page + 1) * PAGE :])
        costly += assert_goes_on(folder, records, 0) < PASSAGES - 5
    assert costly == 2  # the first page and the outbox's own
    assert "the damaged database is set aside as" in caplog.text


@pytest.mark.parametrize("cut", [PAGE * 3 + 100, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_short(sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path, cut: float) -> None:
    database = copied(sound, tmp_path / "gate")
    size = database.stat().st_size
    content = database.read_bytes()[: int(cut if cut > 1 else size * cut)]
    database.write_bytes(content)
    assert_goes_on(tmp_path / "gate", records, int(PASSAGES * cut * 0.5) if cut < 1 else 0)


@pytest.mark.parametrize("left", ["empty", "gone"])
def test_a_database_that_is_lost_begins_behind_all_that_this_gate_gave(
    sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path, left: str
) -> None:
    database = copied(sound, tmp_path / "gate")
    if left == "empty":
        database.write_bytes(b"")
    else:
        database.unlink()
    assert_goes_on(tmp_path / "gate", records, 0)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.binary(min_size=1, max_size=300)), min_size=1, max_size=6))
def test_whatever_is_written_over_it_the_gate_opens_and_sends_nothing_altered(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, bytes]]
) -> None:
    records = asyncio.run(commit(sound))
    folder = tmp_path_factory.mktemp("over") / "gate"
    database = copied(sound, folder)
    content = bytearray(database.read_bytes())
    for place, damage in damages:
        start = place % len(content)
        content[start : start + len(damage)] = damage
    database.write_bytes(content)
    try:
        waiting = asyncio.run(commit(folder))
    except StoreDamagedError:
        waiting = asyncio.run(commit(folder))  # what no check had found was met, and is rebuilt at the next start
    assert set(waiting) <= set(records)
    if salvage.set_aside(database):
        assert_goes_on(folder, records, len(waiting))


async def _left_behind(folder: Path) -> tuple[bytes, bytes]:
    """A database and the write-ahead log of a gate that was cut off: what it committed is in the log."""
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(77), "")
        return await asyncio.to_thread(lambda: ((folder / BOTH[0]).read_bytes(), (folder / BOTH[1]).read_bytes()))


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_a_start_that_was_cut_off_while_it_exchanged_the_databases_finishes_it(
    sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path, moved: int
) -> None:
    """`moved` of the damaged database's two files were set aside already. Its log must not come to the new database."""
    damaged = dict(zip(BOTH, asyncio.run(_left_behind(tmp_path / "other")), strict=True))
    database = copied(sound, tmp_path / "gate")
    database.rename(database.with_name("gate.sqlite3.rebuilt"))
    left = BOTH[: len(BOTH) - moved]
    for name in left:
        (tmp_path / "gate" / name).write_bytes(damaged[name])
    assert asyncio.run(commit(tmp_path / "gate")) == records
    aside = {one.name: one.read_bytes() for one in (tmp_path / "gate").glob("*.damaged-*")}
    assert sorted(aside.values()) == sorted(damaged[name] for name in left)


def test_the_databases_of_two_damages_are_both_kept(sound: Path, tmp_path: Path) -> None:
    database = copied(sound, tmp_path / "gate")
    for number in range(3):
        database.write_bytes(b"damage %d" % number * 1000)
        asyncio.run(commit(tmp_path / "gate"))
    assert [aside.read_bytes()[:8] for aside in salvage.set_aside(database)] == [b"damage %d" % number for number in range(3)]


async def test_damage_that_is_met_while_it_runs_is_told_and_the_next_start_rebuilds(
    sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path
) -> None:
    database = copied(sound, tmp_path / "gate")
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        await asyncio.to_thread(_overwrite, database)
        with pytest.raises(StoreDamagedError):
            await store.passage(passage_id(PASSAGES))
        assert store.damaged.is_set()
        with pytest.raises(StoreDamagedError, match="started again, the gateway rebuilds it"):
            store.make_sure_of_soundness()
    shutil.copy(sound / "gate.sqlite3", database)  # what a check finds sound may still have failed
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        assert len(await store.damaged_databases()) == 1
        assert await store.waiting(99) == records
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        assert len(await store.damaged_databases()) == 1  # rebuilt once


def _overwrite(database: Path) -> None:
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xa5" * (size - PAGE))


def test_another_gates_database_is_not_taken_over(sound: Path, tmp_path: Path) -> None:
    database = copied(sound, tmp_path / "gate")
    content = database.read_bytes()
    database.write_bytes(content[: -3 * PAGE] + b"\xa5" * 3 * PAGE)

    async def open_as_another() -> None:
        async with GateStore.open(tmp_path / "gate", "kh-t5", clock):
            pass

    with pytest.raises(StoreGateError, match="belongs to gate 'kh-t4'"):
        asyncio.run(open_as_another())
    assert salvage.set_aside(database) == ()


def test_without_room_for_another_database_nothing_is_changed(
    sound: Path, small_disk: Path, records: tuple[WaitingRecord, ...]
) -> None:
    ballast = small_disk / "something-else"
    database = copied(sound, small_disk / "gate")
    content = database.read_bytes()[: -3 * PAGE] + b"\xa5" * 3 * PAGE
    database.write_bytes(content)
    ballast.write_bytes(b"\0" * ((1 << 20) - len(content) - (250 << 10)))
    with pytest.raises(StoreFullError, match="no space left"):
        asyncio.run(commit(small_disk / "gate"))
    assert database.read_bytes() == content
    assert {one.name for one in (small_disk / "gate").glob("gate.*")} <= {"gate.sqlite3", "gate.sqlite3-shm", "gate.sqlite3-wal"}
    ballast.unlink()
    assert_goes_on(small_disk / "gate", records, PASSAGES - 5)


def test_a_record_altered_on_the_disk_is_not_sent(sound: Path, tmp_path: Path) -> None:
    """SQLite does not see it; the gate's own signature does."""
    database = copied(sound, tmp_path / "gate")
    with closing(sqlite3.connect(database)) as other:
        other.execute("UPDATE outbox SET body = replace(body, 'PASS', 'STOP') WHERE sequence = 7")
        other.commit()
    salvage.suspect(database)
    assert [record.sequence for record in asyncio.run(commit(tmp_path / "gate"))] == [*range(1, 7), *range(8, PASSAGES + 1)]


def test_a_table_that_is_another_is_damage(sound: Path, records: tuple[WaitingRecord, ...], tmp_path: Path) -> None:
    """One letter of the schema is another on the disk; SQLite's own check finds nothing wrong with that."""
    database = copied(sound, tmp_path / "gate")
    database.write_bytes(database.read_bytes().replace(b'"next_sequence" INTEGER', b'"next_sequencf" INTEGER', 1))
    assert_goes_on(tmp_path / "gate", records, PASSAGES)


def test_a_record_under_another_number_is_not_sent(sound: Path, tmp_path: Path) -> None:
    database = copied(sound, tmp_path / "gate")
    with closing(sqlite3.connect(database)) as other:
        other.execute("UPDATE outbox SET sequence = 50 WHERE sequence = 40")
        other.commit()
    with pytest.raises(StoreDamagedError, match="record 50 is no longer what was signed"):
        asyncio.run(commit(tmp_path / "gate"))
    assert [record.sequence for record in asyncio.run(commit(tmp_path / "gate"))] == [*range(1, PASSAGES)]
