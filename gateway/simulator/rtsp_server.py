"""Simulated RTSP cameras (RFC 2326): H.264 over TCP or UDP, with a login, lost packets and faults to switch on.

`rtsp://HOST:PORT/cameras/NAME` streams. Every client has an encoder of its own, so it begins with a key frame.
"""

import asyncio
import random
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.ocr.picture import decode_picture
from gateway.simulator.camera_faults import CameraFaults, Fault, PictureOf
from gateway.simulator.camera_login import CameraLogin
from gateway.simulator.h264 import H264Stream

FOLDER: Final = "/cameras/"
METHODS: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
MOST_WAITING: Final = 4 << 20  # bytes; a camera hangs up on a client that takes nothing


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def camera(self) -> str:
        return self.path.removeprefix(FOLDER).partition("/")[0]


class RtspServer:
    """All RTSP cameras of a simulated site on one port. Use as an asynchronous context manager."""

    def __init__(
        self,
        picture_of: PictureOf,
        frames_per_second: float = 10.0,
        *,
        key_every: int = 10,
        host: str = "127.0.0.1",
        port: int = 0,
        login: CameraLogin | None = None,
        chance: random.Random | None = None,
    ) -> None:
        """`key_every`: pictures from one key frame to the next. `port` 0 takes a free one, and `port` then says which.
        `chance` decides which packets are lost.
        """
        self.frames_per_second = frames_per_second
        self.key_every = key_every
        self.port = port
        self.login = login
        self.loss = 0.0  # share of the UDP packets that get lost
        self.lost = 0  # UDP packets
        self.transports: list[str] = []  # as clients asked for them, `tcp` or `udp`
        self.faults = CameraFaults(picture_of)
        self._chance = chance or random.Random(0)
        self._host = host
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], _Client] = {}

    def url(self, name: str) -> str:
        return f"rtsp://{self._host}:{self.port}{FOLDER}{name}"

    def set_fault(self, name: str, fault: Fault) -> None:
        """Takes effect at once, on running streams too. Called on the server's loop."""
        self.faults.set(name, fault)
        if fault in {Fault.DROP, Fault.REFUSE}:
            for client in self._clients.values():
                client.hang_up(name)

    def loses(self) -> bool:
        """Whether the next packet gets lost."""
        lost = self._chance.random() < self.loss
        self.lost += lost
        return lost

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        clients = list(self._clients)
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def __aenter__(self) -> "RtspServer":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(self, reader, writer)
        task = asyncio.ensure_future(client.serve())
        self._clients[task] = client
        task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._clients.pop(task).close()  # a task cancelled before it began closes nothing


class _Client:
    """One connection: its requests, and the stream that it asked for."""

    def __init__(self, server: RtspServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._camera = ""
        self._udp: asyncio.DatagramTransport | None = None
        self._playing: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        try:
            while True:
                request = await self._request()
                self._camera = request.camera
                await self._server.faults.while_mute(self._camera)
                await self._answer(request)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client left, or is no RTSP client
        finally:
            self.close()
            if self._playing:
                await asyncio.gather(self._playing, return_exceptions=True)

    def hang_up(self, camera: str) -> None:
        if camera == self._camera:
            self._writer.transport.abort()

    def close(self) -> None:
        if self._playing:
            self._playing.cancel()
        if self._udp:
            self._udp.close()
        self._writer.transport.abort()

    async def _request(self) -> _Request:
        """The next request; the client's reports (RTCP, framed by `$`) are passed over."""
        while (first := await self._reader.readexactly(1)) == b"$":
            _, length = struct.unpack("!BH", await self._reader.readexactly(3))
            await self._reader.readexactly(length)
        head = first + await self._reader.readuntil(b"\r\n\r\n")
        start, *lines = head.decode().splitlines()
        method, url, _ = start.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        return _Request(method, re.sub(r"^rtsp://[^/]*", "", url), headers)

    async def _answer(self, request: _Request) -> None:
        login = self._server.login
        if self._server.faults.of(request.camera) is Fault.DROP:
            self._writer.transport.abort()
        elif self._server.faults.of(request.camera) is Fault.REFUSE:
            self._reply(request, "503 Service Unavailable")
        elif login and not login.admits(request.method, request.headers.get("authorization", "")):
            self._reply(request, "401 Unauthorized", *(f"WWW-Authenticate: {each}" for each in login.challenges))
        elif (picture := self._server.faults.picture(request.camera)) is None:
            self._reply(request, "404 Not Found")
        elif request.method == "DESCRIBE":
            stream = H264Stream(self._server.frames_per_second, self._server.key_every)
            body = await asyncio.to_thread(lambda: stream.description(decode_picture(picture)))
            self._reply(request, "200 OK", "Content-Type: application/sdp", f"Content-Length: {len(body)}", body=body)
        elif request.method == "SETUP":
            self._reply(request, "200 OK", f"Transport: {await self._transport(request)}", "Session: 1")
        else:
            self._reply(request, "200 OK", f"Public: {METHODS}", "Session: 1")
            if request.method == "PLAY" and self._playing is None:
                self._playing = asyncio.ensure_future(self._play(request.camera))

    def _reply(self, request: _Request, status: str, *headers: str, body: str = "") -> None:
        head = [f"RTSP/1.0 {status}", f"CSeq: {request.headers.get('cseq', 0)}", *headers]
        self._writer.write(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    async def _transport(self, request: _Request) -> str:
        asked = re.search(r"client_port=(\d+)-(\d+)", request.headers.get("transport", ""))
        if asked is None:
            self._server.transports.append("tcp")
            return "RTP/AVP/TCP;unicast;interleaved=0-1"
        self._server.transports.append("udp")
        address = self._writer.get_extra_info("peername")[0], int(asked[1])
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
        own = self._udp.get_extra_info("sockname")[1]
        return f"RTP/AVP;unicast;client_port={asked[1]}-{asked[2]};server_port={own}-{own + 1}"

    async def _play(self, camera: str) -> None:
        faults = self._server.faults
        stream = H264Stream(self._server.frames_per_second, self._server.key_every)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while (picture := faults.picture(camera)) is not None:
            packets = await asyncio.to_thread(_coded, stream, picture)
            await faults.while_mute(camera)
            self._send(packets[: (len(packets) + 1) // 2] if faults.of(camera) is Fault.TRUNCATE else packets)
            if self._writer.is_closing():
                return
            if self._writer.transport.get_write_buffer_size() > MOST_WAITING:
                self._writer.transport.abort()
            due = max(due + 1 / self._server.frames_per_second, loop.time())
            await asyncio.sleep(due - loop.time())

    def _send(self, packets: list[bytes]) -> None:
        for packet in packets:
            if self._udp is None:
                self._writer.write(struct.pack("!BBH", 0x24, 0, len(packet)) + packet)
            elif not self._server.loses():
                self._udp.sendto(packet)


def _coded(stream: H264Stream, picture: bytes) -> list[bytes]:
    return stream.packets(decode_picture(picture))
