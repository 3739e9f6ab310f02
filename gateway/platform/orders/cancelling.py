"""An order is cancelled: by the firm that issued it until its vehicle has gone, by Customs also after that."""

from datetime import datetime

from sqlalchemy import Connection

from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.bodies import field_problems
from gateway.platform.errors import ConflictError, ForbiddenError, InvalidError
from gateway.platform.orders import life_store, standing, store
from gateway.platform.orders.life import Event, Kind
from gateway.platform.orders.messages import KeptCancellation, OrderCancellation, OrderState
from gateway.platform.orders.parties import issuer


def cancel(connection: Connection, asked: OrderCancellation, asker: Viewer, now: datetime) -> bool:
    """Cancel an order; False where this very message did so before.

    Raises NotFoundError, also where the asker's firm is no party to it; ForbiddenError where another issued it; InvalidError for an
    id that is not the firm's; ConflictError where the id is taken, the order is not open, or its vehicle has gone.
    """
    state = store.find(connection, asked.order_number, asker.firm)
    _refuse_strangers(state, asked, asker.firm)
    known = standing.cancellation(connection, asked.message_id)
    if known is not None:
        if (known.order_number, known.reason) != (asked.order_number, asked.reason):
            raise ConflictError(f"Message {asked.message_id} was received before with other content.")
        return False
    _refuse_what_is_over(state)
    if state.confirmed and not asker.may(Right.INSTRUCT):
        raise ConflictError("A lane has let its vehicle go; from then on Customs alone cancels the order.")
    standing.keep_cancellation(connection, KeptCancellation(received_at=now, **asked.model_dump()))
    event = Event(Kind.CANCELLED, now, asker.name, "", f"message/{asked.message_id}", asked.reason)
    life_store.record(connection, asked.order_number, event)
    note(connection, Act(now, asker.name, "cancelled an order", f"{asked.order_number}: {asked.reason}"))
    return True


def _refuse_strangers(state: OrderState, asked: OrderCancellation, firm: str | None) -> None:
    if firm is None:
        return
    if issuer(state.order) != firm:
        raise ForbiddenError("The firm that issued an order cancels it, or Customs.")
    if not asked.message_id.startswith(firm):
        wrong = [("message_id", f"a message of yours bears your BAN, {firm}")]
        raise InvalidError("A firm sends under its own business account number only; nothing was stored.", field_problems(wrong))


def _refuse_what_is_over(state: OrderState) -> None:
    number = state.order.order_number
    if state.standing.state == "cancelled":
        by = f" by message {state.cancellation.message_id}" if state.cancellation else ""
        raise ConflictError(f"Order {number} was cancelled before{by}.")
    if state.standing.state == "closed":
        raise ConflictError(f"Order {number} is closed: its box has arrived.")
