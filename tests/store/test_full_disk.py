"""A full disk: refused clearly, nothing half-committed, earlier records whole, and on again when there is room."""

import asyncio
from pathlib import Path

import pytest

from gateway.store.archive import Archive
from gateway.store.errors import EvidenceFileError, StoreFullError
from gateway.store.evidence_file import write_evidence
from gateway.store.gate_store import GateStore
from gateway.store.pictures import PictureFolder
from gateway.store.space import SpaceState, StoreSettings
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id

NO_RESERVE = StoreSettings(nearly_full_below_mib=0, full_below_mib=0)


async def _commit_until_full(store: GateStore) -> int:
    for number in range(1, 100_000):
        try:
            await store.commit_decision(decided(number, pictures=("a" * 64,)), "Lane 1")
        except StoreFullError:
            return number
    pytest.fail("the disk was never full")


def _keep_until_full(pictures: PictureFolder) -> int:
    for kept in range(100):
        try:
            pictures.keep(bytes([kept]) * (100 << 10))
        except StoreFullError:
            return kept
    pytest.fail("the disk was never full")


async def _assert_whole(store: GateStore, refused: int) -> None:
    assert [record.sequence for record in await store.waiting(100_000)] == list(range(1, refused))
    assert store.waiting_count == refused - 1
    assert await store.passage(passage_id(refused)) is None
    assert await store.passage(passage_id(refused - 1)) == decided(refused - 1, pictures=("a" * 64,))


async def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    ballast = small_disk / "something-else"
    ballast.write_bytes(b"\0" * (300 << 10))
    async with GateStore.open(small_disk / "gate", "kh-t4", clock, NO_RESERVE) as store:
        refused = await _commit_until_full(store)
        await _assert_whole(store, refused)
        assert (await store.space()).state is SpaceState.FULL
        with pytest.raises(StoreFullError, match=r"gate\.sqlite3: no space left"):
            await store.commit_decision(decided(refused, pictures=tuple(f"{n:064x}" for n in range(500))), "Lane 1")
        await _assert_whole(store, refused)
        ballast.unlink()
        assert (await store.space()).state is SpaceState.OK
        assert await store.commit_decision(decided(refused, pictures=("a" * 64,)), "Lane 1") == refused
    async with GateStore.open(small_disk / "gate", "kh-t4", clock, NO_RESERVE) as store:
        await _assert_whole(store, refused + 1)


async def test_a_disk_that_is_full_at_the_start_is_said(small_disk: Path) -> None:
    (small_disk / "something-else").write_bytes(b"\0" * (1 << 20))
    with pytest.raises(StoreFullError, match="no space left"):
        async with GateStore.open(small_disk / "gate", "kh-t4", clock, NO_RESERVE):
            pass


async def test_a_file_that_may_not_grow_loses_nothing(folder: Path) -> None:
    """The same without a file system of its own: SQLite itself refuses to grow the file."""
    async with GateStore.open(folder, "kh-t4", clock, NO_RESERVE) as store:
        await store.write(lambda db: db.execute("PRAGMA max_page_count = 60").fetchone()[0])
        refused = await _commit_until_full(store)
        await _assert_whole(store, refused)
        await store.write(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone()[0])
        assert await store.commit_decision(decided(refused, pictures=("a" * 64,)), "Lane 1") == refused


async def test_pictures_end_first_and_leave_room_for_records(small_disk: Path) -> None:
    pictures = PictureFolder(small_disk / "pictures", reserve_bytes=300 << 10)
    assert _keep_until_full(pictures) >= 3
    async with GateStore.open(small_disk / "gate", "kh-t4", clock, NO_RESERVE) as store:
        assert await store.commit_decision(decided(1), "") == 1


def test_a_picture_that_does_not_fit_leaves_nothing_behind(small_disk: Path) -> None:
    pictures = PictureFolder(small_disk / "pictures")
    sha256 = pictures.keep(b"small")
    with pytest.raises(StoreFullError):
        pictures.keep(b"\xff" * (2 << 20))
    assert [file.stem for file in (small_disk / "pictures").rglob("*") if file.is_file()] == [sha256]
    assert pictures.keep(b"another small one")


async def _with_a_large_picture(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        sha256 = store.pictures.keep(b"\xff" * (2 << 20))
        await store.commit_decision(decided(1, pictures=(sha256,)), "")


def test_an_evidence_file_that_does_not_fit_leaves_nothing_behind(small_disk: Path, folder: Path) -> None:
    asyncio.run(_with_a_large_picture(folder))
    with Archive.open(folder) as archive:
        records = archive.signed_records(passage_id(1))
        with pytest.raises(StoreFullError, match=r"out\.zip: no space left"):
            write_evidence(small_disk / "out.zip", "kh-t4", passage_id(1), records, archive.pictures, "")
        assert list(small_disk.iterdir()) == []
        (small_disk / "out.zip").write_bytes(b"older")
        with pytest.raises(EvidenceFileError, match="is there already"):
            write_evidence(small_disk / "out.zip", "kh-t4", passage_id(1), records, archive.pictures, "")
    assert (small_disk / "out.zip").read_bytes() == b"older"


@pytest.mark.parametrize(
    ("free_mib", "state"), [(300, SpaceState.OK), (200, SpaceState.OK), (199, SpaceState.NEARLY_FULL), (49, SpaceState.FULL)]
)
def test_states_by_free_space(free_mib: int, state: SpaceState) -> None:
    assert StoreSettings(nearly_full_below_mib=200, full_below_mib=50).state(free_mib << 20) is state
