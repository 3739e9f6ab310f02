"""A disk that fails under an open store: every write is refused, and a file that cannot be read is not called damaged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.fault_measure.disks import CrashableDisk, NoDiskError
from gateway.store.errors import StoreCorruptError, StoreError
from gateway.store.gate_store import GateStore
from gateway.store.space import StoreSettings
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id

NO_RESERVE = StoreSettings(nearly_full_below_mib=0, full_below_mib=0)
MANY = 200  # more than SQLite keeps in memory


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[CrashableDisk]:
    try:
        disk = CrashableDisk(tmp_path / "image", tmp_path / "disk", 128)
        disk.mount()
    except NoDiskError as error:
        pytest.skip(f"no file system of our own to crash: {error}")
    yield disk
    disk.unmount()


async def test_a_disk_that_fails_is_not_called_a_damaged_store_and_loses_nothing(disk: CrashableDisk) -> None:
    async with GateStore.open(disk.folder / "gate", "kh-t4", clock, NO_RESERVE) as store:
        for number in range(1, MANY + 1):
            await store.commit_decision(decided(number, pictures=("a" * 64,) * 20), "")
        disk.crash()
        with pytest.raises(StoreError) as refused:
            await store.commit_decision(decided(MANY + 1), "")
        assert not isinstance(refused.value, StoreCorruptError)
        with pytest.raises(StoreError, match=r"this disk cannot read it \(Input/output error\)"):
            await store.passage(passage_id(1))
    disk.unmount()
    disk.mount()
    async with GateStore.open(disk.folder / "gate", "kh-t4", clock, NO_RESERVE) as store:
        assert [record.sequence for record in await store.waiting(MANY + 1)] == list(range(1, MANY + 1))
