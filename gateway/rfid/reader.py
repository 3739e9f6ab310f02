"""What every reader does, whatever it speaks: it is kept connected, says once that it is lost and once that it is back."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import DeviceReport, StateChanged, TagSighting
from gateway.rfid.config import ReaderConfig
from gateway.rfid.errors import ProtocolError, RfidError

FIRST_RETRY_S: Final = 0.2
NOTED: Final = frozenset({1, 10, 100, 1000, 10_000, 100_000})  # which bad reports are worth a line in the log

TagSeen = Callable[[TagSighting], None]  # called on the event loop; never blocks

log = logging.getLogger(__name__)


class Reader(ABC):
    """One reader, used by one event loop. `bad_reports` counts reports that could not be understood and were left out.

    A sighting bears the gate's time of arrival: readers report within milliseconds, and a reader's own clock may be
    seconds off (a drift of 3.2 s was seen to put events in the wrong order).
    """

    def __init__(self, config: ReaderConfig, clock: Clock) -> None:
        self.bad_reports = 0
        self._settings, self._clock = config, clock
        self._running_as: str | None = None  # what the reader said it is, while `run` has it

    @property
    def name(self) -> str:
        return self._settings.name

    async def run(self, on_tag: TagSeen, on_state: StateChanged) -> None:
        """Read until cancelled, reconnecting as often as needed."""
        retry_s = max(FIRST_RETRY_S, self._settings.retry_s)
        availability, backoff = Availability(on_state), Backoff(FIRST_RETRY_S, retry_s)
        while True:
            try:
                await self._read_tags(on_tag, availability, backoff)
            except RfidError as error:
                availability.lost(f"reader {self.name}: {error}")
            finally:
                self._running_as = None
            await asyncio.sleep(backoff.next_s())

    async def check(self) -> DeviceReport:
        """Whether the reader answers and what it is. A reader takes one client: while `run` has it, nothing is opened."""
        started = asyncio.get_running_loop().time()
        identity = detail = ""
        answers = True
        if self._running_as is not None:
            identity, detail = self._running_as, "in use by this gate"
        else:
            try:
                identity, detail = await self._ask()
            except RfidError as error:
                answers, detail = False, f"reader {self.name}: {error}"
        return DeviceReport(
            device=self.name,
            type=self._settings.type,
            address=self._settings.location,
            answers=answers,
            identity=identity,
            detail=detail,
            elapsed_ms=(asyncio.get_running_loop().time() - started) * 1000,
        )

    @abstractmethod
    async def _read_tags(self, on_tag: TagSeen, availability: Availability, backoff: Backoff) -> None:
        """From the first connection to the failure that ends it. Raises RfidError."""

    @abstractmethod
    async def _ask(self) -> tuple[str, str]:
        """Connect, and give what the reader says it is and a remark. Raises RfidError."""

    def _works(self, running_as: str, availability: Availability, backoff: Backoff) -> None:
        self._running_as = running_as
        availability.working(f"connected to {self._settings.location}: {running_as}")
        backoff.reset()

    def _leave_out(self, error: ProtocolError) -> None:
        """One bad report is no reason to go blind: it is counted, and the next one is read."""
        self.bad_reports += 1
        if self.bad_reports in NOTED:
            log.warning("reader %s: report not understood (%d so far): %s", self.name, self.bad_reports, error)
