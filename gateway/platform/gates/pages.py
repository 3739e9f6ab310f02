"""`/gates`: every gate that is known from anywhere, how it is, and until when its certificate is good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.clock import Clock
from gateway.platform.database import Database, timestamp
from gateway.platform.gates import health_store, store
from gateway.platform.gates.health_store import Heard
from gateway.platform.gates.store import GateStanding
from gateway.platform.pages import Page, Pages

RENEWED_BY: Final = timedelta(days=15)  # a gate renews at two thirds of ninety days: one that has not by then does not get through


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate: what was agreed with it, and what it last said. Either may be missing."""

    name: str
    standing: GateStanding | None
    heard: Heard | None

    def enrolment(self, now: datetime) -> str:
        """`revoked`, `expired`, `enrolled`, `approved` (its code waits to be used) or `none`."""
        one, at = self.standing, timestamp(now)
        if one is None:
            return "none"
        if one.revoked_at:
            return "revoked"
        if one.enrolled_at is None:
            return "approved" if one.code_until and one.code_until > at else "none"
        return "enrolled" if one.certificate_until and one.certificate_until > at else "expired"

    @property
    def certificate_until(self) -> datetime | None:
        until = self.standing.certificate_until if self.standing else None
        return datetime.fromisoformat(until) if until else None

    def renewal_is_late(self, now: datetime) -> bool:
        until = self.certificate_until
        return until is not None and until - now < RENEWED_BY

    def state(self, now: datetime) -> str:
        """As one of the marks: silence is not live, whatever is lost wants somebody."""
        if self.heard is None or self.heard.silent(now):
            return "OFFLINE"
        return "REFER" if self.heard.lost or self.heard.clock_is_off or self.heard.report.store != "ok" else "PASS"


def gate_rows(connection: Connection) -> tuple[GateRow, ...]:
    standings = {one.name: one for one in store.standings(connection)}
    heard = health_store.all_heard(connection)
    return tuple(GateRow(name, standings.get(name), heard.get(name)) for name in sorted(standings.keys() | heard.keys()))


class GatePages:
    """The handler."""

    def __init__(self, database: Database, pages: Pages, clock: Clock) -> None:
        self._database, self._pages, self._clock = database, pages, clock

    def pages(self) -> tuple[Page, ...]:
        return (Page("GET", "/gates", self.list),)

    async def list(self, request: web.Request) -> web.Response:
        rows = await self._database.read(gate_rows)
        return await self._pages.answer(request, "gates.html", rows=rows, now=self._clock())
