"""A gate's store in one file and back: everything is there again, and no number is given twice whatever came after the backup."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlite_utils
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cli import main
from gateway.seal_reader.counters import CounterFile
from gateway.store import schema
from gateway.store.backup import restore_backup, write_backup
from gateway.store.errors import BackupFileError, RestoreError, StoreCorruptError, StoreError, StoreFullError, StoreVersionError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import WaitingRecord
from gateway.store.resumption import COUNTED_FROM, resume
from tests.store.conftest import NOW, clock
from tests.store.passages import decided, passage_id

LATER = NOW + timedelta(days=3)
LEAP = int((LATER - COUNTED_FROM).total_seconds())


async def commit(folder: Path, *numbers: int, acknowledged: int = 0) -> tuple[WaitingRecord, ...]:
    """Commit these passages, take the first records as acknowledged, and give what waits."""
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for number in numbers:
            await store.commit_decision(decided(number, pictures=(store.pictures.keep(b"picture %d" % number),)), "Lane 1")
        for sequence in range(1, acknowledged + 1):
            await store.acknowledged(sequence)
        return await store.waiting(99)


@pytest.fixture
def filled(folder: Path) -> Path:
    asyncio.run(commit(folder, 1, 2, 3, acknowledged=1))
    (folder / "staff.json").write_text('{"people": []}')
    with closing(CounterFile(folder / "seal-counters.sqlite3")) as counters:
        counters.advance(7, 1234)
        assert counters.flush(30)
    return folder


@pytest.fixture
def file(filled: Path, tmp_path: Path) -> Path:
    write_backup(tmp_path / "kh-t4.backup", filled, NOW, all_pictures=True)
    return tmp_path / "kh-t4.backup"


def test_everything_is_there_again(file: Path, filled: Path, tmp_path: Path) -> None:
    new = tmp_path / "new-pc" / "store"
    restored = restore_backup(file, new, LATER)
    assert (restored.gate, restored.made_at, restored.waiting, restored.pictures) == ("kh-t4", NOW, 2, 3)
    for name in ("signing.key", "staff.json"):
        assert (new / name).read_bytes() == (filled / name).read_bytes()
        assert stat.S_IMODE((new / name).stat().st_mode) == 0o600
    with closing(CounterFile(new / "seal-counters.sqlite3")) as counters:
        assert counters.last(7) == 1234
    assert asyncio.run(commit(new)) == asyncio.run(commit(filled))
    assert {place.name for place in new.rglob("*.jpg")} == {place.name for place in filled.rglob("*.jpg")}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_restored_store_counts_on_behind_whatever_the_old_one_may_have_given(file: Path, tmp_path: Path) -> None:
    assert restore_backup(file, tmp_path / "new", LATER).next_sequence == LEAP
    before = asyncio.run(commit(tmp_path / "new"))
    record = asyncio.run(commit(tmp_path / "new", 9))[-1]
    assert record.sequence == LEAP
    assert record.link
    assert before[-1].link
    assert record.link.key == before[-1].link.key


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["commit", "backup", "restore"]), st.integers(1, 100_000)), max_size=40))
def test_no_number_is_given_twice_however_often_whichever_backup_is_restored(steps: list[tuple[str, int]]) -> None:
    """A gate that commits at most one record a second. A restoration takes any of the backups that there are."""
    now, given_out = datetime(2026, 11, 1, tzinfo=UTC), []
    store = sqlite3.connect(":memory:", isolation_level=None)
    store.row_factory = sqlite3.Row
    schema.migrate(store, schema.STORE, Path("memory"))
    store.execute("INSERT INTO gate (id, name, next_sequence) VALUES (1, 'kh-t4', 1)")
    backups: list[sqlite3.Connection] = []
    for step, argument in steps:
        now += timedelta(seconds=1 + argument % 3)
        if step == "commit":
            taken = "UPDATE gate SET next_sequence = next_sequence + 1 RETURNING next_sequence - 1"
            given_out.append(store.execute(taken).fetchone()[0])
        elif step == "backup":
            backups.append(sqlite3.connect(":memory:"))
            store.backup(backups[-1])
        elif backups:
            backups[argument % len(backups)].backup(store)
            resume(store, now)
    for connection in (store, *backups):
        connection.close()
    assert len(given_out) == len(set(given_out))


def test_a_backup_of_a_running_gate_is_of_one_moment(folder: Path, tmp_path: Path) -> None:
    gate = subprocess.Popen(
        [sys.executable, "-m", "tests.store.committing_gate", str(folder), "0"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert gate.stdout
    try:
        for place in range(3):
            said = int([gate.stdout.readline() for _ in range(20)][-1])
            write_backup(tmp_path / f"{place}.backup", folder, NOW, all_pictures=True)
            restore_backup(tmp_path / f"{place}.backup", tmp_path / f"{place}", LATER)
            with closing(sqlite3.connect(tmp_path / f"{place}" / "gate.sqlite3")) as restored:
                kept = restored.execute("SELECT sequence, passage_id FROM outbox ORDER BY sequence").fetchall()
            assert kept == [(n, passage_id(n)) for n in range(1, len(kept) + 1)]
            assert len(kept) >= said
    finally:
        gate.kill()
        gate.wait()
        gate.stdout.close()


def test_only_what_the_platform_has_not_got_where_that_is_asked_for(filled: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["backup", "--store", str(filled), "--unsent-pictures", str(tmp_path / "small.backup")])
    assert (result.exit_code, "2 pictures" in result.output) == (0, True), result.output


def test_the_commands_say_what_they_did(file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["restore", "--store", str(tmp_path / "new"), str(file)])
    assert result.exit_code == 0, result.output
    assert "gate kh-t4 as of 2026-11-23 02:00:00Z, 3 pictures" in result.output
    assert "2 records wait for the platform. The next one is No. " in result.output
    again = CliRunner().invoke(main, ["restore", "--store", str(tmp_path / "new"), str(file)])
    assert again.exit_code == 1
    assert "gate.sqlite3, " in again.output
    assert "is there already: put the old store aside" in again.output
    nothing = CliRunner().invoke(main, ["backup", "--store", str(tmp_path), str(tmp_path / "x")])
    assert (nothing.exit_code, "no gate's store is here" in nothing.output) == (1, True)


@pytest.mark.parametrize(
    ("made_at", "said"), [(NOW + timedelta(hours=1), "is of"), (NOW - timedelta(hours=1), "holds a record of")]
)
def test_a_clock_that_is_behind_restores_nothing(filled: Path, tmp_path: Path, made_at: datetime, said: str) -> None:
    write_backup(tmp_path / "x", filled, made_at, all_pictures=True)
    with pytest.raises(RestoreError, match=f"{said} .*set the clock first"):
        restore_backup(tmp_path / "x", tmp_path / "new", made_at + timedelta(minutes=30 if made_at < NOW else -30))
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "in-use.lock"]


def repacked(file: Path, changes: dict[str, bytes | None]) -> None:
    """The backup with members changed, added, or (None) left out."""
    with zipfile.ZipFile(file) as packed:
        contents: dict[str, bytes | None] = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in (contents | changes).items():
            if data is not None:
                packed.writestr(name, data)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"../signing.key": b"x"}, r"holds '\.\./signing\.key', which no backup does"),
        ({"/etc/cron.d/x": b"x"}, "which no backup does"),
        ({"pictures/x.jpg": b"x"}, "which no backup does"),
        ({"signing.key": None}, r"holds no signing\.key"),
        ({"gate.sqlite3": None}, r"holds no gate\.sqlite3"),
        ({"gate.sqlite3": b"no database"}, "gate.sqlite3: damaged or not a gate's store"),
        ({"backup.json": None}, r"no backup of a gate: holds no backup\.json"),
        ({"backup.json": b"{}"}, r"backup\.json: gate Field required"),
        (
            {"backup.json": b'{"gate": "kh-t5", "made_at": "2026-11-23T02:00:00Z"}'},
            "not the store of gate 'kh-t5'",
        ),
    ],
)
def test_what_is_no_backup_is_refused_and_leaves_nothing(
    file: Path, tmp_path: Path, changes: dict[str, bytes | None], said: str
) -> None:
    repacked(file, changes)
    with pytest.raises(StoreError, match=said):
        restore_backup(file, tmp_path / "new", LATER)
    assert [place for place in (tmp_path / "new").rglob("*") if place.name != "in-use.lock"] == []


def test_where_a_file_is_damaged_what_was_put_back_before_it_goes_again(file: Path, tmp_path: Path) -> None:
    repacked(file, {})  # not deflated
    file.write_bytes(file.read_bytes().replace(b'{"people": []}', b'{"people": {}}'))
    with pytest.raises(BackupFileError, match=r"Bad CRC-32 for file 'staff\.json'"):
        restore_backup(file, tmp_path / "new", LATER)
    assert [place.name for place in (tmp_path / "new").iterdir()] == ["in-use.lock"]


def test_a_newer_gateways_backup_is_refused(filled: Path, tmp_path: Path) -> None:
    with sqlite_utils.Database(filled / "gate.sqlite3") as db:
        db.table("_sqlite_migrations").insert({"migration_set": "store", "name": "9999_later", "applied_at": "2030-01-01"})
        db.conn.commit()
    write_backup(tmp_path / "x", filled, NOW, all_pictures=False)
    with pytest.raises(StoreVersionError, match="9999_later"):
        restore_backup(tmp_path / "x", tmp_path / "new", LATER)


def test_a_damaged_store_is_not_backed_up_over_a_good_backup(file: Path, filled: Path) -> None:
    before, database = file.read_bytes(), filled / "gate.sqlite3"
    content = bytearray(database.read_bytes())
    content[len(content) // 2 // 4096 * 4096 :][:4096] = b"\xa5" * 4096
    database.write_bytes(content[: len(content) // 2] + b"\xa5" * (len(content) - len(content) // 2))
    with pytest.raises(StoreCorruptError, match=r"gate\.sqlite3"):
        write_backup(file, filled, NOW, all_pictures=True)
    assert file.read_bytes() == before


def test_a_damaged_picture_is_named_and_the_rest_restored(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content.replace(b"picture 2", b"picture X"))
    restored = restore_backup(file, tmp_path / "new", LATER)
    assert (restored.pictures, len(restored.spoilt)) == (2, 1)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("content")
    asyncio.run(commit(place / "gate", 1, 2))
    write_backup(place / "b", place / "gate", NOW, all_pictures=True)
    return (place / "b").read_bytes()


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 1 << 20), change=st.integers(1, 255))
def test_whatever_byte_is_another_a_backup_is_restored_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int, change: int
) -> None:
    """Never a traceback, and never half a store."""
    changed = bytearray(content)
    changed[place % len(content)] ^= change
    folder = tmp_path_factory.mktemp("flipped")
    (folder / "b").write_bytes(changed)
    try:
        restore_backup(folder / "b", folder / "new", LATER)
    except StoreError:
        assert [one.name for one in folder.glob("new/*") if one.name != "in-use.lock"] in ([], ["pictures"])
        return
    assert len(asyncio.run(commit(folder / "new", 9))) == 3


def test_where_there_is_no_room_nothing_is_left(file: Path, filled: Path, small_disk: Path) -> None:
    ballast = small_disk / "something-else"
    ballast.write_bytes(b"\0" * (960 << 10))
    with pytest.raises(StoreFullError, match=r"small-disk/out: no space left"):
        write_backup(small_disk / "out", filled, NOW, all_pictures=True)
    assert list(small_disk.iterdir()) == [ballast]
    with pytest.raises(StoreFullError, match="small-disk"):
        restore_backup(file, small_disk / "new", LATER)
    assert not (small_disk / "new" / "gate.sqlite3").exists()
    ballast.unlink()
    assert restore_backup(file, small_disk / "new", LATER).pictures == 3
    with pytest.raises(BackupFileError, match="no backup of a gate"):
        restore_backup(filled / "signing.key", small_disk / "other", LATER)
