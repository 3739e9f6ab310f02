"""Sends events to webhooks: to each in order, each until it is taken or the webhook is given up. Ingest never waits for it.

A receiver takes an event by an answer of 2xx. Anything else, a redirection too, is tried again later, and after FAILS_FOR without
one success the webhook is given up. Nothing that a receiver answers is read beyond its head.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
from sqlalchemy import Connection

import gateway
from gateway.look.i18n import _
from gateway.model.clock import RandomBytes
from gateway.platform.bodies import printable
from gateway.platform.errors import StoreFullError, UnavailableError
from gateway.platform.foundation import Foundation
from gateway.platform.webhooks import outbox, store
from gateway.platform.webhooks.outbox import Waiting
from gateway.platform.webhooks.signature import signed_fields
from gateway.platform.webhooks.targets import PublicResolver, Targets

LOOK_EVERY_S: Final = 1.0  # whoever needs it sooner listens at /api/live
FORGET_EVERY_S: Final = 60.0  # old secrets; none that is over signs, whether it is forgotten yet or not
MOST_AT_ONCE: Final = 8
FAILS_FOR: Final = timedelta(days=5)
GONE: Final = _("the receiver says that it is gone for good (410)")
NOTHING_TAKEN: Final = _("nothing was taken for 5 days")
TOO_MANY_WAIT: Final = _("more than 100,000 events wait")
REASONS: Final = (GONE, NOTHING_TAKEN, TOO_MANY_WAIT)
logger = logging.getLogger(__name__)


def pause(attempts: int, first_s: float, longest_s: float, random: RandomBytes) -> timedelta:
    """After so many failures in a row: doubling from `first_s` to `longest_s`, each time between its half and its whole."""
    whole = min(first_s * 2 ** min(attempts - 1, 40), longest_s)
    return timedelta(seconds=whole * (0.5 + 0.5 * int.from_bytes(random(4), "big") / 0xFFFFFFFF))


class Sender:
    """`running` sends for as long as its block lasts."""

    def __init__(self, foundation: Foundation) -> None:
        settings = foundation.settings
        self._database, self._clock, self._random = foundation.database, foundation.clock, foundation.random
        self._metrics = foundation.metrics
        self._targets = Targets(settings.webhook_networks)
        self._patience_s = settings.webhook_patience_s
        self._first_s, self._longest_s = settings.webhook_retry_first_s, settings.webhook_retry_longest_s
        self._under_way: set[str] = set()  # webhooks; each has one event on its way at most
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(
            resolver=PublicResolver(self._targets), use_dns_cache=False, force_close=True, limit=MOST_AT_ONCE
        )
        timeout = aiohttp.ClientTimeout(total=self._patience_s)
        headers = {"User-Agent": f"gateway/{gateway.__version__}"}
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=timeout, headers=headers) as session:
            sending = asyncio.create_task(self._send(session), name="webhooks")
            sending.add_done_callback(_say_if_broken)
            try:
                yield
            finally:
                sending.cancel()
                await asyncio.wait([sending])

    async def _send(self, session: aiohttp.ClientSession) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forget())
            while True:
                busy = frozenset(self._under_way)  # what is read of these may be over before the reading is
                for event in await self._due():
                    if event.webhook_id not in busy:
                        self._under_way.add(event.webhook_id)
                        tasks.create_task(self._send_all(session, event))
                await asyncio.sleep(LOOK_EVERY_S)

    async def _forget(self) -> None:
        """Old secrets, when their time is over."""
        while True:
            await asyncio.sleep(FORGET_EVERY_S)
            with suppress(UnavailableError, StoreFullError):  # the database has said it in the log
                await self._database.write(lambda connection: store.forget_old_secrets(connection, self._clock()))

    async def _due(self) -> tuple[Waiting, ...]:
        try:
            return await self._database.read(lambda connection: outbox.due(connection, self._clock))
        except UnavailableError:
            return ()  # the database has said it in the log

    async def _send_all(self, session: aiohttp.ClientSession, event: Waiting | None) -> None:
        """What waits for one webhook, until there is no more, or an event is not taken."""
        assert event is not None
        webhook_id = event.webhook_id
        try:
            while event is not None:
                async with self._room:
                    taken = await self._send_one(session, event)
                event = next((one for one in await self._due() if one.webhook_id == webhook_id), None) if taken else None
        except (UnavailableError, StoreFullError):
            pass  # it could not be noted, so it is sent again: receivers know an event by its id
        finally:
            self._under_way.discard(webhook_id)

    async def _send_one(self, session: aiohttp.ClientSession, event: Waiting) -> bool:
        """Whether the receiver took it; what became of it is noted either way."""
        sent_at = self._clock()
        secrets = await self._database.read(lambda connection: store.secrets_of(connection, event.webhook_id, sent_at))
        if not secrets:
            return False
        status, error = await self._post(session, event, signed_fields(secrets, event.event_id, sent_at, event.body))
        now = self._clock()
        taken = not error
        self._metrics.webhooks.labels("taken" if taken else "failed").inc()
        if taken:
            await self._database.write(lambda connection: outbox.was_taken(connection, event, status or 0, now))
        else:
            logger.warning("webhook %s: event %s: %s", event.webhook_id, event.event_id, error)
            await self._database.write(lambda connection: self._note_failure(connection, event, status, error, now))
        return taken

    async def _post(self, session: aiohttp.ClientSession, event: Waiting, signed: Mapping[str, str]) -> tuple[int | None, str]:
        """The status, if one came, and what went wrong; nothing for an event that was taken."""
        fields = {"Content-Type": "application/json", **signed}
        try:
            self._targets.check(event.url)
            async with session.post(event.url, data=event.body, headers=fields, allow_redirects=False) as answer:
                taken = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
                return answer.status, "" if taken else f"the receiver answered {answer.status}"
        except TimeoutError:
            return None, f"no answer within {self._patience_s:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return None, printable(str(error) or type(error).__name__)

    def _note_failure(self, connection: Connection, event: Waiting, status: int | None, error: str, now: datetime) -> None:
        again_at = now + pause(event.attempts + 1, self._first_s, self._longest_s, self._random)
        outbox.was_not_taken(connection, event, status, error, now, again_at)
        reason = self._reason_to_give_up(connection, event, status, now)
        if reason:
            logger.error("webhook %s is given up: %s", event.webhook_id, reason)
            outbox.give_up(
                connection, event.webhook_id, f"Given up on {now:%Y-%m-%d %H:%M} UTC: {reason}. The last: {error}."[:500]
            )

    def _reason_to_give_up(self, connection: Connection, event: Waiting, status: int | None, now: datetime) -> str:
        if status == HTTPStatus.GONE:
            return GONE
        if event.failing_since is not None and now - event.failing_since >= FAILS_FOR:
            return NOTHING_TAKEN
        if outbox.waiting(connection, event.webhook_id) > outbox.MOST_WAITING:
            return TOO_MANY_WAIT
        return ""


def _say_if_broken(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.critical("webhooks are sent no more until the platform starts anew", exc_info=task.exception())
