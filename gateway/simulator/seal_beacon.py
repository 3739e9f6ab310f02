"""Vehicle seals that do not exist: authentic frames made with a real key, and a feed that tells a gate what is on the air."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from gateway.model.clock import Clock
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag, SealFrame, sign

SEALED: Final = SealFlag.PLUG_INSERTED | SealFlag.MOTOR_LOCKED | SealFlag.TASK_ACTIVE

Fault = Literal["forged", "replayed", "silent"]


@dataclass
class SealBeacon:
    """One seal. Change its state at will; every frame counts its counter up.

    `fault`: `forged` (the tag of somebody who does not have the key), `replayed` (its first frame again and again),
    `silent` (nothing at all), or None.
    """

    serial: int
    keys: SealKeys
    key_id: int = 1
    address: str = ""
    flags: SealFlag = SEALED
    battery_percent: int = 90
    counter: int = 0
    events: int = 0
    fault: Fault | None = None
    _recorded: bytes | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        octets = (0xC0 << 40 | self.serial).to_bytes(6, "big")  # a static random address begins with two ones
        self.address = self.address or octets.hex(":").upper()

    def next_frame(self) -> bytes | None:
        """The manufacturer data that it sends now. None when it is silent."""
        if self.fault == "silent":
            return None
        if self.fault == "replayed" and self._recorded is not None:
            return self._recorded
        self.counter += 1
        frame = SealFrame(self.key_id, self.serial, self.flags, self.battery_percent, self.counter, self.events)
        payload = sign(frame, self.keys.of(self.key_id, self.serial))
        if self._recorded is None:
            self._recorded = payload
        return payload[:-1] + bytes([payload[-1] ^ 0x01]) if self.fault == "forged" else payload


class FakeSealFeed:
    """A network BLE bridge: serves JSON lines to every gate that connects, a heartbeat first and then each `heartbeat_s`."""

    def __init__(self, clock: Clock, *, heartbeat_s: float = 10.0) -> None:
        self.port = 0
        self.heartbeats = 0
        self.mute = False  # connections stay, nothing is sent any more, heartbeats included
        self._clock, self._heartbeat_s = clock, heartbeat_s
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._changed = asyncio.Event()

    @property
    def gates(self) -> int:
        """How many are connected."""
        return len(self._clients)

    async def start(self, port: int | None = None) -> "FakeSealFeed":
        """Listen on the loopback: on `port`, or the one it had before, or a free one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port if port is None else port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Gone from the network at once. `start` brings it back."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        for writer in list(self._clients):
            writer.transport.abort()
        await self.until(lambda: not self._clients)

    def transmit(self, beacon: SealBeacon, rssi: float = -55.0) -> bool:
        """Let a seal send its next frame within earshot. False: it is silent, or no gate listens."""
        payload = beacon.next_frame()
        return payload is not None and self.tell(beacon.address, rssi, payload)

    def tell(self, address: str, rssi: float, payload: bytes, at: datetime | None = None) -> bool:
        """Tell all gates of one advertisement, whatever is in it. False: no gate listens."""
        moment = (at or self._clock()).isoformat()
        self.send(f'{{"address": "{address}", "rssi": {rssi:g}, "payload": "{payload.hex()}", "at": "{moment}"}}\n'.encode())
        return bool(self._clients)

    def send(self, data: bytes) -> None:
        """Send these bytes to all gates, whatever they mean."""
        for writer in self._clients:
            if not self.mute:
                writer.write(data)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a gate has come or gone so that `condition` is true."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    async def connected(self, gates: int = 1) -> None:
        """Wait for so many gates."""
        await self.until(lambda: len(self._clients) >= gates)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        beating = asyncio.create_task(self._beat(writer))
        self._changed.set()
        try:
            while await reader.read(1024):
                pass  # a gate says nothing; this notices when it leaves
        except OSError:
            pass  # it left in a hurry
        finally:
            beating.cancel()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._clients.discard(writer)
            self._changed.set()

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        while True:
            if not self.mute:
                writer.write(b"\n")
                self.heartbeats += 1
                self._changed.set()
            await asyncio.sleep(self._heartbeat_s)
