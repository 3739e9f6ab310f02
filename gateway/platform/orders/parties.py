"""Whose an order is: the firms that see it, and the one that may change it."""

from gateway.model.transport_order import MESSAGE_ID, ORDER_NUMBER, TransportOrder
from gateway.platform.bodies import field_problems
from gateway.platform.errors import InvalidError

_SENDER = slice(0, 8)  # of a message id: BAN(8) + YYYYMMDD + serial(4)
_ISSUER = slice(6, 14)  # of an order number: office(2) + year(2) + month(2) + BAN(8) + serial(5)


def issuer(order: TransportOrder) -> str | None:
    """The BAN in the order's number; None for one of the older form."""
    return order.order_number[_ISSUER] if ORDER_NUMBER.fullmatch(order.order_number) else None


def sender(order: TransportOrder) -> str | None:
    """The BAN in the message's id; None where the id is of another form."""
    return order.message_id[_SENDER] if MESSAGE_ID.fullmatch(order.message_id) else None


def parties(order: TransportOrder) -> frozenset[str]:
    """BANs of the firms that see the order: who issued it, who sent this message, and the haulier."""
    named = (issuer(order), sender(order), order.vehicle.haulier_ban)
    return frozenset(ban for ban in named if ban is not None)


def require_own(order: TransportOrder, firm: str | None) -> None:
    """Raises InvalidError where a firm sends under another's BAN. None (Customs, an interchange) sends for everybody."""
    if firm is None:
        return
    own = {"message_id": sender(order), "order_number": issuer(order)}
    wrong = [(field, f"a message of yours bears your BAN, {firm}") for field, ban in own.items() if ban != firm]
    if wrong:
        raise InvalidError(
            "A firm issues orders under its own business account number only; nothing was stored.", field_problems(wrong)
        )
