"""A UHF reader over LLRP: kept connected, kept reading, and each tag that it sees passed on at once.

One coroutine reads the connection and everything follows from what arrives there, so keepalives are answered also in
the middle of a handshake. A sighting bears the gate's time of arrival: readers report within milliseconds, and a
reader's own clock may be seconds off (a drift of 3.2 s was seen to put events in the wrong order).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import DeviceReport, StateChanged, TagSighting
from gateway.rfid.config import LlrpReaderConfig
from gateway.rfid.errors import ProtocolError, ReaderRefusedError, RfidError
from gateway.rfid.llrp_codec import Message
from gateway.rfid.llrp_connection import LlrpConnection, connected
from gateway.rfid.llrp_messages import (
    Capabilities,
    add_rospec,
    capabilities_request,
    delete_rospecs,
    enable_rospec,
    keepalive_config,
    parse_capabilities,
    parse_report,
    start_rospec,
)

FIRST_RETRY_S: Final = 0.2
MISSED_KEEPALIVES: Final = 3  # one may be delayed by a burst of reports, two by a busy network
MESSAGES_A_TURN: Final = 20  # half a millisecond between two turns of the loop that drives the lanes
NOTED: Final = frozenset({1, 10, 100, 1000, 10_000, 100_000})  # which bad reports are worth a line in the log

TagSeen = Callable[[TagSighting], None]  # called on the event loop; never blocks

log = logging.getLogger(__name__)


class LlrpReader:
    """One reader, used by one event loop. `bad_reports` counts reports that could not be understood and were left out."""

    def __init__(self, config: LlrpReaderConfig, clock: Clock) -> None:
        self.config = config
        self.bad_reports = 0
        self._clock = clock
        self._running_as: Capabilities | None = None

    @property
    def name(self) -> str:
        return self.config.name

    async def run(self, on_tag: TagSeen, on_state: StateChanged) -> None:
        """Read until cancelled, reconnecting as often as needed; at the end stop the reader's radio and let go of it."""
        availability, backoff = Availability(on_state), Backoff(FIRST_RETRY_S, max(FIRST_RETRY_S, self.config.retry_s))
        while True:
            try:
                async with connected(self.config.host, self.config.port, self.config.timeout_s) as connection:
                    await self._read_tags(connection, on_tag, availability, backoff)
            except RfidError as error:
                availability.lost(f"reader {self.name}: {error}")
            finally:
                self._running_as = None
            await asyncio.sleep(backoff.next_s())

    async def _read_tags(self, connection: LlrpConnection, on_tag: TagSeen, availability: Availability, backoff: Backoff) -> None:
        """From the handshake to the failure that ends it. Raises RfidError."""
        connection.on_report = lambda message: self._pass_on(message, on_tag)
        self._running_as = await self._prepare(connection)
        availability.working(f"connected to {self.config.location}: {self._running_as}")
        backoff.reset()
        while True:
            for _ in range(MESSAGES_A_TURN):
                await connection.next_message(MISSED_KEEPALIVES * self.config.keepalive_s)
            await asyncio.sleep(0)  # reading what is buffered already would never let anybody else have a turn

    async def _prepare(self, connection: LlrpConnection) -> Capabilities:
        capabilities = parse_capabilities(await connection.request(capabilities_request()))
        await connection.request(delete_rospecs())
        await connection.request(keepalive_config(self.config.keepalive_s))
        await connection.request(add_rospec(sorted(self.config.antennas)))
        await connection.request(enable_rospec())
        await connection.request(start_rospec())
        connection.farewell = delete_rospecs()
        return capabilities

    def _pass_on(self, message: Message, on_tag: TagSeen) -> None:
        try:
            tags = parse_report(message)
        except ProtocolError as error:
            # The message's own length was right, so the next one can be read: one bad report is no reason to go blind.
            self.bad_reports += 1
            if self.bad_reports in NOTED:
                log.warning("reader %s: report not understood (%d so far): %s", self.name, self.bad_reports, error)
            return
        at = self._clock()
        for tag in tags:
            rssi = float(tag.rssi) if tag.rssi is not None else None
            on_tag(TagSighting(self.name, at, "uhf", tag.epc, tag.antenna, rssi))

    async def check(self) -> DeviceReport:
        """Whether the reader answers and what it is. A reader takes one client: while `run` has it, nothing is opened."""
        started = asyncio.get_running_loop().time()
        identity = detail = ""
        answers = True
        if self._running_as is not None:
            identity, detail = str(self._running_as), "in use by this gate"
        else:
            try:
                identity, detail = await self._ask()
            except RfidError as error:
                answers, detail = False, f"reader {self.name}: {error}"
        return DeviceReport(
            device=self.name,
            type=self.config.type,
            address=self.config.location,
            answers=answers,
            identity=identity,
            detail=detail,
            elapsed_ms=(asyncio.get_running_loop().time() - started) * 1000,
        )

    async def _ask(self) -> tuple[str, str]:
        async with connected(self.config.host, self.config.port, self.config.timeout_s) as connection:
            drift = connection.drift_s(self._clock())
            capabilities = parse_capabilities(await connection.request(capabilities_request()))
        missing = [number for number in self.config.antennas if number > capabilities.antennas]
        if missing:
            raise ReaderRefusedError(f"antenna {missing[0]} is configured, the reader has {capabilities.antennas}")
        return str(capabilities), "its clock is not known" if drift is None else f"its clock differs by {drift:+.1f} s"
