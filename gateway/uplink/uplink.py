"""The uplink put together: its loops, one link, and a store that may be ahead of the platform by days."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from gateway.model.backoff import Backoff
from gateway.model.clock import Clock, RandomBytes
from gateway.store.errors import StoreBusyError, StoreFullError
from gateway.store.gate_store import GateStore
from gateway.uplink.certificate_renewal import CertificateRenewal
from gateway.uplink.credentials import read_credentials
from gateway.uplink.desk_exchange import DeskExchange, Lanes
from gateway.uplink.errors import CredentialsError, EnrolmentError, PlatformAwayError
from gateway.uplink.feed_follower import Apply, FeedFollower, Place
from gateway.uplink.health_sender import Health, HealthSender
from gateway.uplink.link import Channel, ClockCompared, Link, LinkState
from gateway.uplink.outbox_sender import OutboxSender
from gateway.uplink.picture_sender import PictureSender
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings

log = logging.getLogger(__name__)


class Uplink:
    """Sends what the store's outbox holds, follows the feed, with `lanes` serves the desk, with `health` says how the gate is."""

    def __init__(
        self,
        store: GateStore,
        apply: Apply,
        place: Place,
        settings: UplinkSettings,
        *,
        clock: Clock,
        random: RandomBytes,
        on_clock: ClockCompared,
        lanes: Lanes | None = None,
        health: Health | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._random = random
        self._client = PlatformClient(settings, partial(read_credentials, settings, store.folder))
        self._link = Link(settings.url, clock, on_clock)
        self._sender = OutboxSender(store, self._client, self._link)
        self._pictures = PictureSender(store, self._client, self._link)
        self._follower = FeedFollower(self._client, self._link, apply, place, settings)
        self._desk = DeskExchange(store.gate, self._client, self._link, lanes, settings, clock) if lanes else None
        self._health = HealthSender(store.gate, self._client, self._link, health) if health else None
        self._renewal = CertificateRenewal(store, self._client, self._link, clock)

    @property
    def link(self) -> LinkState:
        """For the screen: whether the platform answers, since when, and how much waits for it."""
        return replace(self._link.state, waiting=self._store.waiting_count)

    def _backoff(self) -> Backoff:
        return Backoff(self._settings.retry_first_s, self._settings.retry_cap_s, self._random)

    async def run(self) -> None:
        """All loops, until cancelled; a platform that is away, or a full disk, is waited for.

        Raises CredentialsError at the start where the settings cannot work, and later an ExceptionGroup with a
        StoreError where the store is damaged or closed.
        """
        async with self._client.opened(), asyncio.TaskGroup() as loops:
            loops.create_task(self._keep_on(Channel.OUTBOX, self._sender.step))
            loops.create_task(self._keep_on(Channel.PICTURES, self._pictures.step))
            loops.create_task(self._keep_on(Channel.FEED, self._follower.step))
            if self._desk:
                loops.create_task(self._keep_on(Channel.DESK, self._desk.step))
            if self._health:
                loops.create_task(self._keep_on(Channel.HEALTH, self._health.step))
            loops.create_task(self._keep_on(Channel.CERTIFICATE, self._renewal.step))

    async def _keep_on(self, channel: Channel, step: Callable[[], Awaitable[None]]) -> None:
        backoff = self._backoff()
        while True:
            try:
                await step()
                backoff.reset()
            except (PlatformAwayError, CredentialsError, EnrolmentError) as error:
                self._link.failed(channel, str(error))
                await self._link.pause(backoff.next_s())
            except (StoreFullError, StoreBusyError) as error:
                log.error("%s: waiting for the store: %s", channel, error)
                await self._link.pause(backoff.next_s())
