"""The platform as a running server: in a block of somebody else's program, or until it is told to stop."""

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from gateway.model.clock import Clock, utc_now
from gateway.platform.app import build_app
from gateway.platform.errors import ListenError
from gateway.platform.settings import PlatformSettings, refuse_unsafe_listening
from gateway.platform.tls import tls_served

GRACE_S: Final = 10  # for requests under way when the platform is told to stop; systemd waits 90 s
LINGER_S: Final = 2  # how long a body that was refused is still read, so that its sender gets to hear why
logger = logging.getLogger(__name__)


@asynccontextmanager
async def running(settings: PlatformSettings, clock: Clock = utc_now) -> AsyncIterator[str]:
    """The platform, listening; gives its address (`https://127.0.0.1:8443`). Raises StartError where it cannot start."""
    refuse_unsafe_listening(settings)
    runner = web.AppRunner(build_app(settings, clock), shutdown_timeout=GRACE_S, lingering_time=LINGER_S)
    async with tls_served(settings, clock) as tls:
        await runner.setup()
        try:
            yield await _listen(runner, settings, tls)
        finally:
            await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: PlatformSettings, tls: ssl.SSLContext | None) -> str:
    try:
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=tls).start()
    except OSError as error:
        raise ListenError(f"cannot listen on {settings.host}, port {settings.port}: {error.strerror}") from error
    host, port = runner.addresses[0][:2]
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


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
