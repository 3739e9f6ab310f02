"""The state of the way to the platform, as the screen shows it. Loss and return are logged once each."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.model.clock import Clock

log = logging.getLogger(__name__)


ClockCompared = Callable[[float], None]  # by how many seconds the gate's clock was ahead of the platform's just now


class Channel(StrEnum):
    """What is exchanged with the platform; the link is up when none of it is failing."""

    OUTBOX = "outbox"
    PICTURES = "pictures"
    FEED = "feed"
    DESK = "desk"
    CERTIFICATE = "certificate"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class LinkState:
    """`up` is None before the first answer or failure."""

    up: bool | None = None
    since: datetime | None = None
    detail: str = ""  # why it is down
    waiting: int = 0  # confirmations not yet acknowledged
    last_answer: datetime | None = None


class Link:
    """Told by the loops what happened. A loop in its pause after a failure is woken when the other one gets through."""

    def __init__(self, platform: str, clock: Clock, on_clock: ClockCompared) -> None:
        self._platform = platform
        self._clock = clock
        self._on_clock = on_clock
        self._failing: dict[Channel, str] = {}
        self._returned = asyncio.Event()
        self.state = LinkState()

    def answered(self, channel: Channel, server_time: datetime | None = None) -> None:
        now = self._clock()
        if server_time:
            self._on_clock((now - server_time).total_seconds())
        self.state = replace(self.state, last_answer=now)
        if channel in self._failing:
            self._returned.set()
        self._well(channel)

    def no_longer_failing(self, channel: Channel) -> None:
        """What the channel failed at is no longer to be done. Says nothing of a platform that has not answered yet."""
        if channel in self._failing:
            self._well(channel)

    def _well(self, channel: Channel) -> None:
        self._failing.pop(channel, None)
        if not self._failing and self.state.up is not True:
            log.info("platform %s %s", self._platform, "is back" if self.state.up is False else "answers")
            self.state = replace(self.state, up=True, since=self._clock(), detail="")

    def failed(self, channel: Channel, why: str) -> None:
        self._failing[channel] = why
        if self.state.up is not False:
            log.warning("platform %s is lost: %s; everything is kept and sent later", self._platform, why)
            self.state = replace(self.state, up=False, since=self._clock())
        self.state = replace(self.state, detail=why)

    async def pause(self, seconds: float) -> None:
        """Wait after a failure; less long when another channel gets through meanwhile."""
        self._returned.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._returned.wait(), seconds)
