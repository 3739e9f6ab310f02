"""One part that fails is started again and takes nothing else with it."""

import asyncio
import logging

import pytest

from gateway.site import supervisor
from gateway.site.supervisor import supervise


async def test_what_fails_is_started_again_and_said(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.001)
    attempts: list[int] = []

    async def run() -> None:
        attempts.append(1)
        if len(attempts) < 4:
            raise ValueError("broken device code")

    with caplog.at_level(logging.ERROR):
        await asyncio.wait_for(supervise("camera x", run), 10)
    assert len(attempts) == 4
    assert sum("camera x failed" in record.message for record in caplog.records) == 3


async def test_it_can_be_cancelled() -> None:
    started = asyncio.Event()

    async def run() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(supervise("lane", run))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
