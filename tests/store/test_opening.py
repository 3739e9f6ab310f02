"""Opening a store: private, one service at a time, and a clear word about every file that is not as it should be."""

import asyncio
import os
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
import sqlite_utils

from gateway.store.errors import StoreError, StoreGateError, StoreLockedError, StoreVersionError
from gateway.store.gate_store import GateStore
from tests.store.conftest import clock
from tests.store.passages import decided


async def _filled(folder: Path, passages: int = 40) -> Path:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for n in range(passages):
            await store.commit_decision(decided(n, pictures=("a" * 64,)), "Lane 1")
    return folder / "gate.sqlite3"


async def test_the_folder_is_private_even_when_it_was_not(folder: Path) -> None:
    os.mkdir(folder, 0o755)
    async with GateStore.open(folder, "kh-t4", clock):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert stat.S_IMODE(os.stat(folder / "pictures").st_mode) == 0o700


async def test_two_services_never_share_a_store(folder: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.committing_gate", str(folder), "1", stdout=PIPE, stdin=PIPE
    )
    assert holder.stdout
    assert await holder.stdout.readline() == b"1\n"
    with pytest.raises(StoreLockedError, match=rf"{folder}: already in use by process {holder.pid}"):
        async with GateStore.open(folder, "kh-t4", clock):
            pass
    await holder.communicate(b"")
    async with GateStore.open(folder, "kh-t4", clock) as store:
        assert store.waiting_count == 1
        with pytest.raises(StoreLockedError):
            async with GateStore.open(folder, "kh-t4", clock):
                pass


async def test_a_store_of_another_gate_is_refused(folder: Path) -> None:
    await _filled(folder, 1)
    with pytest.raises(StoreGateError, match="belongs to gate 'kh-t4', not to 'kh-t5'"):
        async with GateStore.open(folder, "kh-t5", clock):
            pass
    async with GateStore.open(folder, "kh-t4", clock):
        pass  # the refusal let go of the folder


async def test_a_file_of_a_newer_gateway_is_left_alone(folder: Path) -> None:
    file = await _filled(folder, 1)
    with sqlite_utils.Database(file) as db:
        db.table("_sqlite_migrations").insert({"migration_set": "store", "name": "9999_later", "applied_at": "2030-01-01"})
        db.conn.commit()
    with pytest.raises(StoreVersionError, match="9999_later"):
        async with GateStore.open(folder, "kh-t4", clock):
            pass


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match=str(tmp_path / "file" / "gate")):
        async with GateStore.open(tmp_path / "file" / "gate", "kh-t4", clock):
            pass
