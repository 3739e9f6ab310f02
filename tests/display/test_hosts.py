"""Whoever asks for another host than this gate gets nothing of it: over a real socket, field by field as a browser sends it."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.display.board import Board
from gateway.display.hosts import asked_host
from tests.display import scenes
from tests.display.scenes import Album
from tests.display.served import Served

NAMES = ("Gate-1.port.example", "2001:db8::7", "閘口.example")


async def ask(address: str, port: int, *fields: str, path: str = "/api/lanes") -> tuple[int, str]:
    """The status and the whole answer to a request with these fields."""
    reader, writer = await asyncio.open_connection(address, port)
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", *fields, "Connection: close", "", "")).encode())
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer


@pytest.fixture
def port(served: Served) -> int:
    return int(served.address.rpartition(":")[2])


@pytest.fixture
def board() -> Board:
    made = Board()
    made.publish_site(scenes.site())
    return made


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8081", "localhost.", "127.0.0.1", "127.0.0.1:8081", "[::1]:8081"])
async def test_this_machine_is_answered(port: int, host: str) -> None:
    assert (await ask("127.0.0.1", port, f"Host: {host}"))[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8081",
        "localhost.rebound.example",
        "127.0.0.1.rebound.example",
        "192.0.2.9",
        "localhost@rebound.example",
        "[::1",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/lanes", "/lanes/lane-1", "/healthz"])
async def test_another_host_is_refused_and_nothing_is_given_away(port: int, host: str, path: str) -> None:
    status, answer = await ask("127.0.0.1", port, f"Host: {host}", path=path)
    assert status in {400, 421}  # what is no host at all is refused by the server before us
    assert scenes.site().title_zh not in answer
    if status == 421:
        assert "screen.names" in answer
        assert "Content-Security-Policy" in answer


async def test_the_refusal_is_in_the_language_of_the_person(port: int) -> None:
    assert "本閘口未使用此名稱" in (await ask("127.0.0.1", port, "Host: rebound.example"))[1]
    assert "does not answer to this name" in (await ask("127.0.0.1", port, "Host: rebound.example", path="/?lang=en"))[1]


async def test_a_request_that_says_no_host_is_refused(port: int) -> None:
    assert (await ask("127.0.0.1", port))[0] in {400, 421}


async def test_names_of_the_lane_file_are_answered(board: Board, album: Album) -> None:
    served = Served(board, album)
    served.names = NAMES
    await served.start()
    port = int(served.address.rpartition(":")[2])
    try:
        for host in ("gate-1.PORT.example:80", "[2001:db8::7]:8081", f"{'閘口'.encode('idna').decode()}.example"):
            assert (await ask("127.0.0.1", port, f"Host: {host}"))[0] == 200, host
        assert (await ask("127.0.0.1", port, "Host: gate-2.port.example"))[0] == 421
    finally:
        await served.stop()


async def test_the_address_at_which_it_was_reached_is_its_own(board: Board, album: Album) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only says which address would be used
        except OSError:
            pytest.skip("this machine has no address but the loopback's")
        own = str(probe.getsockname()[0])
    served = Served(board, album)
    await served.start(own)
    port = int(served.address.rpartition(":")[2])
    try:
        assert (await ask(own, port, f"Host: {own}:{port}"))[0] == 200
        assert (await ask(own, port, "Host: 192.0.2.9"))[0] == 421
    finally:
        await served.stop()


@given(st.text())
def test_whatever_a_browser_sends_is_one_plain_name_or_none(field: str) -> None:
    host = asked_host(field)
    assert not set(host) & set("/?#@ABCXYZ")
