"""Files of orders as people make them."""

import csv
import io
from collections.abc import Iterable

from gateway.platform.orders.entry.columns import COLUMNS, TEMPLATE

HEADS = [column.name for column in COLUMNS]
Row = dict[str, str]
EXAMPLE: Row = {name: text for name, text in zip(HEADS, TEMPLATE[1], strict=True) if text}


def row(place: int = 0, **changes: str) -> Row:
    """A line of the template's example, its minute made by `place`; a column's `.` is written `__`."""
    made = EXAMPLE | {"vehicle.departure_time": f"2026-11-23 {place // 60 % 24:02d}:{place % 60:02d}"}
    return made | {name.replace("__", "."): text for name, text in changes.items()}


def table(rows: Iterable[Row]) -> list[list[str]]:
    return [TEMPLATE[0], *([one.get(name, "") for name in HEADS] for one in rows)]


def as_csv(rows: Iterable[Row], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    lines = io.StringIO()
    csv.writer(lines, delimiter=delimiter).writerows(table(rows))
    return lines.getvalue().encode(encoding)
