"""What a gate lets go of, and what it never does: pictures and records that the platform has not got."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.store.gate_store import GateStore
from gateway.store.outbox import PictureState, RecordState
from gateway.store.retention import Removed, Retention
from gateway.store.space import StoreSettings
from tests.store.passages import OPENED, decided, passage, passage_id

ROOM = {"nearly_full_below_mib": 0, "full_below_mib": 0}


class Days:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = OPENED

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, days: float) -> None:
        self.now += timedelta(days=days)


def keep(store: GateStore, days: Days, *contents: str) -> tuple[str, ...]:
    """Pictures stored now."""
    hashes = tuple(store.pictures.keep(content.encode() * 100) for content in contents)
    for sha256 in hashes:
        path = store.pictures.path(sha256)
        assert path
        os.utime(path, (days.now.timestamp(), days.now.timestamp()))
    return hashes


def there(store: GateStore, hashes: tuple[str, ...]) -> list[bool]:
    return [store.pictures.path(sha256) is not None for sha256 in hashes]


async def a_round(store: GateStore, **policy: int) -> Removed:
    return await Retention(store, StoreSettings(**ROOM | policy)).round(0)


async def confirm(store: GateStore, number: int, *pictures: str) -> int:
    return await store.commit_decision(decided(number, pictures=pictures), "Lane 1")


async def test_pictures_go_when_they_are_old_and_the_platform_has_them(tmp_path: Path) -> None:
    days = Days()
    async with GateStore.open(tmp_path, "g", days, StoreSettings(**ROOM)) as store:
        sent, unsent, unheard = keep(store, days, "sent", "unsent", "unheard")
        await store.acknowledged(await confirm(store, 1, sent, unsent), (sent, unsent))
        await store.settle_picture(sent, PictureState.SENT)
        await confirm(store, 2, unheard)  # the platform has not even got the record
        days.pass_by(10)
        young = keep(store, days, "young")
        removed = await a_round(store, keep_pictures_days=7)
        assert there(store, (sent, unsent, unheard, *young)) == [False, True, True, True]
        assert (removed.pictures, removed.unsent) == (1, 0)
        await store.settle_picture(unsent, PictureState.SENT)
        assert (await a_round(store, keep_pictures_days=7)).pictures == 1
        assert there(store, (unsent,)) == [False]


async def test_beyond_the_room_for_pictures_the_oldest_go(tmp_path: Path) -> None:
    """One MiB for 256 folders are 4096 bytes for each: one picture of 3000 bytes, not two."""
    days = Days()
    async with GateStore.open(tmp_path, "g", days, StoreSettings(**ROOM)) as store:
        together = same_folder(store, 3)
        for content in together.values():
            path = store.pictures.path(store.pictures.keep(content))
            assert path
            os.utime(path, (days.now.timestamp(), days.now.timestamp()))
            days.pass_by(1)
        removed = await a_round(store, pictures_at_most_mib=1, keep_pictures_days=1000)
        assert there(store, tuple(together)) == [False, False, True]
        assert removed.size == 2 * 3000


def same_folder(store: GateStore, count: int) -> dict[str, bytes]:
    """Pictures of 3000 bytes whose names begin alike, by their names."""

    found: dict[str, bytes] = {}
    for number in range(100_000):
        content = f"{number:06d}".encode() * 500
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256.startswith("7f"):
            found[sha256] = content
        if len(found) == count:
            return found
    raise AssertionError


async def test_a_young_picture_stays_whatever_the_policy_says(tmp_path: Path) -> None:
    """It may be of a vehicle that still stands in the lane."""
    days = Days()
    async with GateStore.open(tmp_path, "g", days, StoreSettings(**ROOM)) as store:
        together = same_folder(store, 3)  # more than their folder's part of the room
        for content in together.values():
            path = store.pictures.path(store.pictures.keep(content))
            assert path
            os.utime(path, (days.now.timestamp(), days.now.timestamp()))
        days.pass_by(1 / 24)
        await a_round(store, pictures_at_most_mib=1, keep_pictures_days=1)
        assert there(store, tuple(together)) == [True, True, True]
        days.pass_by(1 / 8)
        await a_round(store, pictures_at_most_mib=1, keep_pictures_days=1)
        assert there(store, tuple(together)).count(True) == 1


async def test_a_full_disk_forces_out_first_what_the_platform_has_and_then_the_rest_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    days = Days()
    always_full = StoreSettings(nearly_full_below_mib=1 << 40, full_below_mib=1 << 40)
    async with GateStore.open(tmp_path, "g", days, StoreSettings(**ROOM)) as store:
        sent, unsent = keep(store, days, "sent", "unsent")
        await store.acknowledged(await confirm(store, 1, sent, unsent), (sent, unsent))
        await store.settle_picture(sent, PictureState.SENT)
    days.pass_by(1)
    async with GateStore.open(tmp_path, "g", days, always_full) as store:
        retention, removed = Retention(store, always_full), Removed()
        await retention._make_room(removed)
        assert there(store, (sent, unsent)) == [False, True]
        assert "has not got" not in caplog.text
        await retention._make_room(removed)
        assert there(store, (sent, unsent)) == [False, False]
        assert (removed.pictures, removed.unsent) == (2, 1)
        assert f"1 pictures are removed that the platform has not got, {unsent}" in caplog.text
        assert (await store.counts()).pictures[PictureState.VANISHED] == 1
        detail = await store.read(
            lambda connection: connection.execute("SELECT detail FROM picture_upload WHERE sha256 = ?", (unsent,)).fetchone()[0]
        )
        assert detail == "removed unsent: the disk was full"


async def test_records_go_from_the_oldest_on_up_to_the_first_that_must_stay(tmp_path: Path) -> None:
    days = Days()
    async with GateStore.open(tmp_path, "g", days, StoreSettings(**ROOM)) as store:
        for number in range(1, 5):
            await confirm(store, number)
        for sequence in (1, 2, 4):
            await store.acknowledged(sequence)
        await store.close_passage(passage(9), "Lane 1")  # left undecided: was never confirmed
        days.pass_by(500)
        assert (await a_round(store, keep_records_days=400)).records == 2
        left = await store.after(0, 10)
        assert [record.sequence for record in left] == [3, 4]  # 3 waits, and behind it there shall be no hole
        assert [await store.passage(passage_id(number)) is not None for number in (1, 2, 3, 4, 9)] == [
            False,
            False,
            True,
            True,
            False,
        ]
        await store.acknowledged(3)
        await a_round(store, keep_records_days=400)
        assert await store.after(0, 10) == ()
        assert await confirm(store, 5) == 5  # the numbers go on, and so does the chain
        [record] = await store.waiting(1)
        assert record.link
        assert record.link.previous != "0" * 64
        assert (await store.counts()).records[RecordState.WAITING] == 1


async def test_many_old_records_go_in_one_round(tmp_path: Path) -> None:
    days = Days()
    async with GateStore.open(tmp_path, "g", days, StoreSettings(**ROOM)) as store:
        for number in range(1, 451):
            await store.acknowledged(await confirm(store, number))
        days.pass_by(500)
        await confirm(store, 451)
        assert (await a_round(store)).records == 450
        assert [record.sequence for record in await store.after(0, 10)] == [451]
