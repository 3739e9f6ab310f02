"""A store that turns out to be damaged ends the service, so that the next start rebuilds it."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.site.run import until_told_to_stop
from gateway.store.errors import StoreDamagedError
from gateway.store.gate_store import GateStore
from tests.store.conftest import clock
from tests.store.passages import decided, passage_id

PAGE = 4096
PATIENCE_S = 30.0  # nothing here needs it, unless the service never ends


def _overwrite(database: Path) -> None:
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xa5" * (size - PAGE))


async def test_the_service_ends_and_is_whole_when_started_again(tmp_path: Path) -> None:
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        for number in range(40):
            await store.commit_decision(decided(number), "")
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        await asyncio.to_thread(_overwrite, tmp_path / "gate" / "gate.sqlite3")
        went_on = asyncio.Event()

        async def lanes() -> None:
            with suppress(StoreDamagedError):
                await store.passage(passage_id(20))
            await asyncio.sleep(PATIENCE_S)
            went_on.set()

        with pytest.raises(StoreDamagedError, match="started again, the gateway rebuilds it"):
            await until_told_to_stop(lanes(), store)
        assert not went_on.is_set()
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        assert await store.commit_decision(decided(90), "") > 28_000_000
        assert len(await store.damaged_databases()) == 1
