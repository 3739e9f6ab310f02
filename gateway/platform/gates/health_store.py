"""The latest word of each gate on its health, and when the platform heard it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, String, Table, Text, select

from gateway.model.gate_health import HealthReport
from gateway.platform.database import METADATA, timestamp

SILENT_AFTER: Final = timedelta(minutes=3)  # a gate speaks once a minute

HEALTH = Table(
    "gate_health",
    METADATA,
    Column("gate", String(64), primary_key=True),
    Column("heard_at", String(27), nullable=False),
    Column("report", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a gate said last, and when by the platform's clock."""

    report: HealthReport
    at: datetime

    def silent(self, now: datetime) -> bool:
        return now - self.at > SILENT_AFTER

    @property
    def lost(self) -> tuple[str, ...]:
        """Every device that is lost, once, whichever lane it serves."""
        return tuple(dict.fromkeys(device for lane in self.report.lanes for device in lane.lost))

    @property
    def clock_is_off(self) -> bool:
        offset = self.report.clock_offset_s
        return offset is not None and abs(offset) > self.report.clock_limit_s


def hear(connection: Connection, gate: str, report: HealthReport, now: datetime) -> None:
    connection.execute(HEALTH.delete().where(HEALTH.c.gate == gate))
    connection.execute(HEALTH.insert().values(gate=gate, heard_at=timestamp(now), report=report.model_dump_json()))


def all_heard(connection: Connection) -> dict[str, Heard]:
    return {row.gate: _heard(row) for row in connection.execute(select(HEALTH))}


def heard_of(connection: Connection, gate: str) -> Heard | None:
    row = connection.execute(select(HEALTH).where(HEALTH.c.gate == gate)).one_or_none()
    return _heard(row) if row else None


def _heard(row: Row[Any]) -> Heard:
    return Heard(HealthReport.model_validate_json(row.report), datetime.fromisoformat(row.heard_at))
