"""Who stands at the desk: proven with a PIN or a badge for every single act, with a lock-out after wrong ones."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from gateway.display.desk.staff import Person, read_staff
from gateway.display.errors import LockedOutError, NotProvenError

MOST_WRONG: Final = 3
FIRST_LOCK_S: Final = 60.0
LONGEST_LOCK_S: Final = 15 * 60.0  # the gate's own people must be able to act: they have a badge, and a colleague, besides
MOST_REMEMBERED: Final = 1000  # staff numbers that somebody tried, known or not
MOST_AT_ONCE: Final = 8  # a hash takes a core for 50 ms: whoever floods the desk waits, the lanes do not
BADGES: Final = "badge"  # wrong badges are nobody's: they are counted together

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proven:
    person: Person
    proof: Literal["pin", "badge"]


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    locked_until: float = 0.0


class Attempts:
    """Wrong attempts by name. After MOST_WRONG a name is locked, and for twice as long with every wrong one after that."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._counts: dict[str, _Count] = {}

    def wait_s(self, name: str) -> float:
        """For how long nothing more is tried; 0 where it may be."""
        count = self._counts.get(name)
        return max(0.0, count.locked_until - self._monotonic()) if count else 0.0

    def was_wrong(self, name: str) -> None:
        count = self._counts.pop(name, None) or _Count()
        count.wrong += 1
        if count.wrong >= MOST_WRONG:
            lock_s: float = FIRST_LOCK_S * 2 ** min(count.wrong - MOST_WRONG, 10)
            count.locked_until = self._monotonic() + min(lock_s, LONGEST_LOCK_S)
        self._counts[name] = count
        if len(self._counts) > MOST_REMEMBERED:
            self._forget_one()

    def was_right(self, name: str) -> None:
        self._counts.pop(name, None)

    def _forget_one(self) -> None:
        """The one that was tried the longest ago, but none that is locked while there is another."""
        now = self._monotonic()
        oldest = next((name for name, count in self._counts.items() if count.locked_until <= now), next(iter(self._counts)))
        del self._counts[oldest]


class SignIn:
    """Over one staff file, read anew at every attempt: who was added or removed counts at once."""

    def __init__(self, staff_file: Path, monotonic: Callable[[], float]) -> None:
        self._file = staff_file
        self._attempts = Attempts(monotonic)
        self._one_at_a_time = asyncio.Lock()
        self._here = 0

    async def prove(self, staff_id: str, pin: str, badge: str) -> Proven:
        """The person of this PIN, or of this badge where one is given. Raises NotProvenError, LockedOutError, StaffFileError."""
        if self._here >= MOST_AT_ONCE:
            raise LockedOutError(1.0)
        self._here += 1
        try:
            async with self._one_at_a_time:
                return await self._prove(staff_id, pin, badge)
        finally:
            self._here -= 1

    async def _prove(self, staff_id: str, pin: str, badge: str) -> Proven:
        name = BADGES if badge else f"pin {staff_id.casefold()[:32]}"
        if wait_s := self._attempts.wait_s(name):
            raise LockedOutError(wait_s)
        person, whose = await asyncio.to_thread(_look, self._file, staff_id, pin, badge)
        if person is None:
            self._attempts.was_wrong(name)
            log.warning("desk: wrong %s", f"PIN for {whose}" if not badge else "badge")
            if wait_s := self._attempts.wait_s(name):
                log.warning("desk: locked for %.0f s", wait_s)
                raise LockedOutError(wait_s)
            raise NotProvenError("wrong PIN or badge")
        self._attempts.was_right(name)
        return Proven(person, "badge" if badge else "pin")


def _look(file: Path, staff_id: str, pin: str, badge: str) -> tuple[Person | None, str]:
    """The person, and whose PIN was tried: what is no staff number (a PIN in the wrong field?) is not for the log."""
    staff = read_staff(file)
    known = staff.person(staff_id)
    return staff.with_badge(badge) if badge else staff.with_pin(staff_id, pin), known.staff_id if known else "nobody here"
