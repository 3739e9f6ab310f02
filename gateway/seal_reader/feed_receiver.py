"""A receiver elsewhere: a feed of JSON lines over TCP, kept connected."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import Advertisement
from gateway.seal_reader.config import AdvertisementFeedConfig
from gateway.seal_reader.errors import FeedClockError, FeedLineError, FeedLostError
from gateway.seal_reader.feed_lines import MAX_LINE, LineSplitter, parse_line
from gateway.seal_reader.receiver import Heard, Receiver

CHUNK: Final = 4 * 1024  # some thirty lines: half a millisecond between two turns of the loop that drives the lanes
MOST_OF_ANOTHER_TIME: Final = 20  # lines in a row: one may have been stored up, so many come from a bridge whose clock is wrong
NAMED_LINES: Final = 10  # bad lines of one connection that the log names; all are counted

log = logging.getLogger(__name__)


class FeedReceiver(Receiver):
    """One feed. `bad_lines` counts lines left out, `last_bad_line` says what was wrong with the last."""

    def __init__(self, config: AdvertisementFeedConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.config = config
        self.bad_lines = 0
        self.last_bad_line = ""
        self._of_another_time = 0  # lines in a row until now, over all connections

    async def _listen(self, on_advertisement: Heard, availability: Availability, backoff: Backoff) -> None:
        """One connection, to the failure that ends it. Works from its first line on. Raises FeedLostError."""
        splitter, number = LineSplitter(), 0
        async with self._connected() as reader:
            while True:
                for line in splitter.feed(await self._chunk(reader, self.config.silence_s)):
                    number += 1
                    self._take(line, number, on_advertisement)
                    backoff.reset()
                    if self._of_another_time < MOST_OF_ANOTHER_TIME:
                        availability.working(f"connected to {self.config.location}")
                    else:
                        availability.lost(f"receiver {self.name}: its clock is wrong: {self.last_bad_line}")
                await asyncio.sleep(0)  # reading what is buffered already would never let anybody else have a turn

    def _take(self, line: bytes | None, number: int, on_advertisement: Heard) -> None:
        if line == b"":
            return  # a heartbeat
        try:
            advertisement = self._understand(line)
        except FeedLineError as error:
            self.bad_lines += 1
            self._of_another_time += isinstance(error, FeedClockError)
            self.last_bad_line = f"line {number}: {error}"
            if number <= NAMED_LINES or self.bad_lines <= NAMED_LINES:
                log.warning("receiver %s: %s left out", self.name, self.last_bad_line)
        else:
            self._of_another_time = 0
            on_advertisement(advertisement)

    def _understand(self, line: bytes | None) -> Advertisement:
        if line is None:
            raise FeedLineError(f"longer than {MAX_LINE} bytes")
        heard = parse_line(line)
        skew_s = (heard.at - self._clock()).total_seconds()
        if abs(skew_s) > self.config.max_skew_s:
            # Not now, so not evidence of now: a bridge that sends what it had stored up, or one with a wrong clock.
            raise FeedClockError(f"at: {skew_s:+.1f} s from this gate's clock, {self.config.max_skew_s:g} s are allowed")
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

    async def _ask(self) -> tuple[str, str]:
        """A sender begins every connection with a heartbeat."""
        async with self._connected() as reader:
            await self._chunk(reader, self.config.timeout_s)
        return "", f"{self.bad_lines} bad lines so far" if self.bad_lines else "heard from"
