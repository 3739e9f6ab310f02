"""Orders that were read become stored ones: numbered, each once, all in the caller's transaction.

The same order again - same box, vehicle, time, everything but its numbers - is the one that was issued before on the same day: a
second press of a button, or the same file once more, issues nothing twice.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from gateway.look.i18n import _
from gateway.model.transport_order import TransportOrder
from gateway.platform.errors import ConflictError
from gateway.platform.orders import store
from gateway.platform.orders.entry.errors import TableError
from gateway.platform.orders.entry.numbering import Issuer, Serials, messages_of_day

OTHER_CONTENT: Final = _("This message was handed in before with other content: it needs another message id")
NO_SERIALS: Final = _("All serial numbers of this business number are taken for today.")


@dataclass(frozen=True, slots=True)
class ToIssue:
    """An order of a file: the line on which it begins, and whose next numbers it takes; None: it bears its own."""

    line: int
    order: TransportOrder
    issuer: Issuer | None


@dataclass(frozen=True, slots=True)
class Issued:
    order_number: str
    repeated: bool


class Issuing:
    """One transaction's orders. Only good inside it."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now
        self._serials: dict[str, Serials] = {}
        self._known: dict[str, dict[str, str]] = {}

    def issue(self, order: TransportOrder, issuer: Issuer | None) -> Issued:
        """Stores an order under the issuer's next numbers, or under its own (None). Raises ConflictError."""
        numbered = order if issuer is None else self.number(order, issuer)
        if isinstance(numbered, Issued):
            return numbered
        return Issued(numbered.order_number, store.take(self._connection, numbered, self._now).repeated)

    def number(self, order: TransportOrder, issuer: Issuer) -> TransportOrder | Issued:
        """The order under the next numbers, which are taken then, or what it was issued as before. Raises ConflictError."""
        known = self._issued_today(issuer.ban)
        said = _said(order.model_dump(mode="json"))
        if said in known:
            return Issued(known[said], repeated=True)
        numbered = self._serials_of(issuer.ban).number(order, issuer.office)
        known[said] = numbered.order_number
        return numbered

    def _serials_of(self, ban: str) -> Serials:
        if ban not in self._serials:
            self._serials[ban] = Serials(self._connection, ban, self._now)
        return self._serials[ban]

    def _issued_today(self, ban: str) -> dict[str, str]:
        """What the messages of the day say, and the numbers of their orders."""
        if ban not in self._known:
            contents = messages_of_day(self._connection, ban, self._now)
            self._known[ban] = {_said(content): number for number, content in contents}
        return self._known[ban]


def issue_all(connection: Connection, orders: Sequence[ToIssue], now: datetime) -> tuple[Issued, ...]:
    """All orders of a file, or none. Raises TableError naming the line that is in the way."""
    own = [one for one in orders if one.issuer is None]
    issued = _stored(connection, [(one.line, one.order) for one in own], now)  # so that no number of theirs is given again
    issuing = Issuing(connection, now)
    numbered = []
    for one in orders:
        if one.issuer is None:
            continue
        try:
            became = issuing.number(one.order, one.issuer)
        except ConflictError as error:
            raise TableError(NO_SERIALS, one.line) from error
        if isinstance(became, Issued):
            issued[one.line] = became
        else:
            numbered.append((one.line, became))
    issued |= _stored(connection, numbered, now)
    return tuple(issued[one.line] for one in orders)


def _stored(connection: Connection, orders: Sequence[tuple[int, TransportOrder]], now: datetime) -> dict[int, Issued]:
    """By their lines. Raises TableError."""
    stored = {}
    taken = store.take_all(connection, [order for _, order in orders], now)
    for (line, order), one in zip(orders, taken, strict=True):
        if isinstance(one, ConflictError):
            raise TableError(OTHER_CONTENT, line) from one
        stored[line] = Issued(order.order_number, one.repeated)
    return stored


def _said(content: dict[str, Any]) -> str:
    """All of an order but its numbers."""
    return json.dumps({**content, "message_id": "", "order_number": ""}, sort_keys=True)
