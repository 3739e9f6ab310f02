"""Every confirmation that a gate commits is chained to the one before it and signed with the gate's own key."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.model.evidence import BEGINNING, digest
from gateway.store.errors import StoreCorruptError, UnconfirmableError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import WaitingRecord
from tests.store.conftest import clock
from tests.store.passages import decided, passage


def assert_chained(records: tuple[WaitingRecord, ...], previous: str = BEGINNING) -> None:
    """Each is signed, by one key, and names the one before."""
    keys = set()
    for record in records:
        body = record.body.encode()
        assert record.link
        assert record.link.is_authentic(body)
        assert record.link.previous == previous
        previous = digest(previous, body)
        keys.add(record.link.key)
    assert len(keys) == 1


async def test_the_chain_goes_on_over_restarts_and_refused_records(folder: Path) -> None:
    for start in (1, 4):
        async with GateStore.open(folder, "kh-t4", clock) as store:
            for number in range(start, start + 3):
                await store.commit_decision(decided(number), "Lane 1")
                await store.commit_decision(decided(number), "Lane 1")  # once more: no further record
            with pytest.raises(UnconfirmableError):
                await store.commit_decision(passage(90 + start), "")
            waiting = await store.waiting(99)
    assert [record.sequence for record in waiting] == [1, 2, 3, 4, 5, 6]
    assert_chained(waiting)


async def test_the_key_is_the_gates_own_and_private(folder: Path) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(1), "")
        record = (await store.waiting(1))[0]
    file = folder / "signing.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    public = Ed25519PrivateKey.from_private_bytes(file.read_bytes()).public_key().public_bytes_raw()
    assert record.link
    assert record.link.key == public.hex()
    file.chmod(0o644)
    async with GateStore.open(folder, "kh-t4", clock):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 33])
async def test_a_file_that_is_no_key_is_named_and_left_as_it_is(folder: Path, damage: bytes) -> None:
    async with GateStore.open(folder, "kh-t4", clock):
        pass
    (folder / "signing.key").write_bytes(damage)
    with pytest.raises(StoreCorruptError, match=r"signing\.key"):
        async with GateStore.open(folder, "kh-t4", clock):
            pass
    assert (folder / "signing.key").read_bytes() == damage


@pytest.fixture
def released(folder: Path) -> Path:
    """A store as the first release left it."""
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "gate.sqlite3")) as old:
        old.executescript((Path(__file__).parent / "released_0001.sql").read_text(encoding="utf-8"))
    return folder


async def test_what_an_older_gateway_left_waiting_is_sent_without_a_link_and_the_chain_begins_behind_it(released: Path) -> None:
    async with GateStore.open(released, "kh-t4", clock) as store:
        before = await store.waiting(99)
        await store.commit_decision(decided(70), "")
        after = (await store.waiting(99))[len(before) :]
    assert [record.link for record in before] == [None] * len(before)
    assert_chained(after)
