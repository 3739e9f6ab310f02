"""Losing a device and getting it back: one report of each. Pure."""

from gateway.model.device import StateChanged


class Availability:
    """Turns many failures and successes into one report per change. The first word, either way, is a report too."""

    def __init__(self, on_state: StateChanged) -> None:
        self._on_state = on_state
        self._working: bool | None = None

    def working(self, detail: str = "") -> None:
        self._report(True, detail)

    def lost(self, detail: str) -> None:
        self._report(False, detail)

    def _report(self, working: bool, detail: str) -> None:
        if working is not self._working:
            self._working = working
            self._on_state(working, detail)
