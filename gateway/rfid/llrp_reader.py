"""A UHF reader over LLRP: kept connected, kept reading, and each tag that it sees passed on at once.

One coroutine reads the connection and everything follows from what arrives there, so keepalives are answered also in
the middle of a handshake. What the reader held back while the connection was broken bears the time by the reader's own
clock, as that clock stands against the gate's at the greeting; everything else bears the time of its arrival.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import TagSighting
from gateway.rfid.config import GpiTriggerConfig, LlrpReaderConfig
from gateway.rfid.errors import ProtocolError, ReaderLostError, ReaderRefusedError
from gateway.rfid.llrp_codec import Message
from gateway.rfid.llrp_connection import LlrpConnection, connected
from gateway.rfid.llrp_events import parse_news
from gateway.rfid.llrp_messages import (
    Capabilities,
    TagReport,
    add_rospec,
    capabilities_request,
    delete_rospecs,
    enable_events_and_reports,
    enable_rospec,
    gpi_is,
    gpi_state_request,
    parse_capabilities,
    parse_report,
    reader_config,
    start_rospec,
)
from gateway.rfid.reader import Reader, TagSeen

MISSED_KEEPALIVES: Final = 3  # one may be delayed by a burst of reports, two by a busy network
MESSAGES_A_TURN: Final = 20  # half a millisecond between two turns of the loop that drives the lanes
LONGEST_HELD: Final = timedelta(hours=1)  # no vehicle stands longer, and a time beyond it is a reader's clock gone wrong

log = logging.getLogger(__name__)


class LlrpReader(Reader):
    """At the end of `run` the reader's radio is stopped and the reader let go of."""

    def __init__(self, config: LlrpReaderConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.config = config

    async def _read_tags(self, on_tag: TagSeen, availability: Availability, backoff: Backoff) -> None:
        async with connected(self.config.host, self.config.port, self.config.timeout_s) as connection:
            held = _HeldTimes(connection.drift_s(self._clock()))
            unplugged: set[int] = set()
            live = False

            def on_report(message: Message) -> None:
                self._take_report(message, on_tag, None if live else held)

            def on_event(message: Message) -> None:
                self._take_news(message, unplugged)
                if live:
                    report()

            def report() -> None:
                if unplugged:
                    numbers = ", ".join(map(str, sorted(unplugged)))
                    availability.lost(f"reader {self.name}: antenna {numbers} is not connected")
                else:
                    self._works(identity, availability, backoff)

            connection.on_report, connection.on_event = on_report, on_event
            identity = str(await self._prepare(connection))
            live = True
            report()
            while True:
                for _ in range(MESSAGES_A_TURN):
                    await connection.next_message(MISSED_KEEPALIVES * self.config.keepalive_s)
                await asyncio.sleep(0)  # reading what is buffered already would never let anybody else have a turn

    async def _prepare(self, connection: LlrpConnection) -> Capabilities:
        """Take what the reader held back, then begin anew: whatever another client has left behind is gone."""
        trigger = self.config.trigger
        capabilities = parse_capabilities(await connection.request(capabilities_request()))
        if capabilities.holds:
            await connection.tell(enable_events_and_reports())
        await connection.request(delete_rospecs())
        await connection.request(reader_config(self.config.keepalive_s, hold=capabilities.holds, trigger=trigger))
        await connection.request(add_rospec(sorted(self.config.antennas), trigger))
        await connection.request(enable_rospec())
        if trigger is None:
            await connection.request(start_rospec())
        else:
            await self._start_if_active(trigger, connection)
        connection.farewell = delete_rospecs()
        return capabilities

    async def _start_if_active(self, trigger: GpiTriggerConfig, connection: LlrpConnection) -> None:
        """A vehicle may stand there already, and the trigger only knows of changes. Not every reader lets itself be started."""
        try:
            level = await connection.request(gpi_state_request(trigger.input))
            if gpi_is(trigger.active, trigger.input, level):
                await connection.request(start_rospec())
        except ReaderRefusedError as error:
            log.warning("reader %s: begins to read with the next vehicle, not with one that stands there: %s", self.name, error)

    def _take_report(self, message: Message, on_tag: TagSeen, held: "_HeldTimes | None") -> None:
        try:
            tags = parse_report(message)
        except ProtocolError as error:
            self._leave_out(error)  # the message's own length was right, so the next one can be read
            return
        now = self._clock()
        for tag in tags:
            at = held.seen_at(tag, now) if held else now
            if at is not None:
                rssi = float(tag.rssi) if tag.rssi is not None else None
                on_tag(TagSighting(self.name, at, "uhf", tag.epc, tag.antenna, rssi))

    def _take_news(self, message: Message, unplugged: set[int]) -> None:
        """Raises ReaderLostError when the reader says good-bye."""
        try:
            news = parse_news(message)
        except ProtocolError as error:
            self._leave_out(error)
            return
        for number, there in news.antennas:
            if there:
                unplugged.discard(number)
            elif number in self.config.antennas:
                unplugged.add(number)
        for trouble in news.troubles:
            log.warning("reader %s: %s", self.name, trouble)
        if news.closing:
            raise ReaderLostError("the reader closes the connection")

    async def _ask(self) -> tuple[str, str]:
        async with connected(self.config.host, self.config.port, self.config.timeout_s) as connection:
            drift = connection.drift_s(self._clock())
            capabilities = parse_capabilities(await connection.request(capabilities_request()))
        missing = [number for number in self.config.antennas if number > capabilities.antennas]
        if missing:
            raise ReaderRefusedError(f"antenna {missing[0]} is configured, the reader has {capabilities.antennas}")
        if self.config.trigger and self.config.trigger.input > capabilities.inputs:
            raise ReaderRefusedError(f"input {self.config.trigger.input} is configured, the reader has {capabilities.inputs}")
        clock = "its clock is not known" if drift is None else f"its clock differs by {drift:+.1f} s"
        return str(capabilities), clock if capabilities.holds else f"{clock}; keeps no tags while the gate is away"


class _HeldTimes:
    """When tags were seen that a reader had held back. `drift_s`: how far its clock is ahead of the gate's."""

    def __init__(self, drift_s: float | None) -> None:
        self._drift_s = drift_s

    def seen_at(self, tag: TagReport, now: datetime) -> datetime | None:
        """None where that cannot be told: a tag of an unknown time would be the next vehicle's."""
        seen_us = tag.first_seen_us if tag.last_seen_us is None else tag.last_seen_us
        if seen_us is None or self._drift_s is None:
            return None
        age_s = now.timestamp() + self._drift_s - seen_us / 1e6
        return now - timedelta(seconds=max(age_s, 0.0)) if age_s < LONGEST_HELD.total_seconds() else None
