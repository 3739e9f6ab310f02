"""A store with an order cache in it, and a clock that a test may set."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore


class SetClock:
    """A clock that stands where the test put it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def store(tmp_path: Path, clock: SetClock) -> AsyncIterator[GateStore]:
    async with GateStore.open(tmp_path / "gate", "kh-t4", clock) as store:
        yield store


@pytest.fixture
async def cache(store: GateStore) -> OrderCache:
    return await OrderCache.open(store)
