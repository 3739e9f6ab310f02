"""Pictures that confirmations name and that are not here yet, with the orders of those: their firms are told when one comes."""

from collections.abc import Iterable
from typing import Final

from gateway.model.wire import Confirmation

MOST_KEPT: Final = 10_000  # an hour of twenty busy lanes; what is forgotten shows when its page is next read


class AwaitedPictures:
    """In memory: what was awaited before the platform began is not known."""

    def __init__(self) -> None:
        self._orders: dict[str, tuple[str, ...]] = {}  # by SHA-256, the longest awaited first

    def expect(self, confirmation: Confirmation, missing: Iterable[str]) -> None:
        for sha256 in missing if confirmation.orders else ():
            known = self._orders.pop(sha256, ())
            self._orders[sha256] = tuple(dict.fromkeys((*known, *confirmation.orders)))
        while len(self._orders) > MOST_KEPT:
            del self._orders[next(iter(self._orders))]

    def came(self, sha256: str) -> tuple[str, ...]:
        """The orders that the picture is evidence for."""
        return self._orders.pop(sha256, ())
