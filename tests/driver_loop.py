"""A driver's loop at work, as a site runs it, and what it reported."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

PATIENCE_S = 10.0  # for a loaded machine; nothing here needs it


@dataclass
class DriverTold:
    """What a loop reported of its device; each room adds what its devices see."""

    states: list[tuple[bool, str]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_state(self, working: bool, detail: str) -> None:
        self.states.append((working, detail))
        self.changed.set()

    async def until(self, condition: Callable[[Self], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()

    async def working(self, times: int = 1) -> None:
        await self.until(lambda told: [working for working, _ in told.states].count(True) >= times)

    async def lost(self) -> None:
        await self.until(lambda told: bool(told.states) and not told.states[-1][0])


T = TypeVar("T", bound=DriverTold)


@asynccontextmanager
async def at_work(told: T, loop: Coroutine[Any, Any, None]) -> AsyncIterator[T]:
    """Run the loop that reports to `told`; at the end it is cancelled and has left."""
    task = asyncio.create_task(loop)
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
