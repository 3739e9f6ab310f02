"""A UHF reader that does not exist: the server's half of LLRP 1.0.1 on a real socket.

It takes one client, keeps one ROSpec with its life (added, enabled, started), sends keepalives as asked, and reports a
tag only when one is held before an antenna that is inventoried. Its inputs may start and stop the inventory, and what it
reads while its client is away it keeps, if asked to. Like some real readers it can be mute, refuse, drop the connection or
send garbage.
"""

import asyncio
import contextlib
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from gateway.model.clock import Clock
from gateway.rfid.errors import ProtocolError
from gateway.rfid.llrp_codec import HEADER, Message, decode_header, encode, parameters, tlv, tv
from gateway.rfid.llrp_numbers import RESPONSES, M, P

ALREADY_CONNECTED = 2  # ConnectionAttemptEvent: a client-initiated connection exists
BAD_MESSAGE = 100  # LLRPStatus: M_ParameterError
MOST_HELD = 1000  # reports that the reader keeps for a client that is away; then it loses the oldest
HOLDS = 1 << 3  # SupportsEventAndReportHolding


@dataclass
class ReaderFaults:
    """Switches for what goes wrong on a real reader. Set them at any time."""

    mute: bool = False  # the connection stays, nothing is sent any more
    refuse: dict[M, str] = field(default_factory=dict)  # these requests get an error status with this text


class RoSpec(Enum):
    """The life of the reader's one ROSpec."""

    ABSENT = "absent"
    DISABLED = "disabled"
    INACTIVE = "inactive"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Trigger:
    """The input that starts the ROSpec with one level and stops it with the other."""

    number: int
    starts_high: bool


class FakeLlrpReader:
    """One simulated reader with antennas numbered from 1."""

    def __init__(self, clock: Clock, *, antennas: int = 4, inputs: int = 4, clock_ahead_s: float = 0.0, holds: bool = True) -> None:
        self.faults = ReaderFaults()
        self.port = 0
        self.knows_the_time = True
        self.rospec = RoSpec.ABSENT
        self.inventoried: frozenset[int] = frozenset()
        self.requests: list[M] = []  # all that were ever taken, oldest first
        self.keepalives_sent = 0
        self.keepalives_answered = 0
        self._clock, self._antennas, self._clock_ahead_s = clock, antennas, clock_ahead_s
        self._inputs = dict.fromkeys(range(1, inputs + 1), False)
        self._trigger: Trigger | None = None
        self._can_hold = holds
        self._hold = self._holding = False  # asked to hold; doing so now
        self._held: deque[bytes] = deque(maxlen=MOST_HELD)
        self._server: asyncio.Server | None = None
        self._sockets: set[asyncio.StreamWriter] = set()
        self._client: asyncio.StreamWriter | None = None
        self._keepalives: asyncio.Task[None] | None = None
        self._next_id = 1000
        self._changed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._client is not None

    @property
    def reachable(self) -> dict[str, str | int]:
        """The keys of a lane file's entry that lead here."""
        return {"host": "127.0.0.1", "port": self.port}

    async def start(self, port: int | None = None) -> "FakeLlrpReader":
        """Listen on the loopback: on `port`, or the one it had before, or a free one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port if port is None else port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Gone from the network at once, as when its plug is pulled. `start` brings it back."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        self.drop()
        await self.until(lambda: not self._sockets)

    def drop(self) -> None:
        """Break every connection."""
        for writer in list(self._sockets):
            writer.transport.abort()

    def garbage(self, data: bytes) -> None:
        """Send these bytes to the client, whatever they mean."""
        self._write(data)

    def see(self, uid: str, antenna: int = 1, rssi: int | None = -55, count: int = 1) -> bool:
        """Hold a tag before an antenna. False: nobody is told, because this antenna is not inventoried now."""
        if self.rospec is not RoSpec.ACTIVE or antenna not in self.inventoried:
            return False
        raw = bytes.fromhex(uid)
        chip = tv(P.EPC_96, raw) if len(raw) == 12 else tlv(P.EPC_DATA, struct.pack("!H", 8 * len(raw)) + raw)
        place = tv(P.ANTENNA_ID, struct.pack("!H", antenna))
        strength = tv(P.PEAK_RSSI, struct.pack("!b", rssi)) if rssi is not None else b""
        now = struct.pack("!Q", self._microseconds())
        seen = tv(P.FIRST_SEEN_UTC, now) + tv(P.LAST_SEEN_UTC, now) + tv(P.TAG_SEEN_COUNT, struct.pack("!H", count))
        report = tlv(P.TAG_REPORT_DATA, chip + place + strength + seen)
        if self._holding or (self._client is None and self._hold):
            self._held.append(report)
        else:
            self._say(M.RO_ACCESS_REPORT, report)
        return True

    def drive(self, number: int, high: bool) -> None:
        """Set the level of an input, as a loop wired to the reader would."""
        changed, self._inputs[number] = self._inputs[number] is not high, high
        trigger = self._trigger
        if trigger is None or not changed or trigger.number != number:
            return
        if high is trigger.starts_high and self.rospec is RoSpec.INACTIVE:
            self.rospec = RoSpec.ACTIVE
        elif high is not trigger.starts_high and self.rospec is RoSpec.ACTIVE:
            self.rospec = RoSpec.INACTIVE

    def unplug(self, antenna: int) -> None:
        """Cut an antenna's cable; the reader notices and says so."""
        self._tell(tlv(P.ANTENNA_EVENT, struct.pack("!BH", 0, antenna)))

    def plug_in(self, antenna: int) -> None:
        self._tell(tlv(P.ANTENNA_EVENT, struct.pack("!BH", 1, antenna)))

    def overflow(self) -> None:
        """The reader's memory was too small for all tags."""
        self._tell(tlv(P.REPORT_BUFFER_OVERFLOW_ERROR_EVENT, b""))

    def say_goodbye(self) -> None:
        """As readers do before they restart."""
        self._tell(tlv(P.CONNECTION_CLOSE_EVENT, b""))

    def _tell(self, event: bytes) -> None:
        now = tlv(P.UTC_TIMESTAMP, struct.pack("!Q", self._microseconds()))
        self._say(M.READER_EVENT_NOTIFICATION, tlv(P.READER_EVENT_NOTIFICATION_DATA, now + event))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened here that makes `condition` true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _microseconds(self) -> int:
        return int((self._clock().timestamp() + self._clock_ahead_s) * 1e6)

    def _write(self, data: bytes, to: asyncio.StreamWriter | None = None) -> None:
        writer = to or self._client
        if writer is not None and not self.faults.mute:
            writer.write(data)

    def _say(self, type_: M, body: bytes = b"", to: asyncio.StreamWriter | None = None) -> None:
        """A message of the reader's own accord."""
        self._next_id += 1
        self._write(encode(Message(type_, self._next_id, body)), to)

    def _greeting(self, status: int) -> bytes:
        attempt = tlv(P.CONNECTION_ATTEMPT_EVENT, struct.pack("!H", status))
        if not self.knows_the_time:
            return tlv(P.READER_EVENT_NOTIFICATION_DATA, tlv(P.UPTIME_TIMESTAMP, struct.pack("!Q", 1)) + attempt)
        return tlv(P.READER_EVENT_NOTIFICATION_DATA, tlv(P.UTC_TIMESTAMP, struct.pack("!Q", self._microseconds())) + attempt)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sockets.add(writer)
        try:
            if self._client is not None:
                self._say(M.READER_EVENT_NOTIFICATION, self._greeting(ALREADY_CONNECTED), writer)
                return
            self._client, self._holding = writer, self._hold
            self._say(M.READER_EVENT_NOTIFICATION, self._greeting(0))
            self._changed.set()
            while await self._take_request(reader):
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, ProtocolError):
            pass  # the client is gone, or is none
        finally:
            self._forget(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._sockets.discard(writer)
            self._changed.set()

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        """Without its client a reader goes on reading tags for nobody; only its keepalives end."""
        if writer is self._client:
            self._client = None
            if self._keepalives is not None:
                self._keepalives.cancel()

    async def _take_request(self, reader: asyncio.StreamReader) -> bool:
        """False when the client says good-bye."""
        header = decode_header(await reader.readexactly(HEADER.size))
        body = await reader.readexactly(header.length - HEADER.size)
        type_ = M(header.type) if header.type in set(M) else M.ERROR_MESSAGE
        self.requests.append(type_)
        if type_ is M.KEEPALIVE_ACK:
            self.keepalives_answered += 1
        elif type_ is M.ENABLE_EVENTS_AND_REPORTS:
            self._holding = False
            while self._held:
                self._say(M.RO_ACCESS_REPORT, self._held.popleft())
        else:
            self._respond(type_, header.message_id, body)
        self._changed.set()
        return type_ is not M.CLOSE_CONNECTION

    def _respond(self, type_: M, message_id: int, body: bytes) -> None:
        text = self.faults.refuse.get(type_)
        if text is None:
            try:
                text = self._do(type_, body)
            except (ProtocolError, ValueError, KeyError, struct.error) as error:
                text = f"not well-formed: {error}"
        code = BAD_MESSAGE if text else 0
        status = tlv(P.LLRP_STATUS, struct.pack("!HH", code, len(text.encode())) + text.encode())
        extra = b"" if text else self._extra(type_)
        self._write(encode(Message(RESPONSES.get(type_, M.ERROR_MESSAGE), message_id, status + extra)))

    def _extra(self, type_: M) -> bytes:
        """What a response says beside its status."""
        if type_ is M.GET_READER_CAPABILITIES:
            return self._capabilities()
        if type_ is M.GET_READER_CONFIG:
            levels = self._inputs.items()
            return b"".join(tlv(P.GPI_PORT_CURRENT_STATE, struct.pack("!HBB", number, 0x80, high)) for number, high in levels)
        return b""

    def _do(self, type_: M, body: bytes) -> str:
        """Carry out a request. Gives what is wrong with it, or an empty text."""
        if type_ is M.SET_READER_CONFIG:
            return self._configure(body)
        if type_ is M.ADD_ROSPEC:
            return self._add(body)
        if type_ is M.DELETE_ROSPEC:
            self.rospec = RoSpec.ABSENT
        elif type_ is M.ENABLE_ROSPEC:
            return self._advance(RoSpec.DISABLED, RoSpec.INACTIVE)
        elif type_ is M.START_ROSPEC:
            return self._advance(RoSpec.INACTIVE, RoSpec.ACTIVE)
        return "" if type_ in RESPONSES else "unknown message"

    def _advance(self, before: RoSpec, after: RoSpec) -> str:
        if self.rospec is not before:
            return f"the ROSpec is {self.rospec.value}, not {before.value}"
        self.rospec = after
        return ""

    def _add(self, body: bytes) -> str:
        if self.rospec is not RoSpec.ABSENT:
            return "a ROSpec with this id exists"
        (spec,) = parameters(body)
        inside = {p.type: p.body for p in parameters(spec.body[6:])}  # after its id, priority and state
        (count,) = struct.unpack_from("!H", inside[P.AISPEC])
        numbers = struct.unpack_from(f"!{count}H", inside[P.AISPEC], 2)
        if any(not 1 <= number <= self._antennas for number in numbers):
            return f"antenna {max(numbers)} does not exist"
        self._trigger = _trigger(inside[P.RO_BOUNDARY_SPEC])
        if self._trigger and self._trigger.number not in self._inputs:
            return f"input {self._trigger.number} does not exist"
        self.inventoried, self.rospec = frozenset(numbers), RoSpec.DISABLED
        return ""

    def _configure(self, body: bytes) -> str:
        for parameter in parameters(body[1:]):
            if parameter.type == P.KEEPALIVE_SPEC:
                periodic, milliseconds = struct.unpack("!BI", parameter.body)
                if self._keepalives is not None:
                    self._keepalives.cancel()
                if periodic:
                    self._keepalives = asyncio.create_task(self._keep_alive(milliseconds / 1000))
            elif parameter.type == P.EVENTS_AND_REPORTS:
                self._hold = parameter.body[0] & 0x80 != 0
                if self._hold and not self._can_hold:
                    return "cannot hold events and reports"
        return ""

    async def _keep_alive(self, period_s: float) -> None:
        while True:
            await asyncio.sleep(period_s)
            self.keepalives_sent += 1
            self._say(M.KEEPALIVE)

    def _capabilities(self) -> bytes:
        firmware = b"simulated 1.0"
        fixed = struct.pack("!HHIIH", self._antennas, 0x4000, 0, 1, len(firmware))  # 0x4000: it has a clock
        ports = tlv(P.GPIO_CAPABILITIES, struct.pack("!HH", len(self._inputs), 0))
        llrp = tlv(P.LLRP_CAPABILITIES, struct.pack("!BBHIIIII", HOLDS if self._can_hold else 0, 0, 0, 1, 1, 1, 0, 0))
        return tlv(P.GENERAL_DEVICE_CAPABILITIES, fixed + firmware + ports) + llrp


def _trigger(boundary: bytes) -> Trigger | None:
    """What starts a ROSpec, from its ROBoundarySpec; None where only START_ROSPEC does."""
    start = next(p.body for p in parameters(boundary) if p.type == P.ROSPEC_START_TRIGGER)
    for parameter in parameters(start[1:]):
        if parameter.type == P.GPI_TRIGGER_VALUE:
            number, event, _ = struct.unpack("!HBI", parameter.body)
            return Trigger(number, event & 0x80 != 0)
    return None
