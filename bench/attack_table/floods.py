"""More than there is room for: connections, requests that dawdle, event streams, bodies and heads without end."""

import asyncio
import itertools
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from bench.attack_table.scene import TOKEN, Attack, Scene, Tried, counted, port_of, raw, status_of
from gateway.look import connections, forms
from gateway.look.connections import Room, listening
from gateway.model.clock import utc_now
from gateway.platform import bodies
from gateway.platform.app import build_app
from gateway.platform.settings import PlatformSettings

SHORT_S: Final = 0.5  # of a patience that is half a minute or a minute, so that nobody waits for it here
LATE_S: Final = 0.25  # a lane that sees, decides and commands a light this much later serves no vehicle worse


@asynccontextmanager
async def _from_outside(scene: Scene) -> AsyncIterator[str]:
    """A platform as others reach it: one address has only so many connections. Where only this machine gets in, nobody counts."""
    room = Room(300, 40)
    settings = PlatformSettings(data_dir=scene.folder / "outside", port=0)
    async with listening(build_app(settings, utc_now), "127.0.0.1", 0, room, grace_s=1) as address:
        yield address


@asynccontextmanager
async def _held(address: str, begun: bytes, count: int, sender: str) -> AsyncIterator[int]:
    """That many connections that have sent this much and now wait; how many are still there after a moment."""
    made: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    for _ in range(count):
        with suppress(OSError):
            made.append(await asyncio.open_connection("127.0.0.1", port_of(address), local_addr=(sender, 0)))
            made[-1][1].write(begun)
    await asyncio.sleep(0.3)
    try:
        yield sum(not reader.at_eof() and reader.exception() is None for reader, _ in made)
    finally:
        for _, writer in made:
            writer.transport.abort()
        await asyncio.sleep(0.1)


# Asks for one page after the other over 100 connections, and says how many it got.
HAMMER: Final = """
import asyncio, sys
got = 0
async def ask(port):
    global got
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.9", 0))
            while True:
                writer.write(b"GET /lanes/lane-1/desk HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
                await reader.readuntil(b"</html>")
                got += 1
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.1)
async def main():
    asking = [asyncio.create_task(ask(int(sys.argv[1]))) for _ in range(100)]
    await asyncio.sleep(float(sys.argv[2]))
    print(got)
asyncio.run(main())
"""


def _page(address: str, path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {address.removeprefix('http://')}\r\nConnection: close\r\n\r\n".encode()


async def many_connections(scene: Scene) -> Tried:
    """As many as one address gets, to the platform and to the gate's screen; whether another address is still served."""
    count, kept, served = scene.times(2000), [], []
    async with _from_outside(scene) as platform:
        for address in (platform, scene.site.address):
            async with _held(address, b"", count, "127.0.0.9") as still:
                kept.append(still)
                served.append(status_of(await raw(address, _page(address), sender="127.0.0.8")))
    got = f"{kept[0]} kept at the platform, {kept[1]} at the gate; another address: {served[0]}, {served[1]}"
    return Tried("connections without end, of one address", 2 * count, got, max(kept) <= 64 and served == [200, 200])


async def dawdling_heads(scene: Scene) -> Tried:
    """Requests that are begun and never finished (slowloris): the time after which the platform cuts them is shortened here."""
    found = []
    patience, connections.IDLE_S = connections.IDLE_S, SHORT_S  # type: ignore[misc]  # of this one platform
    try:
        async with _from_outside(scene) as address:
            for begun in (
                b"",
                b"GET / HT",
                b"GET / HTTP/1.1\r\nHost: x\r\n",
                _page(address).replace(b"close", b"keep-alive") + b"GET",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", port_of(address))
                writer.write(begun)
                try:
                    async with asyncio.timeout(10 * SHORT_S):
                        await reader.read()
                    found.append(0)
                except TimeoutError:
                    found.append(1)
                writer.transport.abort()
    finally:
        connections.IDLE_S = patience  # type: ignore[misc]
    return Tried(
        "requests that are never finished",
        len(found),
        f"{found.count(0)} cut after {patience:g} s (here {SHORT_S:g})",
        1 not in found,
    )


async def dawdling_bodies(scene: Scene) -> Tried:
    """Bodies and forms that are announced and never come."""
    found = []
    patience = bodies.PATIENCE_S, forms.PATIENCE_S
    bodies.PATIENCE_S = forms.PATIENCE_S = SHORT_S  # type: ignore[misc]
    try:
        for address, path, kind in (
            (scene.platform, "/api/orders", "application/json"),
            (scene.platform, "/sign-in", "application/x-www-form-urlencoded"),
            (scene.site.address, "/lanes/lane-1/desk", "application/x-www-form-urlencoded"),
        ):
            host = address.removeprefix("http://")
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {address}\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: {kind}\r\nContent-Length: 1000\r\n\r\nx"
            )
            found.append(status_of(await raw(address, head.encode(), 10 * SHORT_S)))
    finally:
        bodies.PATIENCE_S, forms.PATIENCE_S = patience  # type: ignore[misc]
    return Tried(
        "bodies that never come",
        len(found),
        f"{counted(found)} after {patience[0]:g} s (here {SHORT_S:g})",
        set(found) <= {403, 408},
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
        (scene.platform, "/sign-in", "application/x-www-form-urlencoded"),
        (scene.site.address, "/lanes/lane-1/desk", "application/x-www-form-urlencoded"),
    ):
        for token in (TOKEN, "wrong"):
            headers = {"Content-Type": kind, "Authorization": f"Bearer {token}", "Origin": address}
            for data in (b"x" * (20 << 20), endless()):
                found.append((await scene.send("POST", address + path, data=data, headers=headers))[0])
    return Tried("bodies without end", len(found), counted(found), set(found) <= {0, 401, 413})


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
    alive = [status_of(await raw(address, _page(address, "/healthz"))) for address in (scene.platform, scene.site.address)]
    held = set(found) <= {0, 400, 403, 408, 413, 414, 431} and alive == [200, 200]
    return Tried("heads too long, contradictory, smuggled", len(found), counted(found), held)


async def event_streams(scene: Scene) -> Tried:
    """Live pages without end: whether the lanes' loop still keeps up, and whether other people's pages are still live."""
    count, late = scene.times(1000), list[float]()
    site = scene.site.site
    async with _held(
        scene.site.address, _page(scene.site.address, "/events").replace(b"close", b"keep-alive"), count, "127.0.0.9"
    ) as kept:
        watching = asyncio.create_task(_watch(late))
        for _ in range(20 if scene.quick else 60):
            view = site.board.lane("lane-1")
            assert view is not None
            site.board.publish(view)
            await asyncio.sleep(0.05)
        other = status_of(await raw(scene.site.address, _page(scene.site.address), sender="127.0.0.8"))
        watching.cancel()
    late.sort()
    high = late[int(len(late) * 0.99)]
    got = f"{kept} kept; the loop {statistics.median(late) * 1000:.0f} ms late, {high * 1000:.0f} ms at 99 %; another: {other}"
    return Tried("event streams without end, at the gate", count, got, kept <= 64 and high < LATE_S and other == 200)


async def pages_hammered(scene: Scene) -> Tried:
    """As many pages as a program of its own gets over 100 connections at once: what is left for the lanes."""
    late: list[float] = []
    seconds = 2 if scene.quick else 10
    hammer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HAMMER, str(port_of(scene.site.address)), str(seconds), stdout=asyncio.subprocess.PIPE
    )
    watching = asyncio.create_task(_watch(late))
    said, _ = await hammer.communicate()
    watching.cancel()
    late.sort()
    high = late[int(len(late) * 0.99)]
    got = f"the loop {statistics.median(late) * 1000:.0f} ms late, {high * 1000:.0f} ms at 99 %"
    return Tried("pages of the gate's desk, over 100 connections", int(said), got, high < LATE_S)


async def _watch(late: list[float]) -> None:
    now = asyncio.get_running_loop().time
    while True:
        begun = now()
        await asyncio.sleep(0.01)
        late.append(now() - begun - 0.01)


async def live_pages(scene: Scene) -> Tried:
    """At the platform: whether others still get a live page, and gates the feed."""
    count = scene.times(400)
    async with _from_outside(scene) as address:
        asked = _page(address, "/api/live").replace(b"close", b"keep-alive")
        async with _held(address, asked, count, "127.0.0.9") as kept:
            answers = [
                status_of(await raw(address, _page(address, path), 1.0, "127.0.0.8")) for path in ("/api/live", "/api/feed", "/")
            ]
    return Tried(
        "event streams without end, at the platform", count, f"{kept} kept; another address: {answers}", answers == [200, 200, 200]
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
)
