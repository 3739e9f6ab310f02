"""One order followed: its state, its steps, and every event with the passage that it comes from and that passage's pictures."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from gateway.platform.errors import NotFoundError
from gateway.platform.lanes import confirmation_store, picture_store
from gateway.platform.lanes.passage_view import Passage, pictures_named
from gateway.platform.orders import life_store, store
from gateway.platform.orders.life import Event, Life
from gateway.platform.orders.messages import OrderState

MOST_PICTURED: Final = 20  # of the passages of one order; more are linked without pictures


@dataclass(frozen=True, slots=True)
class Moment:
    """An event, and the passage that it comes from where its record is here."""

    event: Event
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Followed:
    state: OrderState
    life: Life
    moments: tuple[Moment, ...]


def follow(connection: Connection, order_number: str, firm: str | None) -> Followed:
    """Raises NotFoundError, also where `firm` (BAN) is not party to it."""
    state = store.find(connection, order_number, firm)
    life = life_store.life(connection, state.order.order_number, bool(state.order.seals))
    records = list(dict.fromkeys(event.passage for event in life.events if event.passage))
    passages = {address: _passage(connection, address, firm) for address in records[-MOST_PICTURED:]}
    return Followed(state, life, tuple(Moment(event, passages.get(event.passage)) for event in life.events))


def _passage(connection: Connection, address: str, firm: str | None) -> Passage | None:
    gate, _, sequence = address.removeprefix("/passages/").rpartition("/")
    try:
        state = confirmation_store.find(connection, gate, int(sequence), firm)
    except NotFoundError:
        return None
    return Passage(state, picture_store.sizes(connection, pictures_named(state.confirmation)))
