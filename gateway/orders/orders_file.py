"""Orders from a file, for `gateway replay --orders ORDERS.json`: a JSON list of R12 messages, or `{"orders": [...]}`."""

import json
import logging
from pathlib import Path
from typing import Any

from gateway.model.errors import OrderError
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.orders.errors import BadOrder, OrdersFileError

log = logging.getLogger(__name__)


def load_orders_file(path: Path) -> tuple[TransportOrder, ...]:
    """The file's orders, in its order; of several versions of one order the last counts.

    Raises OrdersFileError that names the file, and every wrong order with its place in the list and its wrong fields.
    """
    orders: dict[str, TransportOrder] = {}
    bad: list[BadOrder] = []
    for index, message in enumerate(_messages(path)):
        try:
            parsed = parse_order(message)
        except OrderError as error:
            bad.append(BadOrder(index, error.errors))
            continue
        for warning in parsed.warnings:
            log.warning("%s: order %d, %s: %s", path, index, warning.field, warning.message)
        if orders.pop(parsed.order.order_number, None) is not None:
            log.warning("%s: order %d is a later version of %s; the earlier is left out", path, index, parsed.order.order_number)
        orders[parsed.order.order_number] = parsed.order
    if bad:
        raise OrdersFileError(path, f"{len(bad)} of its orders cannot be used", tuple(bad))
    return tuple(orders.values())


def _messages(path: Path) -> list[Any]:
    content = _read(path)
    if isinstance(content, dict) and "orders" in content:
        content = content["orders"]
    if not isinstance(content, list):
        raise OrdersFileError(path, 'wants a JSON list of R12 messages, or {"orders": [...]}')
    return content


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise OrdersFileError(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise OrdersFileError(path, f"not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise OrdersFileError(path, f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except ValueError as error:  # a number of thousands of digits
        raise OrdersFileError(path, f"not JSON: {error}") from None
    except RecursionError:
        raise OrdersFileError(path, "nested too deeply") from None
