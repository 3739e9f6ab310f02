"""What a barrier's end switches say about it: whether it obeys, stands half open, or stays open. Pure; time is an argument."""


class BarrierWatch:
    """Either switch may be missing. All times are seconds of one monotonic clock.

    `moves_within_s`: from the end of a pulse to the open end, or from one end to the other. `closes_within_s`: how long the
    barrier may be off its closed end while the lane is red, since vehicles still stand under it.
    """

    def __init__(self, moves_within_s: float, closes_within_s: float) -> None:
        self._moves_within_s, self._closes_within_s = moves_within_s, closes_within_s
        self._opened: bool | None = None
        self._closed: bool | None = None
        self._moved_at = 0.0  # when a switch changed last
        self._pulsed_at: float | None = None  # an opening that has not been seen yet
        self._red_since: float | None = None

    def opened(self, on: bool, now: float) -> None:
        self._opened, self._moved_at = on, now
        self._notice_opening()

    def closed(self, on: bool, now: float) -> None:
        self._closed, self._moved_at = on, now
        self._notice_opening()

    def pulsed(self, now: float) -> None:
        """The barrier was told to open."""
        self._pulsed_at = now
        self._notice_opening()

    def _notice_opening(self) -> None:
        if self._opened or (self._opened is None and self._closed is False):
            self._pulsed_at = None

    def lane_shows(self, red: bool, now: float) -> None:
        """Under a red light the barrier is to be closed."""
        if not red:
            self._red_since = None
        elif self._red_since is None:
            self._red_since = now

    @property
    def known(self) -> bool:
        """Whether any switch has reported yet."""
        return self._opened is not None or self._closed is not None

    def fault(self, now: float) -> str:
        """What is wrong; empty while nothing is."""
        if self._opened and self._closed:
            return "both end switches are on"
        if self._pulsed_at is not None and now - self._pulsed_at > self._moves_within_s:
            return f"did not open within {self._moves_within_s:g} s of its pulse"
        if self._opened is False and self._closed is False and now - self._moved_at > self._moves_within_s:
            return f"has stood between its end switches for more than {self._moves_within_s:g} s"
        off_since = max(self._red_since, self._moved_at) if self._red_since is not None else now
        if self._is_off_its_closed_end() and now - off_since > self._closes_within_s:
            return f"is still open after {self._closes_within_s:g} s of red"
        return ""

    def _is_off_its_closed_end(self) -> bool:
        return self._closed is False or (self._closed is None and self._opened is True)
