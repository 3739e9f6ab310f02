"""Many rows by a handful of statements, where each would be one of its own otherwise: a batch costs little more than its rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Delete, Row, Select, Table, literal

T = TypeVar("T")
AT_ONCE: Final = 500  # values in one question: well below any database's limit


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]


def found(connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Collection[Any]) -> Iterator[Row[Any]]:
    """The rows of `query` whose `column` is one of `values`, in no order."""
    for some in chunks(list(dict.fromkeys(values))):
        yield from connection.execute(query.where(column.in_(some)))


def remove(connection: Connection, rows: Delete, column: ColumnElement[Any], values: Collection[Any]) -> None:
    """Of `rows`, those whose `column` is one of `values`."""
    for some in chunks(list(dict.fromkeys(values))):
        connection.execute(rows.where(column.in_(some)))


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that bear their keys."""
    if not rows:
        return
    statement: Any = table.insert()
    if connection.dialect.name != "sqlite" and len(rows) > 1:
        # SQLAlchemy writes many rows in one statement where it wants something back. Otherwise the driver of PostgreSQL sends
        # row by row, and waits for each.
        statement = statement.returning(literal(1))
    connection.execute(statement, rows)
