"""How long to wait before asking a lost device again: doubling up to a limit, and never all devices at once."""

from typing import Final

from gateway.model.clock import RandomBytes

FIRST_S: Final = 0.5  # a camera that restarts its stream is back at once
LONGEST_S: Final = 15.0  # a camera that boots takes about a minute; four more tries then, and a light load on the network


class BackOff:
    """Delays in seconds. A site's cameras are often lost together (one switch): chance spreads their return."""

    def __init__(self, random_bytes: RandomBytes, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._random_bytes = random_bytes
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def next_s(self) -> float:
        """Between half of the present delay and all of it; the delay then doubles."""
        delay = self._next_s
        self._next_s = min(delay * 2, self._longest_s)
        return delay * (0.5 + self._random_bytes(1)[0] / 510)

    def reset(self) -> None:
        self._next_s = self._first_s
