"""Whose open pages are told of news: besides Customs', those of the firms that are party to the orders that it is about.

The firms are looked up once for each piece of news, and only while a firm's page listens.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from gateway.model.transport_order import is_order_number
from gateway.platform import bulk
from gateway.platform.errors import UnavailableError
from gateway.platform.foundation import Foundation
from gateway.platform.orders.store import PARTIES

Firms = Mapping[str, Collection[str]]  # by order number, the BANs of its parties


def _parties_of(connection: Connection, numbers: Collection[str]) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in bulk.found(connection, select(PARTIES.c.order_number, PARTIES.c.ban), PARTIES.c.order_number, numbers):
        found[row.order_number].add(row.ban)
    return found


class Audience:
    """What it tells is committed already: where the firms cannot be looked up, Customs alone is told."""

    def __init__(self, foundation: Foundation) -> None:
        self._database, self._live = foundation.database, foundation.live

    async def firms(self, numbers: Collection[str]) -> Firms:
        """Nothing while no firm listens; orders that are not here are left out."""
        wanted = {number for number in numbers if is_order_number(number)}
        if not wanted or not self._live.firms_listen:
            return {}
        try:
            return await self._database.read(lambda connection: _parties_of(connection, wanted))
        except UnavailableError:
            return {}  # the database has said it in the log

    async def tell(self, event: str, numbers: Collection[str], **fields: str | int) -> None:
        """Tell of what is about these orders."""
        firms = await self.firms(numbers)
        self._live.tell(event, frozenset().union(*firms.values()), **fields)

    async def tell_of_many(self, event: str, numbers: Collection[str]) -> None:
        """Of orders that came at once: one line for all that concern the same firms, with the last number of those."""
        firms = await self.firms(numbers)
        last = {frozenset(firms.get(number, ())): number for number in numbers}
        for concerned, number in last.items():
            self._live.tell(event, concerned, order_number=number)
