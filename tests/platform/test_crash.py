"""What was acknowledged survives the death of the process; what is told to stop stops cleanly."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientSession

from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import DEADLINE, Client, Running
from tests.platform.samples import confirmation, jpeg, order, sha256


@asynccontextmanager
async def served(settings: PlatformSettings) -> AsyncIterator[tuple[asyncio.subprocess.Process, Client]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platform.served", str(settings.data_dir), settings.url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    address = (await process.stdout.readline()).decode().strip()
    try:
        async with ClientSession(timeout=DEADLINE) as session:
            yield process, Client(session, address)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_acknowledged_records_survive_kill_9(settings: PlatformSettings, run_platform: Running) -> None:
    acknowledged: list[int] = []
    picture = jpeg()
    async with served(settings) as (process, platform):
        assert (await platform.post("/api/orders", order()))[0] == 201
        assert (await platform.picture(sha256(picture), picture))[0] == 201

        async def confirm_without_end() -> None:
            sequence = 0
            while True:
                sequence += 1
                status, _ = await platform.confirm(confirmation(sequence=sequence, pictures=(picture,)))
                assert status == 201
                acknowledged.append(sequence)
                if sequence == 25:
                    process.send_signal(signal.SIGKILL)  # while others are on their way

        results = await asyncio.gather(confirm_without_end(), process.wait(), return_exceptions=True)
        assert isinstance(results[0], ClientError)
    async with run_platform() as platform:
        for sequence in acknowledged:
            status, receipt = await platform.confirm(confirmation(sequence=sequence, pictures=(picture,)))
            assert (status, receipt["repeated"], receipt["missing_pictures"]) == (200, True, [])
        assert (await platform.post("/api/orders", order()))[0] == 200
        assert (await platform.get(f"/api/pictures/{sha256(picture)}")) == (200, picture)
    assert len(acknowledged) >= 25


async def test_sigterm_answers_who_waits_and_ends_with_status_0(settings: PlatformSettings) -> None:
    async with served(settings) as (process, platform):
        waiting = asyncio.create_task(platform.get("/api/feed?wait=30"))
        async with platform.session.get(platform.address + "/api/live") as live:
            assert await live.content.readline() == b"retry: 3000\n"
            process.send_signal(signal.SIGTERM)
            status, page = await waiting
            assert (status, page["items"]) == (200, [])
            assert await live.content.read() == b"\n"
        assert await process.wait() == 0
