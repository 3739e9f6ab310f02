"""RTSP cameras of the unpleasant kind: each gets an error that says what it did, and no damage in a stream raises anything."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ocr.cameras.live_decoding import LiveDecoding
from gateway.ocr.cameras.recording import developed
from gateway.ocr.errors import PictureError
from tests.ocr.gate import lane_camera
from tests.ocr.street import clip, drive_past

SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
AUDIO = SDP + "m=audio 0 RTP/AVP 0\r\na=control:a\r\n"
UNKNOWN = SDP + "m=video 0 RTP/AVP 99\r\na=rtpmap:99 NOBODY/90000\r\na=control:v\r\n"

BIG5 = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=門口\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:v\r\n"
TRACK = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"


def answer(body: str, length: int | None = None) -> bytes:
    head = f"RTSP/1.0 200 OK\r\nCSeq: %d\r\nSession: 1\r\nContent-Length: {len(body) if length is None else length}"
    return f"{head}\r\n\r\n{body}".encode()


def named_in_big5() -> bytes:
    """A camera whose owner wrote its name as he is used to; its pictures never come."""
    body = BIG5.encode("big5")
    return b"RTSP/1.0 200 OK\r\nCSeq: %%d\r\nSession: 1\r\n%sContent-Length: %d\r\n\r\n%s" % (TRACK.encode(), len(body), body)


@asynccontextmanager
async def odd_camera(answer: bytes) -> AsyncIterator[str]:
    """Answers every request with the same bytes, but for its number."""
    clients: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.add(writer)
        number = 0
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                await reader.readuntil(b"\r\n\r\n")
                number += 1
                writer.write(answer.replace(b"%d", b"%d" % number))
                if not answer:
                    break
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1")
    try:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/live"
    finally:
        server.close()
        for writer in clients:
            writer.transport.abort()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "gives no RTSP stream of pictures"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no answer within 0.5 s"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "no answer within 0.5 s"),
        (answer("<html>please log in</html>"), "its stream holds no video"),
        (answer(AUDIO), "gives no RTSP stream of pictures"),
        (answer(UNKNOWN), "gives no RTSP stream of pictures"),
        (answer(SDP, length=2_000_000_000), "no answer within 0.5 s"),
        (b"RTSP/1.0 454 Session Not Found\r\nCSeq: %d\r\n\r\n", "4XX"),
        (b"x" * 100_000, "no answer within 0.5 s"),
        (named_in_big5(), "no picture for 0.5 s|no answer within 0.5 s"),
    ],
    ids=["hangs-up", "not-rtsp", "http", "no-sdp", "audio-only", "unknown-codec", "endless", "no-session", "no-line-end", "big5"],
)
async def test_what_it_did_is_said(sent: bytes, why: str) -> None:
    async with odd_camera(sent) as url:
        report = await lane_camera(type="rtsp", url=url, stall_s=0.5 if "0.5 s" in why else 10).check()
    assert not report.answers
    assert re.search(why, report.detail), report.detail


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip(tmp_path_factory.mktemp("clip") / "a.ts", drive_past(6), fps=25, codec="libx264").read_bytes()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=40)), max_size=8), attentive=st.booleans())
def test_no_damage_in_a_stream_raises_anything(recorded: bytes, damage: list[tuple[float, bytes]], attentive: bool) -> None:
    stream = bytearray(recorded)
    for place, wrong in damage:
        at = int(place * (len(stream) - len(wrong)))
        stream[at : at + len(wrong)] = wrong
    decoding = LiveDecoding(5.0)
    with suppress(av.FFmpegError), av.open(io.BytesIO(stream), "r", format="mpegts") as container:  # the container's own damage
        for packet in container.demux(video=0):
            decode(decoding, packet, attentive)


def decode(decoding: LiveDecoding, packet: Any, attentive: bool) -> None:
    try:
        for frame in decoding.frames(packet, attentive):
            with suppress(PictureError):
                developed(frame)
    except av.FFmpegError as error:
        raise AssertionError("only the room's own errors may come out") from error
