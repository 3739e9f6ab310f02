"""An NTP server on a real UDP socket, whose clock and manners a test chooses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import cast

from gateway.model.clock import Clock
from gateway.timekeeping.sntp import to_timestamp

Manners = Callable[[bytearray], list[bytes]]  # an answer as it should be, to the datagrams that are sent instead


def well_mannered(answer: bytearray) -> list[bytes]:
    return [bytes(answer)]


class FakeNtp(asyncio.DatagramProtocol):
    """`ahead_s`: how far its clock is ahead of `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead_s = 0.0
        self.manners: Manners = well_mannered
        self.questions: list[bytes] = []
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.questions.append(data)
        stamp = to_timestamp(self._now()).to_bytes(8, "big")
        # no warning, version 4, server; stratum 2 with a server of its own; then the times
        answer = bytearray(bytes([0x24, 2, 6, 0xEC]) + bytes(8) + bytes([192, 0, 2, 1]) + stamp + data[40:48] + stamp + stamp)
        for packet in self.manners(answer):
            self._transport.sendto(packet, addr)

    def _now(self) -> datetime:
        return self._clock() + timedelta(seconds=self.ahead_s)


@asynccontextmanager
async def serving(clock: Clock, port: int = 0) -> AsyncIterator[FakeNtp]:
    transport, fake = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: FakeNtp(clock), local_addr=("127.0.0.1", port)
    )
    try:
        yield fake
    finally:
        transport.close()
