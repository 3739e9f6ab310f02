"""A gate PC has died, and a backup older than its last records is restored: the platform refuses nothing and says what happened."""

from datetime import timedelta
from pathlib import Path

import aiohttp

from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.store.backup import restore_backup, write_backup
from gateway.store.gate_store import GateStore
from tests.store.passages import decided
from tests.uplink.conftest import NOW, clock, linked, quick, until

FIRST = 28_260_000  # seconds from 2026-01-01 to 2026-11-24T02:00Z


async def hand_in(folder: Path, url: str, *numbers: int) -> None:
    """Open the store, commit these passages, and send until the platform has all that waits."""
    async with GateStore.open(folder, "kh-t4", clock) as store:
        for number in numbers:
            await store.commit_decision(decided(number), "Lane 1")
        async with linked(store, quick(url)) as uplink:
            await until(lambda: bool(uplink.link.up) and uplink.link.waiting == 0)


async def commit(folder: Path, number: int) -> None:
    async with GateStore.open(folder, "kh-t4", clock) as store:
        await store.commit_decision(decided(number), "Lane 1")


async def test_restored_twice_and_the_old_disk_found_again(tmp_path: Path) -> None:
    old, new, newer, backup = (tmp_path / name for name in ("old", "new", "newer", "kh-t4.backup"))
    async with running(PlatformSettings(data_dir=tmp_path / "platform", port=0)) as url, aiohttp.ClientSession() as person:
        await hand_in(old, url, 1, 2)
        await commit(old, 3)  # waits in the backup, and is sent by both
        write_backup(backup, old, NOW, all_pictures=True)
        await hand_in(old, url, 4, 5)
        await commit(old, 6)  # never sent: the PC dies
        restore_backup(backup, new, NOW + timedelta(days=1))
        await hand_in(new, url, 7, 8)
        restore_backup(backup, newer, NOW + timedelta(days=1, seconds=10))
        await hand_in(newer, url, 9)
        await hand_in(old, url)  # the old disk could be read after all
        async with person.get(f"{url}/api/confirmations") as answer:
            kept = (await answer.json())["items"]
    whole = {item["confirmation"]["sequence"]: item["chain"] for item in kept}
    assert whole == dict.fromkeys(range(1, 7), "whole") | {FIRST: "gap", FIRST + 1: "whole", FIRST + 10: "gap"}
    assert [item["conflicts"] for item in kept] == [[]] * len(kept)
    assert len({item["confirmation"]["passage_id"] for item in kept}) == len(kept) == 9
