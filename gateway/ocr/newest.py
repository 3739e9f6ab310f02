"""A place for one shot between two threads: the newest wins, so a slow reader never makes a queue grow."""

import threading

from gateway.ocr.frame import Shot


class Newest:
    """Holds at most one shot. One thread puts, another takes; either side may end it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shot: Shot | None = None
        self._ended = False

    def put(self, shot: Shot) -> bool:
        """Put the newest shot here; whether that dropped one that nobody had taken."""
        with self._changed:
            dropped = self._shot is not None
            self._shot = shot
            self._changed.notify()
            return dropped

    def end(self) -> None:
        """Nothing comes any more. A shot that still lies here may be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        with self._changed:
            return self._ended and self._shot is None

    def take(self, patience_s: float) -> Shot | None:
        """The newest shot, waiting for one if need be; None when patience ran out or it has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._shot is not None or self._ended, max(patience_s, 0.0))
            shot, self._shot = self._shot, None
            return shot
