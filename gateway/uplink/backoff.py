"""How long to wait after the n-th failure in a row: doubling, capped, and spread so that gates do not come back in step."""

from gateway.model.clock import RandomBytes


class Backoff:
    """Times are seconds."""

    def __init__(self, first_s: float, cap_s: float, random: RandomBytes) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._random = random
        self._failures = 0

    def next_s(self) -> float:
        """The pause after one more failure: between half and the whole of the doubled time."""
        whole = min(self._cap_s, self._first_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        share = int.from_bytes(self._random(4), "big") / 0xFFFFFFFF
        return whole * (0.5 + 0.5 * share)

    def reset(self) -> None:
        self._failures = 0
