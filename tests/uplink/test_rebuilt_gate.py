"""A gate's database is damaged, also where its numbers stand: what waited and is readable is sent, and nothing is in conflict."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import aiohttp

from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.store.gate_store import GateStore
from tests.store.passages import decided
from tests.uplink.conftest import clock, linked, quick, until


async def hand_in(folder: Path, url: str, *numbers: int) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for number in numbers:
            await store.commit_decision(decided(number), "Lane 1")
        async with linked(store, quick(url)) as uplink:
            await until(lambda: bool(uplink.link.up) and uplink.link.waiting == 0)


async def commit(folder: Path, *numbers: int) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for number in numbers:
            await store.commit_decision(decided(number), "Lane 1")


def damage(database: Path) -> None:
    """Where the gate's numbers stand, and the record 5 of the outbox."""
    with closing(sqlite3.connect(database)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'gate'").fetchone()[0]
        connection.execute("UPDATE outbox SET body = replace(body, '2026', '2027') WHERE sequence = 5")
        connection.commit()
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)


async def test_what_waited_is_sent_and_the_numbers_leap(tmp_path: Path) -> None:
    folder = tmp_path / "gate"
    async with running(PlatformSettings(data_dir=tmp_path / "platform", port=0)) as url, aiohttp.ClientSession() as person:
        await hand_in(folder, url, 1, 2, 3)
        await commit(folder, 4, 5, 6)
        await asyncio.to_thread(damage, folder / "gate.sqlite3")
        await hand_in(folder, url, 7, 8)
        async with person.get(f"{url}/api/confirmations") as answer:
            kept = (await answer.json())["items"]
    chain = {item["confirmation"]["sequence"]: item["chain"] for item in kept}
    *before, first, second = chain
    assert before == [1, 2, 3, 4, 6]  # 5 could not be read
    assert first > 28_000_000
    assert second == first + 1
    assert [chain[number] for number in before] == ["whole"] * 4 + ["gap"]
    assert (chain[first], chain[second]) == ("gap", "whole")
    assert [item["conflicts"] for item in kept] == [[]] * 7
