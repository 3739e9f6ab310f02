"""The desk's loop: the platform hears what waits for a person at this gate, and this gate what people there decided."""

import asyncio
import logging
from datetime import timedelta
from typing import Final, Protocol

from gateway.model.clock import Clock
from gateway.model.observation import Ruling
from gateway.model.remote_desk import Attended, DeskNews, DeskReport, RemoteRuling, RulingAnswered, WaitingLane
from gateway.uplink.errors import NotOfferedError
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings

NOT_OFFERED_S: Final = 60.0  # a platform without this desk is asked again after as long: it may be upgraded meanwhile
DEVICE: Final = "platform"

log = logging.getLogger(__name__)


class Lanes(Protocol):
    """The gate's lanes, as the exchange needs them."""

    def waiting(self) -> tuple[WaitingLane, ...]:
        """What waits for a person now."""
        ...

    async def waits_otherwise(self, told: tuple[WaitingLane, ...]) -> None:
        """Returns once something else waits than what was told."""
        ...

    async def rule(self, lane: str, ruling: Ruling) -> str:
        """Hand a ruling to its lane; gives what the lane made of it."""
        ...

    def attended(self, by: tuple[Attended, ...]) -> None:
        """Show who at the platform attends to what."""
        ...


class DeskExchange:
    """`step` asks once: it lasts until the platform has something to say or something else waits here. Raises as the client does.

    A ruling is carried out once, however often it is brought: until the platform has heard the answer, it is answered again.
    """

    def __init__(self, gate: str, client: PlatformClient, link: Link, lanes: Lanes, settings: UplinkSettings, clock: Clock) -> None:
        self._gate, self._client, self._link, self._lanes = gate, client, link, lanes
        self._settings, self._clock = settings, clock
        self._answers: dict[str, RulingAnswered] = {}
        self._attended: tuple[Attended, ...] = ()
        self._heard = False  # whether the last request was answered

    async def step(self) -> None:
        waiting = self._lanes.waiting()
        told = tuple(self._answers.values())
        report = DeskReport(waiting=waiting, answered=told, attended=self._attended)
        # While it is not known that the platform is there, or it has something to hear, a quick answer is worth more.
        wait_s, self._heard = self._settings.feed_wait_s if self._heard and not told else 0, False
        try:
            news = await self._ask(report, wait_s)
        except NotOfferedError:
            await asyncio.sleep(NOT_OFFERED_S)
            return
        self._heard = True
        if news is None:  # something else waits meanwhile, which is told first
            return
        self._link.answered(Channel.DESK)
        new = [ruling for ruling in news.rulings if ruling.ruling_id not in self._answers]
        for one in told:
            self._answers.pop(one.ruling_id, None)
        self._attended = news.attended
        self._lanes.attended(news.attended)
        for ruling in new:
            await self._carry_out(ruling)
        if not new:
            await asyncio.sleep(self._settings.feed_pause_s)

    async def _ask(self, report: DeskReport, wait_s: int) -> DeskNews | None:
        """The platform's answer; None where meanwhile something else waits than what was told."""
        asked = asyncio.ensure_future(self._client.ask(lambda platform: platform.desk(self._gate, report, wait_s)))
        otherwise = asyncio.ensure_future(self._lanes.waits_otherwise(report.waiting))
        try:
            await asyncio.wait({asked, otherwise}, return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else None
        finally:
            for task in (asked, otherwise):
                task.cancel()
            await asyncio.gather(asked, otherwise, return_exceptions=True)

    async def _carry_out(self, brought: RemoteRuling) -> None:
        now = self._clock()
        ruling = Ruling(
            device=DEVICE,
            at=now,
            passage_id=brought.passage_id,
            approved=brought.approved,
            person=brought.person,
            proof="account",
            may_release_stopped=brought.may_release_stopped,
            reason=brought.reason,
            order=brought.order,
            corrections=brought.corrections,
            expires_at=now + timedelta(seconds=brought.valid_s),
        )
        answer = await self._lanes.rule(brought.lane, ruling)
        log.info(
            "desk: lane %s passage %s %s by %s at the platform: %s",
            brought.lane,
            brought.passage_id,
            "approved" if brought.approved else "refused",
            brought.person,
            answer,
        )
        self._answers[brought.ruling_id] = RulingAnswered(ruling_id=brought.ruling_id, answer=answer)
