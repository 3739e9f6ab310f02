"""The board: the latest view of every lane and of the site, and those who wait for a newer one.

Subscribers are told *that* something changed and then look at the board, so a slow browser skips to the newest view and
costs no memory.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.display.view import LaneView, SiteView


class Subscription:
    """Wakes when the board has changed since the last wait."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.ended = False

    def wake(self) -> None:
        self._changed.set()

    def end(self) -> None:
        self.ended = True
        self._changed.set()

    async def changed(self, patience_s: float) -> bool:
        """Whether something changed within `patience_s`. However many changes there were, it is told once."""
        try:
            async with asyncio.timeout(patience_s):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Board:
    """Published to by the site, looked at by screens. All on one event loop."""

    def __init__(self) -> None:
        self._lanes: dict[str, LaneView] = {}
        self._site: SiteView | None = None
        self._subscriptions: set[Subscription] = set()

    def publish(self, view: LaneView) -> None:
        self._lanes[view.lane] = view
        self._wake()

    def publish_site(self, view: SiteView) -> None:
        self._site = view
        self._wake()

    @property
    def site(self) -> SiteView | None:
        return self._site

    def lane(self, lane: str) -> LaneView | None:
        return self._lanes.get(lane)

    def lanes(self) -> tuple[LaneView, ...]:
        """In the site's order; lanes that the site does not name come last."""
        order = {lane: place for place, lane in enumerate(self._site.lanes)} if self._site else {}
        return tuple(sorted(self._lanes.values(), key=lambda view: (order.get(view.lane, len(order)), view.lane)))

    @property
    def subscribers(self) -> int:
        return len(self._subscriptions)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def end_subscriptions(self) -> None:
        """The server is stopping: every open page is told to let go."""
        for subscription in tuple(self._subscriptions):
            subscription.end()

    def _wake(self) -> None:
        for subscription in self._subscriptions:
            subscription.wake()
