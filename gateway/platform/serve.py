"""The platform as a running server: in a block of somebody else's program, or until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from gateway.look.connections import listening
from gateway.model.clock import Clock, utc_now
from gateway.platform.app import build_app
from gateway.platform.errors import ListenError
from gateway.platform.settings import PlatformSettings, refuse_unsafe_listening
from gateway.platform.tls import tls_served

GRACE_S: Final = 10  # for requests under way when the platform is told to stop; systemd waits 90 s
logger = logging.getLogger(__name__)


@asynccontextmanager
async def running(settings: PlatformSettings, clock: Clock = utc_now) -> AsyncIterator[str]:
    """The platform, listening; gives its address (`https://127.0.0.1:8443`). Raises StartError where it cannot start."""
    refuse_unsafe_listening(settings)
    app = build_app(settings, clock)
    async with tls_served(settings, clock) as tls, AsyncExitStack() as served:
        try:
            address = await served.enter_async_context(
                listening(app, settings.host, settings.port, settings.room, tls, grace_s=GRACE_S)
            )
        except OSError as error:
            raise ListenError(f"cannot listen on {settings.host}, port {settings.port}: {error.strerror}") from error
        yield address


async def serve(settings: PlatformSettings, clock: Clock = utc_now, on_ready: Callable[[str], None] | None = None) -> None:
    """Listen until SIGTERM or SIGINT; what is under way is finished. `on_ready` gets the address. Raises StartError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with running(settings, clock) as address:
            logger.info("platform listens on %s, data in %s", address, settings.data_dir)
            if on_ready:
                on_ready(address)
            await stop.wait()
            logger.info("platform stops")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
