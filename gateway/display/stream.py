"""The stream behind a live page: what changed, and a beat that proves that the page is live."""

import asyncio
from typing import Final

from aiohttp import web

from gateway.display.screens import Screen
from gateway.look.live import beat_event, swap_event
from gateway.look.times import scheme

WRITE_PATIENCE_S: Final = 20.0  # a browser that takes nothing for this long is gone; it reconnects by itself when it is back
GATHER_S: Final = 0.05  # a lane that reads changes with every frame; a page costs the lanes' loop 3 ms at most 20 times a second


async def follow(screen: Screen, request: web.Request) -> web.StreamResponse:
    """Send the page's fragments as they change, and a beat at least as often as it expects one, until either side stops."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    shown: dict[str, str] = {}
    with screen.board.subscribe() as subscription:
        while not subscription.ended:
            try:
                async with asyncio.timeout(WRITE_PATIENCE_S):
                    await response.write(_news(screen, shown) + beat_event(scheme(screen.clock()), screen.version()))
            except (ConnectionError, TimeoutError):
                break
            if await subscription.changed(screen.beat_s):
                await asyncio.sleep(GATHER_S)
    return response


def _news(screen: Screen, shown: dict[str, str]) -> bytes:
    """Events for the fragments that are not what the page shows already; notes in `shown` what it shows then."""
    events = b""
    for fragment, html in screen.fragments():
        if shown.get(fragment) != html:
            shown[fragment] = html
            events += swap_event(fragment, html)
    return events
