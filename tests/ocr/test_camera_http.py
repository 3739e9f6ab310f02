"""HTTP cameras of the unpleasant kind, over real sockets: each gets an error that names the camera and says what it did."""

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.model.observation import ContainerRead
from gateway.ocr.picture import MAX_PICTURE_BYTES
from gateway.simulator.camera_faults import Fault
from tests.ocr.gate import PATIENCE_S, WAITED_OUT_S, Traffic, lane_camera, running, simulated, until
from tests.ocr.street import jpeg, street, with_truck

Behave = Callable[[str, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PICTURE = jpeg(with_truck(street(), 200))
PART = b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(PICTURE), PICTURE)
STREAM = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n"


@asynccontextmanager
async def odd_camera(behave: Behave) -> AsyncIterator[str]:
    """A server that takes one request per connection and then behaves as told."""
    busy: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            await behave(request.decode(), reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left first
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(answer(reader, writer))
        busy[task] = writer
        task.add_done_callback(busy.pop)

    server = await asyncio.start_server(accept, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/video"
    finally:
        server.close()
        open_now = dict(busy)
        for task, writer in open_now.items():
            task.cancel()
            writer.transport.abort()  # a task cancelled before it began closes nothing
        await asyncio.gather(*open_now, return_exceptions=True)


def sends(answer: bytes) -> Behave:
    async def behave(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return behave


async def drips(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A header at once, then a byte now and then: never silent, never done."""
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
    while True:
        writer.write(b"\xff")
        await writer.drain()
        await asyncio.sleep(0.02)


async def never_answers(_: str, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await reader.read()


async def never_ends(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
    for _chunk in range(2 * MAX_PICTURE_BYTES // 1_000_000):
        writer.write(bytes(1_000_000))
        await writer.drain()


@pytest.mark.parametrize("kind", ["mjpeg", "snapshot"])
@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (never_answers, "no answer within 0.3 s"),
        (sends(b""), "dropped the connection"),
        (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), "its answer is not HTTP"),
        (sends(b"HTTP/1.0 302 Found\r\nLocation: http://elsewhere/\r\n\r\n"), "answers HTTP 302"),
        (sends(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 9000\r\n\r\nabc"), "dropped|not a stream"),
    ],
    ids=["never-answers", "hangs-up", "not-http", "redirects", "cut-off"],
)
async def test_what_it_did_is_said(kind: str, behave: Behave, why: str) -> None:
    async with odd_camera(behave) as url:
        report = await lane_camera(type=kind, url=url, stall_s=0.3 if behave is never_answers else 10).check()
    assert not report.answers
    assert re.search(why, report.detail), report.detail
    assert (report.device, report.type, report.address) == ("rear", kind, url)


@pytest.mark.parametrize(
    ("kind", "behave", "why"),
    [
        ("snapshot", drips, "no answer within 0.3 s"),
        ("snapshot", never_ends, "sends a picture of more than 32 MiB"),
        ("snapshot", sends(b"HTTP/1.0 200 OK\r\n\r\n<html>please log in</html>"), "sends no usable picture: neither JPEG nor PNG"),
        ("mjpeg", sends(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"), "sends text/html, not a stream of pictures"),
        ("mjpeg", sends(STREAM), "ended its stream"),
        ("mjpeg", sends(STREAM.replace(b"boundary=x", b"boundary=\xff\xfe")), "ended its stream"),
        ("mjpeg", sends(STREAM + b"x" * 20_000), "no stream of pictures: the header of a part does not end"),
    ],
)
async def test_what_it_sends_is_bounded_and_named(kind: str, behave: Behave, why: str) -> None:
    async with odd_camera(behave) as url:
        report = await lane_camera(type=kind, url=url, stall_s=0.3 if behave is drips else 10).check()
    assert report.detail == why


def certificate(folder: Path) -> ssl.SSLContext:
    """Made by the camera itself, as most cameras' are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    signed = made.sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    (folder / "camera.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "camera.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for_is_named_as_the_cause(tmp_path: Path) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", ssl=certificate(tmp_path))
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/video"
    report = await lane_camera(type="snapshot", url=url).check()
    server.close()
    assert report.detail == f"{url}: its certificate is not trusted (self-signed certificate)"


async def test_a_port_without_tls_is_named_as_the_cause() -> None:
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak_plainly, "127.0.0.1")
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/video"
    report = await lane_camera(type="snapshot", url=url).check()
    server.close()
    assert report.detail == f"{url}: does not speak TLS as it should"


async def test_a_stream_that_drips_without_a_picture_is_given_up() -> None:
    async def dripping(_: str, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + PART + b"--x\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"\xff")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with odd_camera(dripping) as url, running(lane_camera(type="mjpeg", url=url, stall_s=WAITED_OUT_S)) as heard:
        lost = await heard.state(working=False)
    assert heard.of(ContainerRead)
    assert lost.detail == "no picture for 2 s"


async def test_one_damaged_picture_among_good_ones_is_not_a_loss() -> None:
    damaged = b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: 500\r\n\r\n" + PICTURE[:500] + b"\r\n"

    async def mixed(_: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM)
        while not reader.at_eof():
            for part in (PART, damaged):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.04)

    async with odd_camera(mixed) as url:
        camera = lane_camera(type="mjpeg", url=url)
        async with running(camera) as heard:
            await until(lambda: camera.counts.broken >= 3 and camera.counts.looked_at >= 3)
    assert camera.working
    assert [seen.kind for seen in heard.all if seen.kind == "device_state"] == []


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def digest_camera(username: str, password: str, seen: list[str]) -> Behave:
    """RFC 7616 with MD5, as most cameras do it; Basic is offered, too, and must not be taken."""

    async def behave(request: str, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        told: dict[str, Any] = dict(re.findall(r'(\w+)="?([^",]*)"?', request.partition("Digest ")[2].partition("\r\n")[0]))
        secret = md5(f"{username}:cam:{password}")
        middle = f"n1:{told.get('nc')}:{told.get('cnonce')}:auth"
        if told.get("response") == md5(f"{secret}:{middle}:{md5('GET:/video')}"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s" % (len(PICTURE), PICTURE))
        else:
            writer.write(
                b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="cam", qop="auth", nonce="n1", algorithm=MD5\r\n'
                b'WWW-Authenticate: Basic realm="cam"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
            )

    return behave


@pytest.mark.parametrize(("password", "answers"), [("hunter2", True), ("hunter3", False)])
async def test_a_digest_login_is_answered_without_showing_the_password(password: str, answers: bool, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(password)
    (tmp_path / "password").chmod(0o600)
    requests: list[str] = []
    async with odd_camera(digest_camera("gate", "hunter2", requests)) as url:
        camera = lane_camera(type="snapshot", url=url, username="gate", password_file=tmp_path / "password")
        report = await asyncio.wait_for(camera.check(), PATIENCE_S)
    assert report.answers is answers, report.detail
    assert "hunter" not in report.model_dump_json()
    assert all("Authorization: Basic" not in request for request in requests)


async def test_check_says_what_the_camera_sends_and_how_fast() -> None:
    async with simulated(Traffic()) as server:
        report = await lane_camera(type="mjpeg", url=server.stream_url("rear")).check()
        server.set_fault("rear", Fault.TRUNCATE)
        broken = await lane_camera(type="mjpeg", url=server.stream_url("rear")).check()
    assert report.answers
    assert report.identity == "mjpeg 640×360"
    assert report.detail.endswith("frames/s (measured)")
    assert report.elapsed_ms > 0
    assert broken.detail == "sends no usable picture: the JPEG is cut short: its end is missing"
