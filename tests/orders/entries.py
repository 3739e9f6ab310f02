"""Orders, register entries and feed pages for tests."""

from datetime import UTC, datetime
from typing import Any

from gateway.model.transport_order import TransportOrder, parse_order
from gateway.model.wire import Entry, FeedItem, FeedPage, OrderEntry

SERVER_TIME = datetime(2026, 11, 23, 2, 0, 7, tzinfo=UTC)


def message(
    serial: int, *, box: str | None = "TEMU9221353", plate: str = "KLA-1234", licence: str = "A123456789", driver: str = "王小明"
) -> dict[str, Any]:
    """An R12 message as a depot sends it."""
    return {
        "message_id": f"04595257202611230{serial % 1000:03d}",
        "order_number": f"BD110204595257{serial:05d}",
        "message_code": "R12",
        "application_kind": "1",
        "operation_kind": "4",
        "load_kind": "A" if box else "E",
        "origin": "017A1150",
        "destination": "003C2001",
        **({"container": {"number": box, "size_type": "45R1"}} if box else {}),
        "vehicle": {
            "kind": "1",
            "plate": plate,
            "driving_licence": licence,
            "driver": driver,
            "count": "1",
            "departure_time": "2026-11-23 T10:00:00",
        },
        "seals": [{"kind": "8", "number": "WLS8854668"}],
    }


def order(serial: int, **changes: Any) -> TransportOrder:
    return parse_order(message(serial, **changes)).order


def page(*entries: Entry | TransportOrder, after: int = 0, more: bool = False) -> FeedPage:
    """A feed page whose items follow the cursor `after`."""
    items = tuple(
        FeedItem(cursor=after + place, entry=OrderEntry(order=entry) if isinstance(entry, TransportOrder) else entry)
        for place, entry in enumerate(entries, start=1)
    )
    return FeedPage(items=items, cursor=after + len(items), more=more, server_time=SERVER_TIME)
