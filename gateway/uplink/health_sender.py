"""The gate's word on its own health, to the platform: a loop of its own, so that nothing else waits for it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from gateway.model.gate_health import HealthReport
from gateway.uplink.errors import NotOfferedError, SetAsideError
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient

EVERY_S: Final = 60.0  # the platform takes a gate for lost that it has not heard for three of them
LOOK_EVERY_S: Final = 1.0  # as often as the site looks at itself
NOT_OFFERED_S: Final = 600.0  # an older platform, or one that does not understand us, is asked again after as long

log = logging.getLogger(__name__)
Health = Callable[[], HealthReport | None]


class HealthSender:
    """`step` sends once, or waits a moment where there is nothing to say. Nothing is kept: only the latest word counts."""

    def __init__(self, gate: str, client: PlatformClient, link: Link, health: Health) -> None:
        self._gate, self._client, self._link, self._health = gate, client, link, health
        self._told: HealthReport | None = None
        self._due = 0.0

    async def step(self) -> None:
        """Raises PlatformAwayError."""
        report, now = self._health(), asyncio.get_running_loop().time()
        if report is None or (now < self._due and _standing(report) == self._told):
            await asyncio.sleep(LOOK_EVERY_S)
            return
        try:
            await self._client.hand_in(lambda platform: platform.tell_health(self._gate, report))
        except (NotOfferedError, SetAsideError) as error:
            log.info("the platform takes no word on this gate's health: %s", error)
            self._link.no_longer_failing(Channel.HEALTH)
            await asyncio.sleep(NOT_OFFERED_S)
            return
        self._link.answered(Channel.HEALTH)
        self._told, self._due = _standing(report), now + EVERY_S


def _standing(report: HealthReport) -> HealthReport:
    """Without what moves all the time: it is told with the next report."""
    off = report.clock_offset_s is not None and abs(report.clock_offset_s) > report.clock_limit_s
    return report.model_copy(update={"outbox_waiting": 0, "clock_offset_s": report.clock_limit_s if off else None})
