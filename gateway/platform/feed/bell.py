"""A bell that wakes whoever waits for something new. Nothing queues up: who was woken looks for himself what is there."""

import asyncio


class Bell:
    """Take `next_ring` before looking; if there was nothing to see, wait for it: a ring in between is never missed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._silenced = False

    @property
    def silenced(self) -> bool:
        """Whether the platform is stopping, so that waiting longer makes no sense."""
        return self._silenced

    def next_ring(self) -> asyncio.Event:
        return self._event

    def ring(self) -> None:
        if not self._silenced:
            rung, self._event = self._event, asyncio.Event()
            rung.set()

    def silence(self) -> None:
        """Wake everyone for the last time."""
        self._silenced = True
        self._event.set()
