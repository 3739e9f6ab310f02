"""The feed's loop: orders and registers from the platform, as soon as they are there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from gateway.model.feed_place import FeedPlace
from gateway.model.wire import FeedPage
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings

Apply = Callable[[FeedPage, frozenset[str]], Awaitable[None]]  # a page, and the kinds that were asked for
Place = Callable[[], Awaitable[FeedPlace]]

log = logging.getLogger(__name__)


class FeedFollower:
    """`step` asks once and applies the answer. It raises what the client, `apply` and `place` raise."""

    def __init__(self, client: PlatformClient, link: Link, apply: Apply, place: Place, settings: UplinkSettings) -> None:
        self._client = client
        self._link = link
        self._apply = apply
        self._place = place
        self._settings = settings
        self._limit = settings.feed_limit  # fewer after a failure: a link that breaks brings at least some
        self._heard = False  # whether the last request was answered

    async def step(self) -> None:
        asked = await self._place()
        # While it is not known that the platform is there, a quick answer is worth more than a long wait.
        wait_s, self._heard = self._settings.feed_wait_s if self._heard and not asked.behind else 0, False
        limit, self._limit = self._limit, max(self._limit // 4, 1)
        page, unreadable = await self._client.ask(lambda platform: platform.feed(asked.after, limit, wait_s, asked.kinds))
        self._heard, self._limit = True, min(limit * 2, self._settings.feed_limit)
        # A page full of orders may have been on its way for seconds; the empty one that follows it was not.
        self._link.answered(Channel.FEED, None if page.items else page.server_time)
        for item in unreadable:
            log.error("feed item %.40r cannot be understood and is left out: %.300s", item.cursor, item.why)
        await self._apply(page, asked.kinds)
        if page.cursor == asked.after:
            await asyncio.sleep(self._settings.feed_pause_s)
