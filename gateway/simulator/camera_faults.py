"""What is wrong with each simulated camera now, and what it shows therefore; the same for every protocol."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

PictureOf = Callable[[str], bytes | None]  # a camera's present picture as JPEG; None where there is no such camera


class Fault(StrEnum):
    """What is wrong with a camera."""

    NONE = "none"
    FREEZE = "freeze"  # sends the picture of the moment when it froze, for ever
    MUTE = "mute"  # accepts, and never answers; a running stream falls silent
    REFUSE = "refuse"  # answers 503
    TRUNCATE = "truncate"  # sends the first half of each picture
    DROP = "drop"  # cuts every connection, running ones too


class CameraFaults:
    """The faults of all cameras of one server. Used on the server's loop."""

    def __init__(self, picture_of: PictureOf) -> None:
        self._picture_of = picture_of
        self._faults: dict[str, Fault] = {}
        self._frozen: dict[str, bytes | None] = {}
        self._changed = asyncio.Event()

    def set(self, name: str, fault: Fault) -> None:
        """Takes effect at once, on running streams too."""
        self._frozen[name] = self._picture_of(name) if fault is Fault.FREEZE else None
        self._faults[name] = fault
        self._changed.set()
        self._changed = asyncio.Event()

    def of(self, name: str) -> Fault:
        return self._faults.get(name, Fault.NONE)

    def picture(self, name: str) -> bytes | None:
        """What the camera has before it; a frozen one has it no more."""
        return self._frozen.get(name) or self._picture_of(name)

    async def while_mute(self, name: str) -> None:
        while self.of(name) is Fault.MUTE:
            await self.until_changed(None)

    async def until_changed(self, longest_s: float | None) -> None:
        """Until some fault is switched, or `longest_s` is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), longest_s)
