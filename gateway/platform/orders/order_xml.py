"""R12 as XML. The transport is not published; ours is the one that OpenAPI describes by itself: elements named like the JSON's
keys, lists as the same element again, the root named `TransportOrder`; several of these stand in `TransportOrders`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, get_origin

from gateway.model.errors import FieldError
from gateway.model.transport_order import TransportOrder
from gateway.platform.bodies import printable
from gateway.platform.errors import BadRequestError
from gateway.platform.xml_documents import Element, encode_xml

ORDER: Final = TransportOrder.__name__
ORDERS: Final = f"{ORDER}s"
_LISTS: Final = frozenset(name for name, field in TransportOrder.model_fields.items() if get_origin(field.annotation) is tuple)


def order_xml(order: TransportOrder) -> str:
    """The order as a document, written strictly."""
    return encode_xml(ORDER, order.model_dump(mode="json"))


def orders_xml(orders: Iterable[TransportOrder]) -> str:
    """A batch as a document."""
    return encode_xml(ORDERS, {ORDER: [order.model_dump(mode="json") for order in orders]})


def one_order(root: Element) -> Element:
    """Raises BadRequestError for a document that is not one order."""
    if root.name != ORDER:
        raise BadRequestError(f"The body's element is {printable(root.name)!r}, not {ORDER!r}.")
    return root


def many_orders(root: Element) -> list[Element]:
    """Raises BadRequestError for a document that is no list of orders."""
    strange = next((child for child in root.children if child.name != ORDER), None)
    if root.name != ORDERS or strange is not None:
        wrong = strange or root
        raise BadRequestError(
            f"Line {wrong.line} of the body: {printable(wrong.name)!r}; wants {ORDERS!r} with {ORDER!r} elements."
        )
    return root.children


def json_of(element: Element) -> object:
    """What the same message says in JSON, for `parse_order`; `repetitions` has been asked before."""
    if not element.children:
        return element.text
    message: dict[str, Any] = {}
    for child in element.children:
        if child.name in _LISTS:
            message.setdefault(child.name, []).append(json_of(child))
        else:
            message[child.name] = json_of(child)
    return message


def repetitions(element: Element, path: str = "") -> Iterator[FieldError]:
    """Elements that stand twice where the message has one: JSON has no way to say that."""
    places: dict[str, int] = {}
    for child in element.children:
        place = places[child.name] = places.get(child.name, -1) + 1
        listed = child.name in _LISTS and not path
        here = f"{path}{child.name}"
        if place and not listed:
            yield FieldError(here, f"stands again on line {child.line}")
        yield from repetitions(child, f"{here}.{place}." if listed else f"{here}.")
