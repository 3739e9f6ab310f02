"""The simulated RTSP cameras' own side: the login, and clients that are none. What they stream is tested where it is received."""

import asyncio
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.simulator.camera_login import REALM, CameraLogin
from gateway.simulator.rtsp_server import RtspServer


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def digest(password: str, uri: str = "rtsp://127.0.0.1/x", method: str = "DESCRIBE") -> str:
    """RFC 2069, as libraries answer that know no quality of protection."""
    response = md5(f"{md5(f'gate:{REALM}:{password}')}:n1:{md5(f'{method}:{uri}')}")
    return f'Digest username="gate", realm="{REALM}", nonce="n1", uri="{uri}", response="{response}"'


def test_a_digest_is_admitted_and_the_password_itself_is_not() -> None:
    login = CameraLogin("gate", "hunter2", "digest")
    assert login.admits("DESCRIBE", digest("hunter2"))
    assert not login.admits("SETUP", digest("hunter2"))  # of another method
    assert not login.admits("DESCRIBE", digest("hunter3"))
    assert not login.admits("DESCRIBE", "Basic Z2F0ZTpodW50ZXIy")
    assert login.shown == 1
    assert CameraLogin("gate", "hunter2").admits("DESCRIBE", "Basic Z2F0ZTpodW50ZXIy")
    assert [challenge.partition(" ")[0] for challenge in login.challenges] == ["Basic", "Digest"]


@given(authorization=st.text(max_size=200), scheme=st.sampled_from(["Basic ", "Digest ", ""]))
def test_whatever_a_client_sends_is_judged(authorization: str, scheme: str) -> None:
    for login in (CameraLogin("gate", "hunter2"), CameraLogin("gate", "hunter2", "digest")):
        assert not login.admits("DESCRIBE", scheme + authorization)


NO_REQUESTS = [b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe x y\r\n\r\n", b"$", b"x" * 200_000]


@pytest.mark.parametrize("sent", NO_REQUESTS)
async def test_a_client_that_is_none_is_let_go_and_the_next_one_served(sent: bytes) -> None:
    async with RtspServer(lambda _: None) as server:
        for request in (sent, b"OPTIONS rtsp://h/cameras/a RTSP/1.0\r\nCSeq: 7\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request)
            if request != sent:
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"RTSP/1.0 404 Not Found\r\nCSeq: 7\r\n")
            writer.close()
            with suppress(ConnectionError):  # the server may hang up first
                await writer.wait_closed()
