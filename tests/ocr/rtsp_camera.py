"""A small RTSP camera for tests (RFC 2326; H.264 in RTP by RFC 6184): TCP or UDP, login, silence, cut connections."""

import asyncio
import base64
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Final

import av

from gateway.ocr.frame import Image

CLOCK_HZ: Final = 90_000
PAYLOAD: Final = 1200  # bytes in one RTP packet, well below an Ethernet frame
SPS, PPS, FU_A = 7, 8, 28


def encoded(images: Sequence[Image], fps: int) -> list[list[bytes]]:
    """H.264: for each picture its NAL units, without start codes."""
    context = av.CodecContext.create("libx264", "w")
    context.height, context.width = images[0].shape[:2]
    context.pix_fmt, context.framerate = "yuv420p", Fraction(fps)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5", "x264-params": "repeat-headers=1"}
    packets = [packet for image in images for packet in context.encode(av.VideoFrame.from_ndarray(image, format="bgr24"))]
    packets += context.encode(None)
    return [[nal for nal in re.split(rb"\x00{2,3}\x01", bytes(packet)) if nal] for packet in packets]


def payloads(nal: bytes) -> Iterator[bytes]:
    """One NAL unit as RTP payloads: whole, or in fragments (RFC 6184 §5.8)."""
    if len(nal) <= PAYLOAD:
        yield nal
        return
    body = nal[1:]
    for at in range(0, len(body), PAYLOAD):
        start, end = at == 0, at + PAYLOAD >= len(body)
        yield bytes([(nal[0] & 0x60) | FU_A, (start << 7) | (end << 6) | (nal[0] & 0x1F)]) + body[at : at + PAYLOAD]


class RtspCamera:
    """Sends its pictures over and over. Use as an asynchronous context manager."""

    def __init__(self, images: Sequence[Image], fps: int = 50, login: tuple[str, str] | None = None) -> None:
        self._units = encoded(images, fps)
        self._fps = fps
        self._authorization = f"Basic {base64.b64encode(':'.join(login).encode()).decode()}" if login else ""
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.talking = asyncio.Event()  # cleared: it sends nothing, and answers nothing
        self.talking.set()
        self.transports: list[str] = []

    async def __aenter__(self) -> "RtspCamera":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1")
        self.url = f"rtsp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/live"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self) -> None:
        for writer in self._connections.values():
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, writer)
        try:
            while True:
                await session.answer(await reader.readuntil(b"\r\n\r\n"))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            await session.end()

    def description(self) -> str:
        """The SDP (RFC 4566; RFC 6184 §8.2.1)."""
        first = {unit[0] & 0x1F: unit for unit in self._units[0]}
        parameters = ",".join(base64.b64encode(first[kind]).decode() for kind in (SPS, PPS))
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
            f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/{CLOCK_HZ}\r\na=framerate:{self._fps}\r\na=control:video\r\n"
            f"a=fmtp:96 packetization-mode=1; sprop-parameter-sets={parameters}\r\n"
        )

    def packets(self) -> Iterator[list[bytes]]:
        """For ever: the RTP packets of one picture after another (RFC 3550 §5.1)."""
        sequence = number = 0
        while True:
            pieces = [piece for nal in self._units[number % len(self._units)] for piece in payloads(nal)]
            stamp = number * CLOCK_HZ // self._fps
            picture = []
            for index, piece in enumerate(pieces):
                marker = 0x80 if index == len(pieces) - 1 else 0
                picture.append(struct.pack("!BBHII", 0x80, marker | 96, sequence & 0xFFFF, stamp & 0xFFFFFFFF, 1) + piece)
                sequence += 1
            yield picture
            number += 1

    def admits(self, request: str) -> bool:
        return self._authorization in request

    async def pause(self) -> None:
        await asyncio.sleep(1 / self._fps)
        await self.talking.wait()


class _Session:
    """One client."""

    def __init__(self, camera: RtspCamera, writer: asyncio.StreamWriter) -> None:
        self._camera = camera
        self._writer = writer
        self._udp: asyncio.DatagramTransport | None = None
        self._playing: asyncio.Task[None] | None = None

    async def answer(self, received: bytes) -> None:
        await self._camera.talking.wait()
        request = received[received.rfind(b"$") + 1 :].decode(errors="ignore") if received[:1] == b"$" else received.decode()
        method = re.search(r"([A-Z_]+) rtsp://", request)
        if not self._camera.admits(request):
            return self._reply(request, '401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"')
        match method[1] if method else "":
            case "DESCRIBE":
                body = self._camera.description()
                self._reply(request, f"200 OK\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}", body)
            case "SETUP":
                self._reply(request, f"200 OK\r\nTransport: {await self._transport(request)}\r\nSession: 1")
            case "PLAY":
                self._reply(request, "200 OK\r\nSession: 1")
                self._playing = asyncio.ensure_future(self._play())
            case _:
                self._reply(request, "200 OK\r\nPublic: DESCRIBE, SETUP, PLAY, TEARDOWN")
        return None

    async def end(self) -> None:
        """Close everything first, wait afterwards: the wait may be cancelled."""
        self._writer.close()
        if self._udp:
            self._udp.close()
        if self._playing:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def _reply(self, request: str, head: str, body: str = "") -> None:
        sequence = re.search(r"CSeq: *(\d+)", request, re.IGNORECASE)
        self._writer.write(f"RTSP/1.0 {head}\r\nCSeq: {sequence[1] if sequence else 0}\r\n\r\n{body}".encode())

    async def _transport(self, request: str) -> str:
        asked = re.search(r"client_port=(\d+)-(\d+)", request)
        if asked is None:
            self._camera.transports.append("tcp")
            return "RTP/AVP/TCP;unicast;interleaved=0-1"
        self._camera.transports.append("udp")
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", int(asked[1]))
        self._udp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
        own = self._udp.get_extra_info("sockname")[1]
        return f"RTP/AVP;unicast;client_port={asked[1]}-{asked[2]};server_port={own}-{own + 1}"

    async def _play(self) -> None:
        for picture in self._camera.packets():
            for packet in picture:
                if self._udp:
                    self._udp.sendto(packet)
                else:
                    self._writer.write(struct.pack("!BBH", 0x24, 0, len(packet)) + packet)
            await self._camera.pause()
