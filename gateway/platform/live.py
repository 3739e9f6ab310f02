"""What pages listen to: a short line for every order, confirmation and picture that arrives.

A listener of a firm gets the lines that name the firm among those whom they concern, and no other: `Live.tell` decides it.

A listener that does not keep up loses the oldest lines, never the platform's memory: pages read anew what they show, so a
lost line costs nothing but a moment. Who has signed out, or whose account or key was closed, hears nothing half a minute later.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from gateway.platform.accounts.viewer import may_stay, viewer_of
from gateway.platform.errors import UnavailableError
from gateway.platform.metrics import Metrics
from gateway.platform.operations import Operation, Reply

MOST_LINES: Final = 64  # kept for a listener that is slow
MOST_OF_ONE_FIRM: Final = 20  # listeners: no firm takes the places of all others
KEEP_ALIVE_S: Final = 15  # below the idle limits of usual proxies; also how soon a vanished listener is noticed


class Listener:
    """One page that listens: its last lines, and an event that says that there are some. `firm`: a BAN; None: Customs."""

    def __init__(self, firm: str | None = None) -> None:
        self.firm = firm
        self._lines: deque[bytes] = deque(maxlen=MOST_LINES)
        self._something = asyncio.Event()
        self._over = False

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self._something.set()

    def end(self) -> None:
        self._over = True
        self._something.set()

    async def lines(self) -> AsyncIterator[bytes]:
        """Lines as they come, a comment where none came for KEEP_ALIVE_S seconds; ends when the platform stops."""
        while not self._over:
            try:
                await asyncio.wait_for(self._something.wait(), KEEP_ALIVE_S)
            except TimeoutError:
                yield b": still here\n\n"
            self._something.clear()
            while self._lines:
                yield self._lines.popleft()


class Live:
    """All listeners. `tell` never waits."""

    def __init__(self, most_listeners: int, metrics: Metrics) -> None:
        self._listeners: set[Listener] = set()
        self._most = most_listeners
        self._metrics = metrics

    @property
    def firms_listen(self) -> bool:
        """Whether it matters whom news concerns."""
        return any(listener.firm is not None for listener in self._listeners)

    def tell(self, event: str, firms: Collection[str] = (), /, **fields: str | int) -> None:
        """`firms`: BANs of those whom it concerns. Customs is told of everything."""
        line = f"event: {event}\ndata: {json.dumps(fields)}\n\n".encode()
        for listener in self._listeners:
            if listener.firm is None or listener.firm in firms:
                listener.add(line)

    @contextmanager
    def listening(self, firm: str | None = None) -> Iterator[Listener]:
        """Raises UnavailableError where too many listen."""
        of_firm = sum(listener.firm == firm for listener in self._listeners) if firm else 0
        if len(self._listeners) >= self._most or of_firm >= MOST_OF_ONE_FIRM:
            raise UnavailableError("Too many pages listen; this one can be reloaded by hand.")
        listener = Listener(firm)
        self._listeners.add(listener)
        self._metrics.live_clients.set(len(self._listeners))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._metrics.live_clients.set(len(self._listeners))

    def end(self) -> None:
        for listener in self._listeners:
            listener.end()

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "GET",
                "/api/live",
                self.stream,
                summary="Server-sent events: `order`, `confirmation` and `picture`, each with what arrived; to a firm its own",
                tag="live",
                replies=(Reply(200, "A stream of events", media="text/event-stream"),),
                problems=(503,),
                for_firms=True,
            ),
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        with self.listening(viewer_of(request).firm) as listener:
            try:
                await response.prepare(request)
                await response.write(b"retry: 3000\n\n")
                looked = time.monotonic()
                async for line in listener.lines():
                    if time.monotonic() - looked >= KEEP_ALIVE_S:
                        if not await may_stay(request):
                            break
                        looked = time.monotonic()
                    await response.write(line)
            except ConnectionResetError:
                pass  # the page is gone: nothing to tell it
        return response
