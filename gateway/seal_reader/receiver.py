"""What every receiver does, whatever it hears with: it is kept listening, says once that it is lost and once that it is back.

It hears; it judges nothing.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import Advertisement, DeviceReport, StateChanged
from gateway.seal_reader.config import ReceiverConfig
from gateway.seal_reader.errors import ReceiverLostError

FIRST_RETRY_S: Final = 0.2

Heard = Callable[[Advertisement], None]  # called on the event loop; never blocks


class Receiver(ABC):
    """One receiver, used by one event loop."""

    def __init__(self, config: ReceiverConfig, clock: Clock) -> None:
        self._settings, self._clock = config, clock

    @property
    def name(self) -> str:
        return self._settings.name

    async def run(self, on_advertisement: Heard, on_state: StateChanged) -> None:
        """Listen until cancelled, beginning again as often as needed. What `on_advertisement` raises ends this run, no other."""
        availability = Availability(on_state)
        backoff = Backoff(FIRST_RETRY_S, max(FIRST_RETRY_S, self._settings.retry_s))
        while True:
            try:
                await self._listen(on_advertisement, availability, backoff)
            except ReceiverLostError as error:
                availability.lost(f"receiver {self.name}: {error}")
            await asyncio.sleep(backoff.next_s())

    async def check(self) -> DeviceReport:
        """For `gateway check`: whether it can listen, and what it is."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            identity, detail = await self._ask()
            answers = True
        except ReceiverLostError as error:
            answers, identity, detail = False, "", f"receiver {self.name}: {error}"
        return DeviceReport(
            device=self.name,
            type=self._settings.type,
            address=self._settings.location,
            answers=answers,
            identity=identity,
            detail=detail,
            elapsed_ms=(loop.time() - started) * 1000,
        )

    @abstractmethod
    async def _listen(self, on_advertisement: Heard, availability: Availability, backoff: Backoff) -> None:
        """From the first word to the failure that ends it. Raises ReceiverLostError."""

    @abstractmethod
    async def _ask(self) -> tuple[str, str]:
        """Listen for a moment, and give what it is and a remark. Raises ReceiverLostError."""
