"""A gate with a store, an order cache and an uplink, against a platform that a test can stop, start and make misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.model.wire import ENTRY_KINDS
from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from gateway.uplink.link import ClockCompared
from gateway.uplink.settings import UplinkSettings
from gateway.uplink.uplink import Uplink
from tests.uplink.trial_platform import TrialPlatform

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def no_jitter(count: int) -> bytes:
    return b"\0" * count


def quick(url: str, **changes: Any) -> UplinkSettings:
    """Settings with short pauses; nothing that a test waits for depends on their length."""
    return UplinkSettings.model_validate(
        {"url": url, "allow_clear_text": True, "retry_first_s": 0.01, "retry_cap_s": 0.05, "feed_pause_s": 0.01, "feed_wait_s": 5}
        | changes
    )


async def uplink_of(
    store: GateStore, settings: UplinkSettings, on_clock: ClockCompared = lambda _: None, kinds: frozenset[str] = ENTRY_KINDS
) -> Uplink:
    cache = await OrderCache.open(store, kinds)
    return Uplink(store, cache.apply, cache.place, settings, clock=store.clock, random=no_jitter, on_clock=on_clock)


@asynccontextmanager
async def linked(
    store: GateStore, settings: UplinkSettings, on_clock: ClockCompared = lambda _: None, kinds: frozenset[str] = ENTRY_KINDS
) -> AsyncIterator[Uplink]:
    """An uplink that runs for the block."""
    uplink = await uplink_of(store, settings, on_clock, kinds)
    running = asyncio.ensure_future(uplink.run())
    try:
        yield uplink
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(30):
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.005)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[GateStore]:
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        yield store


@pytest.fixture
async def platform() -> AsyncIterator[TrialPlatform]:
    platform = TrialPlatform()
    await platform.start()
    yield platform
    await platform.stop()
