"""Numbers of orders and messages that the platform makes: business number, date and a serial that is given once.

A firm's own system counts its serials from 1; the platform's begin at half of the range, so that both can number under one business
number. Serials are given inside the transaction that stores the order: whoever comes second sees what the first one took.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from gateway.model.clock import TAIPEI
from gateway.model.transport_order import MESSAGE_ID, TransportOrder
from gateway.platform.errors import ConflictError
from gateway.platform.orders.store import MESSAGES, ORDERS

OFFICE: Final = re.compile(r"[A-Z0-9]{2}")
FIRST_OF_DAY: Final = 5_000  # of 4 digits, under one business number
FIRST_OF_MONTH: Final = 50_000  # of 5 digits, under one office and business number
_ROC_ERA: Final = 1911


@dataclass(frozen=True, slots=True)
class Issuer:
    """Customs office of origin (2 characters) and the business account number (8 digits) of who issues."""

    office: str
    ban: str


def is_numbered_by(values: Mapping[str, str]) -> bool:
    """Whether the values bring their own numbers."""
    return "order_number" in values or "message_id" in values


def _day(ban: str, now: datetime) -> str:
    return ban + now.astimezone(TAIPEI).strftime("%Y%m%d")


def _is_of_day(day: str) -> ColumnElement[bool]:
    return MESSAGES.c.message_id.between(day + "0000", day + "9999")


def messages_of_day(connection: Connection, ban: str, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Order number and content of every message of the business number's today (in Taipei)."""
    query = select(MESSAGES.c.order_number, MESSAGES.c.content).where(_is_of_day(_day(ban, now)))
    for row in connection.execute(query):
        yield row.order_number, json.loads(row.content)


def _month(issuer: Issuer, now: datetime) -> str:
    local = now.astimezone(TAIPEI)
    return f"{issuer.office}{(local.year - _ROC_ERA) % 100:02d}{local.month:02d}{issuer.ban}"


def provisional(issuer: Issuer, now: datetime) -> dict[str, str]:
    """Numbers of the right form for an order that is looked at before it is stored."""
    return {"message_id": _day(issuer.ban, now) + "0000", "order_number": _month(issuer, now) + "00000"}


class Serials:
    """The next serials of one business number, read once and counted up within one transaction."""

    def __init__(self, connection: Connection, ban: str, now: datetime) -> None:
        self._connection, self._ban, self._now = connection, ban, now
        self._day = _day(ban, now)
        ids = connection.execute(select(MESSAGES.c.message_id).where(_is_of_day(self._day))).scalars()
        taken = [int(one[-4:]) for one in ids if MESSAGE_ID.fullmatch(one)]
        self._next_of_day = max([FIRST_OF_DAY - 1, *taken]) + 1
        self._next_of_month: dict[str, int] = {}

    def number(self, order: TransportOrder, office: str) -> TransportOrder:
        """The order under the next numbers. Raises ConflictError where none is left."""
        month = _month(Issuer(office, self._ban), self._now)
        of_day, of_month = self._next_of_day, self._next_of_month.get(month) or self._first_of(month)
        if of_day > 9_999 or of_month > 99_999:
            raise ConflictError(f"All serials of {self._ban} are taken for today or for this month; nothing was stored.")
        self._next_of_day, self._next_of_month[month] = of_day + 1, of_month + 1
        return order.model_copy(update={"message_id": f"{self._day}{of_day:04d}", "order_number": f"{month}{of_month:05d}"})

    def _first_of(self, month: str) -> int:
        number = ORDERS.c.order_number
        last = self._connection.execute(
            select(func.max(number)).where(number.between(f"{month}{FIRST_OF_MONTH}", f"{month}99999"))
        ).scalar_one()
        return int(last[14:19]) + 1 if last else FIRST_OF_MONTH
