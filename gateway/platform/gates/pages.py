"""`/gates`: every gate that is known from anywhere, how it is, and until when its certificate is good; and each gate's own page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.clock import Clock
from gateway.model.gate_health import LaneHealth
from gateway.platform.database import Database, timestamp
from gateway.platform.errors import NotFoundError
from gateway.platform.gates import health_store, records, store
from gateway.platform.gates.health_store import Heard
from gateway.platform.gates.records import Records
from gateway.platform.gates.store import GateStanding
from gateway.platform.lanes.confirmation_routes import gate_of
from gateway.platform.pages import Page, Pages
from gateway.platform.registry import store as registry
from gateway.platform.registry.kinds import KINDS, Gate, GateLane

RENEWED_BY: Final = timedelta(days=15)  # a gate renews at two thirds of ninety days: one that has not by then does not get through
MOST_GATES: Final = 10_000  # of the register


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane: as the register has it, and as the gate says it is. Either may be missing."""

    name: str
    entry: GateLane | None
    heard: LaneHealth | None

    @property
    def title(self) -> str:
        return (self.entry.title if self.entry else "") or (self.heard.title if self.heard else "") or self.name


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate: its entry in the register, what was agreed with it, and what it last said. Each may be missing."""

    name: str
    entry: Gate | None
    standing: GateStanding | None
    heard: Heard | None

    @property
    def title(self) -> str:
        return self.entry.title if self.entry else ""

    @property
    def lanes(self) -> tuple[LaneRow, ...]:
        """Those of the register in its order, then what the gate reports besides."""
        entries = {lane.name: lane for lane in self.entry.lanes} if self.entry else {}
        heard = {lane.lane: lane for lane in self.heard.report.lanes} if self.heard else {}
        return tuple(LaneRow(name, entries.get(name), heard.get(name)) for name in entries | heard)

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
    entries = {one.key: one.entry for one in registry.page(connection, KINDS["gate"], None, MOST_GATES).items}
    standings = {one.name: one for one in store.standings(connection)}
    heard = health_store.all_heard(connection)
    names = sorted(entries.keys() | standings.keys() | heard.keys())
    return tuple(GateRow(name, entries.get(name), standings.get(name), heard.get(name)) for name in names)


def one_gate(connection: Connection, gate: str) -> tuple[GateRow, Records]:
    """Raises NotFoundError for a gate of which nothing is known and from which nothing came."""
    standing = next((one for one in store.standings(connection) if one.name == gate), None)
    row = GateRow(gate, _entry(connection, gate), standing, health_store.heard_of(connection, gate))
    came = records.records_of(connection, gate)
    if not (row.entry or row.standing or row.heard or came.latest):
        raise NotFoundError("There is no such gate here.")
    return row, came


def _entry(connection: Connection, gate: str) -> Gate | None:
    try:
        entry: Gate = registry.find(connection, KINDS["gate"], gate, None).entry
    except NotFoundError:
        return None
    return entry


class GatePages:
    """The handlers."""

    def __init__(self, database: Database, pages: Pages, clock: Clock) -> None:
        self._database, self._pages, self._clock = database, pages, clock

    def pages(self) -> tuple[Page, ...]:
        return (Page("GET", "/gates", self.list), Page("GET", "/gates/{gate}", self.show))

    async def list(self, request: web.Request) -> web.Response:
        rows = await self._database.read(gate_rows)
        return await self._pages.answer(request, "gates.html", rows=rows, now=self._clock())

    async def show(self, request: web.Request) -> web.Response:
        gate = gate_of(request)
        row, came = await self._database.read(lambda connection: one_gate(connection, gate))
        return await self._pages.answer(request, "gate.html", row=row, records=came, now=self._clock())
