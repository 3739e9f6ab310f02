"""Asks an NTP server over UDP, again and again. A server that is lost and one that is back are each told once."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from gateway.model.availability import Availability
from gateway.model.clock import Clock, RandomBytes
from gateway.model.device import DeviceReport, StateChanged
from gateway.timekeeping.config import NtpConfig
from gateway.timekeeping.errors import BadAnswerError, NoTimeError, NotServingError, TimeError
from gateway.timekeeping.sntp import NONCE_BYTES, Measured, measured, parse_answer, question

MOST_WAITING: Final = 16  # datagrams; whoever floods the port costs no more memory

Monotonic = Callable[[], float]


class NtpClient:
    """One server, used by one event loop. `clock` is the one that is measured; durations are monotonic."""

    def __init__(self, config: NtpConfig, clock: Clock, random: RandomBytes, monotonic: Monotonic = time.monotonic) -> None:
        self.config = config
        self._clock, self._random, self._monotonic = clock, random, monotonic

    @property
    def _server(self) -> str:
        return f"NTP server {self.config.host}:{self.config.port}"

    async def run(self, on_measured: Callable[[Measured], None], on_state: StateChanged) -> None:
        """Measure until cancelled. No error ends it: a server that is away is asked again at the same pace."""
        availability = Availability(on_state)
        while True:
            try:
                found = await self.measure()
            except TimeError as error:
                availability.lost(str(error))
            else:
                availability.working(f"{self._server} answers")
                on_measured(found)
            await asyncio.sleep(self.config.every_s)

    async def measure(self) -> Measured:
        """Ask once. Raises TimeError, whose text names the server."""
        datagrams: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.config.timeout_s):
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Listener(datagrams), remote_addr=(self.config.host, self.config.port)
                )
                try:
                    return await self._exchange(transport, datagrams)
                finally:
                    transport.close()
        except TimeoutError:
            raise NoTimeError(f"{self._server}: no answer within {self.config.timeout_s:g} s") from None
        except OSError as error:
            raise NoTimeError(f"{self._server}: {error.strerror or error}") from error

    async def _exchange(self, transport: asyncio.DatagramTransport, datagrams: asyncio.Queue[bytes]) -> Measured:
        nonce = self._random(NONCE_BYTES)
        asked, begun = self._clock(), self._monotonic()
        transport.sendto(question(nonce))
        while True:
            packet = await datagrams.get()
            elapsed_s = self._monotonic() - begun
            try:
                return measured(asked, elapsed_s, parse_answer(packet, nonce))
            except NotServingError as error:
                raise NotServingError(f"{self._server}: {error}") from error
            except BadAnswerError:
                continue  # somebody else's packet; the right one may still come

    async def check(self) -> DeviceReport:
        """For `gateway check`: whether the server answers, what it is, and how far the clock is off."""
        begun = self._monotonic()
        try:
            found = await self.measure()
        except TimeError as error:
            answers, identity, detail = False, "", str(error)
        else:
            answers, identity = True, f"stratum {found.stratum}"
            detail = f"this clock is {found.ahead_s:+.3f} s ahead, ±{max(found.delay_s, 0) / 2:.3f} s"
        elapsed_ms = (self._monotonic() - begun) * 1000
        address = f"{self.config.host}:{self.config.port}"
        return DeviceReport(
            device="ntp", type="ntp", address=address, answers=answers, identity=identity, detail=detail, elapsed_ms=elapsed_ms
        )


class _Listener(asyncio.DatagramProtocol):
    """Puts datagrams of the one server into a queue. A refused port needs no word: the timeout says it."""

    def __init__(self, datagrams: asyncio.Queue[bytes]) -> None:
        self._datagrams = datagrams

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self._datagrams.full():
            self._datagrams.put_nowait(data)
