"""`gateway run`: one site as a service, until it is told to stop."""

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager, suppress

from gateway.model.clock import Clock, utc_now
from gateway.ocr.eye import Reads
from gateway.ocr.photographs import warm_up
from gateway.ocr.reader import Reader
from gateway.orders.order_cache import OrderCache
from gateway.orders.register_cache import RegisterCache
from gateway.seal_reader.counters import CounterFile
from gateway.seal_reader.keys import load_keys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.site.composition import Site
from gateway.site.lane_file import ReadingConfig, SiteConfig
from gateway.site.seals import COUNTERS
from gateway.site.service_manager import ServiceManager
from gateway.store.gate_store import GateStore

log = logging.getLogger(__name__)


async def run_site(config: SiteConfig, clock: Clock = utc_now, reader: Reads | None = None) -> None:
    """Serve the site until SIGTERM or SIGINT. `reader` None: the engine that the lane file names.

    Raises StoreError, OcrError, SealReaderError, OSError where it cannot start, StoreDamagedError where its database turns out to
    be damaged: started again, it rebuilds it.
    """
    manager = ServiceManager.of_environment()
    if reader is None:
        reader = await asyncio.to_thread(_engine, config.reading)
    async with GateStore.open(config.store.folder, config.name, clock, config.store) as store:
        orders = await OrderCache.open(store, config.feed_kinds)
        with _authenticator(config, orders.registers) as authenticator:
            site = Site(
                config, store=store, orders=orders, reader=reader, authenticator=authenticator, clock=clock, random=os.urandom
            )
            await until_told_to_stop(site.run(manager), store)
    log.info("site %s stopped", config.name)
    manager.stopping()


def _engine(config: ReadingConfig) -> Reads:
    reader = Reader.load(config.engine, config.threads, config.parallel)
    warm_up(reader)
    return reader


@contextmanager
def _authenticator(config: SiteConfig, registers: RegisterCache) -> Iterator[SealAuthenticator | None]:
    """What judges the seals' frames, with the counters that it keeps beside the store. None for a site without seals."""
    if config.seals is None:
        yield None
        return
    keys = load_keys(config.seals.keys, os.environ)
    with closing(CounterFile(config.store.folder / COUNTERS)) as counters:
        yield SealAuthenticator(keys, registers.seal_number, counters)


async def until_told_to_stop(running: Coroutine[None, None, None], store: GateStore) -> None:
    """Raises StoreDamagedError where the store's database turned out to be damaged: the next start rebuilds it."""
    task = asyncio.create_task(running, name="site")
    damaged = asyncio.create_task(store.damaged.wait())
    damaged.add_done_callback(lambda _: task.cancel())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    damaged.cancel()
    store.make_sure_of_soundness()
