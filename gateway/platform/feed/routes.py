"""`GET /api/feed`: what a gate's cache follows, waiting up to half a minute for something new."""

import asyncio
from functools import partial
from typing import Final

from aiohttp import web

from gateway.model.wire import ENTRY_KINDS, FeedPage
from gateway.platform.accounts.roles import Right
from gateway.platform.answers import NO_STORE
from gateway.platform.bodies import field_problems, printable, query_integer
from gateway.platform.errors import BadRequestError
from gateway.platform.feed.store import Part, read
from gateway.platform.foundation import Foundation
from gateway.platform.operations import LIMIT, MAX_CURSOR, MAX_LIMIT, Operation, Parameter, Reply, after

LONGEST_WAIT_S: Final = 30  # below the idle limits of usual proxies (60 s)
WAIT = Parameter(
    "wait",
    "query",
    "Seconds to wait for something new where there is nothing yet",
    {"type": "integer", "minimum": 0, "maximum": 30},
)
WANTED = Parameter(
    "kinds",
    "query",
    "Which kinds of entries the gate needs, with commas between; by default all. Who needs another later asks for that one from 0",
    {"type": "string", "examples": ["order,order_standing,port_pass"]},
)


class FeedRoutes:
    """Reads the feed, and waits for the bell where there is nothing to read."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._bell = foundation.bell
        self._clock = foundation.clock

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "GET",
                "/api/feed",
                self.feed,
                summary="Orders and register entries after a cursor, oldest first; waits for new ones when asked to",
                tag="feed",
                parameters=(after("Last cursor that the gate has; 0 for everything"), LIMIT, WAIT, WANTED),
                replies=(Reply(200, "A page of the feed; ask again with its `cursor`", FeedPage),),
                problems=(400,),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
        )

    async def feed(self, request: web.Request) -> web.Response:
        start = query_integer(request, "after", 0, 0, MAX_CURSOR)
        limit = query_integer(request, "limit", 500, 1, MAX_LIMIT)
        wait = query_integer(request, "wait", 0, 0, LONGEST_WAIT_S)
        part = await self._part(start, limit, wait, _wanted(request))
        text = await asyncio.to_thread(part.page, self._clock())  # gates hold their clock against it
        answer = web.Response(text=text, content_type="application/json", headers=NO_STORE)
        if part.entries:
            answer.enable_compression()  # if the gate takes it: orders shrink to a tenth, and a gate may have a slow link
        return answer

    async def _part(self, start: int, limit: int, wait: int, kinds: frozenset[str]) -> Part:
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            ring = self._bell.next_ring()
            part = await self._database.read(partial(read, after=start, limit=limit, kinds=kinds))
            left = deadline - asyncio.get_running_loop().time()
            if part.entries or left <= 0 or self._bell.silenced:
                return part
            start = part.cursor
            try:
                await asyncio.wait_for(ring.wait(), left)
            except TimeoutError:
                return part


def _wanted(request: web.Request) -> frozenset[str]:
    """Raises BadRequestError for a kind that there is not: a gate that asks for it would wait in vain."""
    named = frozenset(filter(None, request.query.get("kinds", "").split(",")))
    if unknown := sorted(named - ENTRY_KINDS):
        message = "wants some of " + ", ".join(sorted(ENTRY_KINDS))
        raise BadRequestError(f"kinds: {message}, not {printable(unknown[0])!r}.", field_problems([("kinds", message)]))
    return named
