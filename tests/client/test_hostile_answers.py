"""What answers may be anything: a hotel's login page, a proxy that has lost its way, a machine that dies in the middle."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gateway.client import Access, AccessError, BusyError, Client, NotReachedError, RefusedError, UnexpectedAnswerError
from gateway.client import connection as connection_module
from gateway.client.connection import Patience

HASTE = Patience(answer_s=2.0, tries=3, first_pause_s=0.001, longest_pause_s=0.002)
WELL = b'{"status":"ok"}'


def answer(status: str, body: bytes = b"", *fields: str, media: str = "application/json") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {media}", f"Content-Length: {len(body)}", "Connection: close", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[Client, Callable[[], int]]]:
    """A client of a server that gives these answers, one a connection, the last one ever after; and how often it was asked."""
    asked = 0

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers[min(asked, len(answers) - 1)])
        asked += 1
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server, Client.opened(Access(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"), HASTE) as client:
        yield client, lambda: asked


@pytest.mark.parametrize(
    "wrong",
    [
        answer("200 OK", b"<html>Welcome to the hotel</html>", media="text/html"),
        answer("200 OK", b'{"status":"well"}'),
        answer("200 OK", b"[]"),
        answer("200 OK", b"\xff\xfe"),
        answer("302 Found", b"", "Location: http://127.0.0.1:1/"),
        answer("304 Not Modified"),
    ],
)
async def test_what_is_not_the_platform_is_not_believed(wrong: bytes) -> None:
    async with answering(wrong) as (client, asked):
        with pytest.raises(UnexpectedAnswerError):
            await client.health()
        assert asked() == 1


@pytest.mark.parametrize("broken", [b"", b"HTTP/1.1 2", answer("200 OK", WELL)[:-5], b"nonsense\r\n\r\n"])
async def test_a_connection_that_breaks_is_tried_again(broken: bytes) -> None:
    async with answering(broken, broken, answer("200 OK", WELL)) as (client, asked):
        assert (await client.health()).status == "ok"
        assert asked() == 3
    async with answering(broken) as (client, asked):
        with pytest.raises(NotReachedError):
            await client.health()
        assert asked() >= 3  # aiohttp tries a read once more by itself


@pytest.mark.parametrize("status", ["503 Unavailable", "429 Too many", "507 Full", "408 Slow"])
async def test_a_platform_that_asks_for_patience_gets_it(status: str) -> None:
    problem = b'{"title":"Later","status":1,"detail":"soon"}'
    async with answering(answer(status, problem), answer("200 OK", WELL)) as (client, asked):
        assert (await client.health()).status == "ok"
        assert asked() == 2
    async with answering(answer(status, problem)) as (client, _):
        with pytest.raises(BusyError, match="soon"):
            await client.health()


async def test_a_refusal_is_not_tried_again_and_a_proxys_words_are_not_repeated() -> None:
    async with answering(answer("502 Bad Gateway", b"<html>secret</html>", media="text/html")) as (client, asked):
        with pytest.raises(RefusedError, match="502 no explanation") as refused:
            await client.health()
        assert (asked(), refused.value.status) == (1, 502)


async def test_an_answer_without_an_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MOST_BYTES", 1000)
    async with answering(answer("200 OK", b"x" * 1001)) as (client, _):
        with pytest.raises(UnexpectedAnswerError, match="more than 1000 bytes"):
            await client.health()


async def test_an_answer_that_stops_in_the_middle_is_given_up() -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer("200 OK", WELL)[:-1])
        with suppress(OSError):
            await reader.read()  # until the client has gone
            writer.close()
            await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(take, "127.0.0.1", 0)
    access = Access(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server, Client.opened(access, Patience(answer_s=0.1, tries=1)) as client:
        with pytest.raises(NotReachedError, match=r"no answer within 0\.1 s"):
            await client.health()
    await gone.wait()


async def test_pages_that_lead_round_in_a_circle_end() -> None:
    async with answering(answer("200 OK", b'{"items":[],"cursor":0,"more":true}')) as (client, asked):
        with pytest.raises(UnexpectedAnswerError, match="does not go on"):
            _ = [one async for one in client.orders()]
        assert asked() == 1


@pytest.mark.parametrize(
    ("answered", "error"),
    [
        (answer("200 OK", b"event: order\ndata: nonsense\n\n", media="text/event-stream"), UnexpectedAnswerError),
        (answer("200 OK", b"event: order\ndata: []\n\n", media="text/event-stream"), UnexpectedAnswerError),
        (answer("200 OK", b"data: " + b"x" * 400_000 + b"\n\n", media="text/event-stream"), UnexpectedAnswerError),
        (answer("200 OK", b"<html>", media="text/html"), RefusedError),
        (answer("503 Full", b"{}"), BusyError),
        (b"", NotReachedError),
    ],
)
async def test_a_stream_that_is_none(answered: bytes, error: type[Exception]) -> None:
    async with answering(answered) as (client, _):
        with pytest.raises(error):
            _ = [one async for one in client.live()]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "platform",
        "ftp://h",
        "https://",
        "https://h/path",
        "https://u:p@h",
        "http://192.0.2.1:80",
        "https://h:99999",
        "https://[x",
    ],
)
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(AccessError):
        Access(url, token="t" * 16)


def test_the_token_is_in_no_text() -> None:
    assert "hush" not in repr(Access("https://platform.example", token="hush-hush-hush"))
    with pytest.raises(AccessError) as wrong:
        Access("https://platform.example", token="hush\nhush")
    assert "hush" not in str(wrong.value)


async def test_certificates_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    for file in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(AccessError, match=file.name):
            async with Client.opened(Access("https://platform.example", ca_file=file)):
                pass
