"""Services as processes: one that ends by itself is not taken for one that was told to."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from gateway.demo.processes import ProcessError, ServiceProcess, free_port

PATIENCE_S = 20.0


async def test_a_service_that_ends_by_itself_is_told_from_one_that_was_ended(tmp_path: Path) -> None:
    port = free_port(0)
    url = f"http://127.0.0.1:{port}/"
    service = ServiceProcess("files", ("http.server", str(port), "--directory", str(tmp_path)), tmp_path / "log", url)
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
        assert not service.ended_by_itself  # it never was there
        await service.start(session)
        assert not service.ended_by_itself
        os.kill(service.pid, signal.SIGKILL)
        while service.runs:
            with suppress(aiohttp.ClientError):
                await session.get(url)
        assert service.ended_by_itself
        for end in (service.kill, service.stop):
            await service.start(session)
            await end()
            assert not service.runs
            assert not service.ended_by_itself


async def test_a_service_that_does_not_start_says_why(tmp_path: Path) -> None:
    service = ServiceProcess("gate", ("no_such_module",), tmp_path / "log", f"http://127.0.0.1:{free_port(0)}/")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ProcessError, match=r"gate ended with status 1: .*No module named no_such_module"):
            await service.start(session)
    assert service.ended_by_itself
