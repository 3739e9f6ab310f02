"""How long to wait after the n-th failure in a row: the one rule for every device and for the platform. Pure."""

from gateway.model.clock import RandomBytes


class Backoff:
    """Waiting times in seconds: doubling from `first_s` to `longest_s`, and back to `first_s` after a success.

    With `random_bytes` each time is spread between its half and its whole, so that what was lost together (one switch, one
    platform) does not come back in step.
    """

    def __init__(self, first_s: float, longest_s: float, random_bytes: RandomBytes | None = None) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._random_bytes = random_bytes
        self._next_s = first_s

    def next_s(self) -> float:
        """The pause after one more failure."""
        whole, self._next_s = self._next_s, min(self._next_s * 2, self._longest_s)
        if self._random_bytes is None:
            return whole
        return whole * (0.5 + 0.5 * int.from_bytes(self._random_bytes(4), "big") / 0xFFFFFFFF)

    def reset(self) -> None:
        self._next_s = self._first_s
