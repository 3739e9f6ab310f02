"""Keeps everything of a site running. The only place that catches everything: a fault in one device's code must not take
the lanes with it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0  # what ran this long before it failed starts again at once


async def supervise(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run until cancelled; what fails is started again after a growing pause, and said each time. Ends when `run` ends."""
    pause = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        begun = loop.time()
        try:
            await run()
        except Exception:
            log.exception("%s failed; it starts again in %g s", name, pause)
        else:
            log.info("%s ended", name)
            return
        if loop.time() - begun >= STEADY_S:
            pause = FIRST_PAUSE_S
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
