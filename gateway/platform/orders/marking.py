"""What devices do not say of an order, an officer marks: unsealed, closed, or that what was so marked was wrong.

A gate lets no vehicle go on an order that is closed, so it is told with the next word of the feed.
"""

from typing import Final

from sqlalchemy import Connection

from gateway.model.order_standing import State
from gateway.model.wire import OrderStandingEntry
from gateway.platform.orders import life_store
from gateway.platform.orders.life import Event, Kind
from gateway.platform.orders.standing import amend

BY_HAND: Final = {"unsealed": Kind.UNSEALED, "closed": Kind.CLOSED}


def mark(connection: Connection, order_number: str, event: Event) -> None:
    life_store.record(connection, order_number, event)
    if event.kind is Kind.CLOSED:
        _turn(connection, order_number, "open", "closed")


def take_back(connection: Connection, order_number: str) -> None:
    """All that was marked by hand."""
    marked = [event for event in life_store.events_of(connection, order_number) if event.by_hand]
    life_store.withdraw(connection, [event.record for event in marked])
    if any(event.kind is Kind.CLOSED for event in marked):
        _turn(connection, order_number, "closed", "open")


def _turn(connection: Connection, order_number: str, before: State, after: State) -> None:
    """What stands otherwise stays: an order that was cancelled is cancelled, whatever is marked."""

    def turned(standing: OrderStandingEntry) -> OrderStandingEntry:
        return standing.model_copy(update={"state": after}) if standing.state == before else standing

    amend(connection, order_number, turned)
