"""More than there is room for: connections, requests that dawdle, event streams, bodies and heads without end.

Many connections come from a process of their own, `crowd.py`, so that the loop whose lateness is measured serves the platform and
the gate, and does not attack them. That two platforms and a gate share it is worse for the gate than any site.
"""

import asyncio
import itertools
import json
import statistics
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.attack_table.scene import (
    BEARER,
    JSON_TYPE,
    TOKEN,
    WITHOUT_FACTOR,
    Attack,
    Scene,
    Tried,
    asked,
    counted,
    port_of,
    raw,
    status_of,
)
from gateway.look import connections, forms
from gateway.look.connections import Room, listening
from gateway.look.forms import FORM_TYPE
from gateway.model.clock import utc_now
from gateway.platform import bodies
from gateway.platform.app import build_app
from gateway.platform.settings import PlatformSettings
from gateway.signals.link import TIMEOUT_S
from gateway.site.composition import SCREEN_ROOM
from tests.platform.person import PASSWORD
from tests.platform.samples import order

SHORT_S: Final = 0.5  # of a patience that is half a minute or a minute, so that nobody waits for it here
CROWD: Final = str(Path(__file__).with_name("crowd.py"))
ONE: Final = ("127.0.0.9",)
TEN: Final = tuple(f"127.0.0.{last}" for last in range(10, 20))
ANOTHER: Final = "127.0.0.8"
DESK: Final = "/lanes/lane-1/desk"
MAY_READ: Final = f"Authorization: Bearer {TOKEN}"  # which the gate's screen overlooks


@asynccontextmanager
async def _from_outside(scene: Scene) -> AsyncIterator[str]:
    """A platform as others reach it: one address has only so many connections. Where only this machine gets in, nobody counts."""
    settings = PlatformSettings(data_dir=scene.folder / "outside", port=0, token_file=scene.token_file)
    room = Room(settings.max_connections, settings.max_connections_of_one_address)
    async with listening(build_app(settings, utc_now), "127.0.0.1", 0, room, grace_s=1) as address:
        yield address


def _page(address: str, path: str) -> bytes:
    """A request of somebody who may read."""
    return asked(address, path, MAY_READ, "Connection: close")


async def _served(address: str, path: str) -> int:
    """What another address gets meanwhile."""
    return status_of(await raw(address, _page(address, path), sender=ANOTHER))


@asynccontextmanager
async def _held(address: str, begun: bytes, count: int, senders: tuple[str, ...] = ONE) -> AsyncIterator[int]:
    """That many connections that have sent this much and now wait; how many of them are kept."""
    given = ("hold", str(port_of(address)), str(count), ",".join(senders), begun.hex())
    crowd = await asyncio.create_subprocess_exec(sys.executable, CROWD, *given, stdin=PIPE, stdout=PIPE)
    assert crowd.stdin
    assert crowd.stdout
    try:
        await crowd.stdout.readline()
        await _served(address, "/healthz")  # connections are taken in turn: those before this one are in by now, or cut
        crowd.stdin.write(b"\n")
        yield int(await crowd.stdout.readline())
    finally:
        await crowd.communicate(b"")  # with nothing at all, Python 3.11 would leave its input open


async def _hammered(address: str, path: str, count: int, senders: tuple[str, ...], seconds: float) -> int:
    """How many pages that many connections get who ask again and again."""
    request = asked(address, path)
    given = ("hammer", str(port_of(address)), str(count), ",".join(senders), request.hex(), str(seconds))
    crowd = await asyncio.create_subprocess_exec(sys.executable, CROWD, *given, stdout=PIPE)
    said, _ = await crowd.communicate()
    return int(said)


class _Lateness:
    """By how much the loop is late, looked at every 10 ms. `async with _Lateness() as late`."""

    def __init__(self) -> None:
        self._late: list[float] = []

    async def __aenter__(self) -> "_Lateness":
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()

    async def _watch(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            begun = now()
            await asyncio.sleep(0.01)
            self._late.append(now() - begun - 0.01)

    @property
    def most_s(self) -> float:
        return max(self._late)

    def __str__(self) -> str:
        return f"{statistics.median(self._late) * 1000:.0f} ms late, {self.most_s * 1000:.0f} at most"


async def many_connections(scene: Scene) -> Tried:
    """As many as one address gets, to the platform and to the gate's screen; whether another address is still served."""
    count, kept, served = scene.times(2000), [], []
    async with _from_outside(scene) as platform:
        for address in (platform, scene.site.address):
            async with _held(address, b"", count) as still:
                kept.append(still)
                served.append(await _served(address, "/healthz"))
    most = (PlatformSettings(data_dir=scene.folder).max_connections_of_one_address, SCREEN_ROOM[1])
    return Tried(
        "connections without end, of one address",
        2 * count,
        f"{kept[0]} kept at the platform, {kept[1]} at the gate",
        kept[0] <= most[0] and kept[1] <= most[1],
        f"another address meanwhile: {counted(served)}",
        served == [200, 200],
    )


async def dawdling_heads(scene: Scene) -> Tried:
    """Requests that are begun and never finished (slowloris): the time after which the platform cuts them is shortened here."""
    cut = []
    patience, connections.IDLE_S = connections.IDLE_S, SHORT_S  # type: ignore[misc]  # of this one platform
    try:
        async with _from_outside(scene) as address:
            for begun in (
                b"",
                b"GET / HT",
                b"GET / HTTP/1.1\r\nHost: x\r\n",
                asked(address, "/healthz") + b"GET",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", port_of(address))
                writer.write(begun)
                try:
                    async with asyncio.timeout(10 * SHORT_S):
                        await reader.read()
                    cut.append(True)
                except TimeoutError:
                    cut.append(False)
                writer.transport.abort()
            own = await _served(address, "/healthz")
    finally:
        connections.IDLE_S = patience  # type: ignore[misc]
    return Tried(
        "requests that are never finished",
        len(cut),
        f"{sum(cut)} cut after {patience:g} s ({SHORT_S:g} here)",
        all(cut),
        f"one that is: {own}",
        own == 200,
    )


async def dawdling_bodies(scene: Scene) -> Tried:
    """Bodies and forms that are announced and never come; honestly, the same ones do come."""
    form = f"login={WITHOUT_FACTOR}&password={PASSWORD.replace(' ', '+')}&next=/desk"
    found, own = [], []
    patience = bodies.PATIENCE_S, forms.PATIENCE_S
    bodies.PATIENCE_S = forms.PATIENCE_S = SHORT_S  # type: ignore[misc]
    try:
        for address, path, kind, body in (
            (scene.platform, "/api/orders", "application/json", json.dumps(order(3, 3)).encode()),
            (scene.platform, "/sign-in", FORM_TYPE, form.encode()),
        ):
            fields = (f"Origin: {address}", MAY_READ, f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close")
            head = asked(address, path, *fields, method="POST")
            found.append(status_of(await raw(address, head + body[:10], 10 * SHORT_S)))
            own.append(status_of(await raw(address, head + body)))
        address = scene.site.address
        few = (f"Origin: {address}", f"Content-Type: {FORM_TYPE}", "Content-Length: 1000")
        found.append(status_of(await raw(address, asked(address, DESK, *few, method="POST") + b"x", 10 * SHORT_S)))
    finally:
        bodies.PATIENCE_S, forms.PATIENCE_S = patience  # type: ignore[misc]
    return Tried(
        "bodies that never come",
        len(found),
        f"{counted(found)} after {patience[0]:g} s ({SHORT_S:g} here)",
        set(found) <= {403, 408},
        f"an order and a sign-in that do: {counted(own)}",
        own == [201, 303],
    )


async def big_bodies(scene: Scene) -> Tried:
    """More than anybody has to say, with its length told and untold, with and without the token."""
    found = []

    async def endless() -> AsyncIterator[bytes]:
        for _ in itertools.repeat(None, 400):
            yield b"x" * (1 << 16)

    for address, path, kind in (
        (scene.platform, "/api/orders", "application/json"),
        (scene.platform, "/api/registry", "application/json"),
        (scene.platform, "/api/gates/kh-a/desk", "application/json"),
        (scene.platform, "/sign-in", FORM_TYPE),
        (scene.site.address, "/lanes/lane-1/desk", FORM_TYPE),
    ):
        for token in (TOKEN, "wrong"):
            headers = {"Content-Type": kind, "Authorization": f"Bearer {token}", "Origin": address}
            for data in (b"x" * (20 << 20), endless()):
                found.append((await scene.send("POST", address + path, data=data, headers=headers))[0])
    large = order(
        4, 4, cargo=[{"trade_kind": "E", "declaration": f"BD/11/045/A{number:04d}", "quantity": "1"} for number in range(999)]
    )
    body = json.dumps(large).encode()
    own = (await scene.send("POST", f"{scene.platform}/api/orders", data=body, headers=JSON_TYPE | BEARER))[0]
    return Tried(
        "bodies without end",
        len(found),
        counted(found),
        set(found) <= {0, 401, 413},
        f"an order of 999 lines, {len(body) >> 10} kB: {own}",
        own == 201,
    )


async def odd_heads(scene: Scene) -> Tried:
    """Heads that are too long, too many, contradict themselves, or smuggle a second request."""
    found = []
    for address in (scene.platform, scene.site.address):
        host = f"Host: {address.removeprefix('http://')}\r\n".encode()
        for head in (
            b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"".join(b"X%d: a\r\n" % number for number in range(10_000)) + b"\r\n",
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
            b"POST /sign-in HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
            b"POST /sign-in HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST /sign-in HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            b"GET / HTTP/1.1\r\n" + host + b"X\x00Y: a\r\n\r\n",
            b"GET / HTTP/9.9\r\n" + host + b"\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            bytes(range(256)) * 100,
        ):
            found.append(status_of(await raw(address, head)))
    own = [await _served(address, "/healthz") for address in (scene.platform, scene.site.address)]
    return Tried(
        "heads too long, contradictory, smuggled",
        len(found),
        counted(found),
        set(found) <= {0, 400, 403, 408, 413, 414, 431},
        f"an ordinary one: {counted(own)}",
        own == [200, 200],
    )


async def event_streams(scene: Scene) -> Tried:
    """Live pages of the gate without end: whether the lanes' loop still keeps up while it tells them of a busy lane."""
    count, site = scene.times(1000), scene.site.site
    async with _held(scene.site.address, asked(scene.site.address, "/events"), count) as kept, _Lateness() as late:
        for _ in range(20 if scene.quick else 60):
            view = site.board.lane("lane-1")
            assert view is not None
            site.board.publish(view)
            await asyncio.sleep(0.05)
        other = await _served(scene.site.address, "/events")
    return Tried(
        "event streams without end, at the gate",
        count,
        f"{kept} kept; the lanes' loop {late}",
        kept <= SCREEN_ROOM[1] and late.most_s < TIMEOUT_S,
        f"another address meanwhile: {other}",
        other == 200,
    )


async def pages_hammered(scene: Scene) -> Tried:
    """As many pages of the gate's desk as a program gets over 100 connections of one address: what is left for the lanes."""
    late, pages, other = await _hammering(scene, 100, ONE)
    return Tried(
        "pages of the gate's desk without end, of one address",
        pages,
        f"the lanes' loop {late}",
        late.most_s < TIMEOUT_S,
        f"another address meanwhile: {other or 'cut'}",
        other == 200,
    )


async def pages_hammered_by_many(scene: Scene) -> Tried:
    """400 connections of ten addresses: there is no room for others then; the lanes must go on, and the screen come back."""
    late, pages, other = await _hammering(scene, 400, TEN)
    after = await _served(scene.site.address, DESK)
    return Tried(
        "pages of the gate's desk without end, of ten addresses",
        pages,
        f"the lanes' loop {late}; another address meanwhile: {other or 'cut'}",
        late.most_s < TIMEOUT_S,
        f"another address afterwards: {after}",
        after == 200,
    )


async def _hammering(scene: Scene, count: int, senders: tuple[str, ...]) -> tuple[_Lateness, int, int]:
    """How late the lanes' loop was, how many pages came, and what another address got meanwhile.

    A loop that is `TIMEOUT_S` late takes an I/O module for lost that has answered in time, and the lane with it.
    """
    gate, seconds = scene.site.address, 1.0 if scene.quick else 10.0
    async with _Lateness() as late:
        hammering = asyncio.create_task(_hammered(gate, DESK, count, senders, seconds))
        await asyncio.sleep(seconds / 2)
        other = await _served(gate, DESK)
        pages = await hammering
    return late, pages, other


async def live_pages(scene: Scene) -> Tried:
    """By somebody who may read: whether others still get a live page, and gates the feed."""
    count = scene.times(1000)
    async with _from_outside(scene) as address, _held(address, asked(address, "/api/live", MAY_READ), count) as kept:
        other = [await _served(address, path) for path in ("/api/live", "/api/feed", "/api/orders")]
    return Tried(
        "event streams without end, at the platform",
        count,
        f"{kept} kept",
        kept <= PlatformSettings(data_dir=scene.folder).max_connections_of_one_address,
        f"another address meanwhile: {counted(other)}",
        set(other) == {200},
    )


ATTACKS: Final[tuple[Attack, ...]] = (
    big_bodies,
    odd_heads,
    dawdling_heads,
    dawdling_bodies,
    many_connections,
    event_streams,
    live_pages,
    pages_hammered,
    pages_hammered_by_many,
)
