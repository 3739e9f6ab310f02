"""What can be wrong with orders that come from a file or out of a gate's store.

OrdersError
├── StoredOrderError        an order that is not in the store, or not readable there
└── OrdersFileError         an orders file that cannot be used; lists everything that is wrong with it
"""

from dataclasses import dataclass
from pathlib import Path

from gateway.model.errors import FieldError


class OrdersError(Exception):
    """Base of everything this room raises by itself; the store's errors pass through."""


class StoredOrderError(OrdersError):
    pass


@dataclass(frozen=True, slots=True)
class BadOrder:
    """One order of the file: its place in the list (from 0) and every wrong field."""

    index: int
    errors: tuple[FieldError, ...]

    def __str__(self) -> str:
        return "; ".join(f"order {self.index}, {error.field}: {error.message}" for error in self.errors)


class OrdersFileError(OrdersError):
    """`bad` is empty when the file as a whole cannot be read."""

    def __init__(self, path: Path, detail: str, bad: tuple[BadOrder, ...] = ()) -> None:
        self.path = path
        self.bad = bad
        super().__init__("\n".join([f"{path}: {detail}", *(f"{path}: {one}" for one in bad)]))
