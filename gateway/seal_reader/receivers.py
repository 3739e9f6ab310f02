"""Receivers of BLE advertisements: a feed of JSON lines over TCP, kept connected. It hears; it judges nothing."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import Advertisement, DeviceReport, StateChanged
from gateway.seal_reader.config import AdvertisementFeedConfig
from gateway.seal_reader.errors import FeedLineError, FeedLostError
from gateway.seal_reader.feed_lines import MAX_LINE, LineSplitter, parse_line

FIRST_RETRY_S: Final = 0.2
CHUNK: Final = 4 * 1024  # some thirty lines: half a millisecond between two turns of the loop that drives the lanes
NAMED_LINES: Final = 10  # bad lines of one connection that the log names; all are counted

Heard = Callable[[Advertisement], None]  # called on the event loop; never blocks

log = logging.getLogger(__name__)


class AdvertisementFeed:
    """One feed, used by one event loop. `bad_lines` counts lines left out, `last_bad_line` says what was wrong with the last."""

    def __init__(self, config: AdvertisementFeedConfig, clock: Clock) -> None:
        self.config = config
        self.bad_lines = 0
        self.last_bad_line = ""
        self._clock = clock

    @property
    def name(self) -> str:
        return self.config.name

    async def run(self, on_advertisement: Heard, on_state: StateChanged) -> None:
        """Listen until cancelled, reconnecting as often as needed."""
        availability, backoff = Availability(on_state), Backoff(FIRST_RETRY_S, max(FIRST_RETRY_S, self.config.retry_s))
        while True:
            try:
                await self._listen(on_advertisement, availability, backoff)
            except FeedLostError as error:
                availability.lost(f"receiver {self.name}: {error}")
            await asyncio.sleep(backoff.next_s())

    async def _listen(self, on_advertisement: Heard, availability: Availability, backoff: Backoff) -> None:
        """One connection, to the failure that ends it. Works from its first line on. Raises FeedLostError."""
        splitter, number = LineSplitter(), 0
        async with self._connected() as reader:
            while True:
                for line in splitter.feed(await self._chunk(reader, self.config.silence_s)):
                    number += 1
                    availability.working(f"connected to {self.config.location}")
                    backoff.reset()
                    self._take(line, number, on_advertisement)
                await asyncio.sleep(0)  # reading what is buffered already would never let anybody else have a turn

    def _take(self, line: bytes | None, number: int, on_advertisement: Heard) -> None:
        if line == b"":
            return  # a heartbeat
        try:
            on_advertisement(self._understand(line))
        except FeedLineError as error:
            self.bad_lines += 1
            self.last_bad_line = f"line {number}: {error}"
            if number <= NAMED_LINES or self.bad_lines <= NAMED_LINES:
                log.warning("receiver %s: %s left out", self.name, self.last_bad_line)

    def _understand(self, line: bytes | None) -> Advertisement:
        if line is None:
            raise FeedLineError(f"longer than {MAX_LINE} bytes")
        heard = parse_line(line)
        skew_s = (heard.at - self._clock()).total_seconds()
        if abs(skew_s) > self.config.max_skew_s:
            # Not now, so not evidence of now: a bridge that sends what it had stored up, or one with a wrong clock.
            raise FeedLineError(f"at: {skew_s:+.1f} s from this gate's clock, {self.config.max_skew_s:g} s are allowed")
        return Advertisement(self.name, heard.at, heard.address, heard.rssi, heard.payload)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncio.StreamReader]:
        try:
            async with asyncio.timeout(self.config.timeout_s):
                reader, writer = await asyncio.open_connection(self.config.host, self.config.port)
        except (OSError, TimeoutError) as error:
            raise FeedLostError(f"no connection to {self.config.location}") from error
        try:
            yield reader
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _chunk(self, reader: asyncio.StreamReader, timeout_s: float) -> bytes:
        try:
            async with asyncio.timeout(timeout_s):
                data = await reader.read(CHUNK)
        except TimeoutError as error:
            raise FeedLostError(f"silent for {timeout_s:g} s, heartbeats included") from error
        except OSError as error:
            raise FeedLostError("the connection broke") from error
        if not data:
            raise FeedLostError("the sender closed the connection")
        return data

    async def check(self) -> DeviceReport:
        """Whether the feed can be reached and says anything: a sender begins every connection with a heartbeat."""
        started = asyncio.get_running_loop().time()
        try:
            async with self._connected() as reader:
                await self._chunk(reader, self.config.timeout_s)
            answers, detail = True, f"{self.bad_lines} bad lines so far" if self.bad_lines else "heard from"
        except FeedLostError as error:
            answers, detail = False, f"receiver {self.name}: {error}"
        return DeviceReport(
            device=self.name,
            type=self.config.type,
            address=self.config.location,
            answers=answers,
            detail=detail,
            elapsed_ms=(asyncio.get_running_loop().time() - started) * 1000,
        )
