"""Addresses, hosts and files: tricks in paths, other hosts, pictures that are something else, lane files that are too much."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Final

from bench.attack_table.scene import BEARER, JSON_TYPE, TOKEN, Attack, Scene, Tried, asked, counted, raw, status_of
from gateway.site.lane_file import LaneFileError, parse_site
from tests.platform.samples import jpeg, order, sha256
from tests.site.decided import SITE

UP: Final = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "%252e%252e/", "..%00/", "%c0%ae%c0%ae/", "..;/")
TARGETS: Final = ("etc/passwd", "platform.sqlite", "authority.pem", "signing.key", "settings.py", "staff.json", "token")
SECRETS: Final = (b"root:", b"PRIVATE KEY", b"SQLite format", b"BaseModel", b"badge_salt", TOKEN.encode())
MOST_MIB: Final = 100  # of 500 that are sent compressed: what the platform may take of an honest body, several times over
HOSTS: Final = (
    "rebound.example",
    "evil.example:8081",
    "127.0.0.1.evil.example",
    "[::1",
    "localhost@evil.example",
    "192.0.2.1",
    "evil.example#localhost",
    "localhost\tevil",
)


async def tricks(scene: Scene) -> Tried:
    """Out of the folders of static files and of pictures: upwards, encoded, with NUL, absolute."""
    rooms = (
        "/platform/",
        "/look/",
        "/look/css/",
        "/display/",
        "/pictures/",
        "/api/pictures/",
        "/passages/",
        "/orders/",
        "/lanes/",
        "/",
    )
    got: list[str] = []
    found: list[int] = []
    for address in (scene.platform, scene.site.address):
        paths = [
            room + up * depth + target
            for room in rooms
            for up in UP
            for target in TARGETS
            for depth in ((4,) if scene.quick else (1, 4, 9))
        ]
        paths += [
            room + "/" + target
            for room in rooms
            for target in ("/etc/passwd", "%2fetc%2fpasswd", "etc/passwd%00.css", "file:///etc/passwd")
        ]
        paths += [
            f"/pictures/{'0' * 63}%00.jpg",
            f"/pictures/{'0' * 64}.jpg/../../etc/passwd",
            "http://evil.example/",
            "*",
            "\\",
            "/" + "a/" * 3000,
        ]
        for path in paths[:: 7 if scene.quick else 1]:
            answer = await raw(address, scene.asking(address, path))
            found.append(status_of(answer))
            if any(secret in answer for secret in SECRETS) or status_of(answer) >= 500:
                got.append(f"{status_of(answer)} {path}")
    own = [status_of(await raw(address, scene.asking(address, path))) for address, path in _files(scene)]
    return Tried(
        "tricks in paths, at platform and gate",
        len(found),
        f"got: {got}" if got else counted(found),
        not got,
        f"files that are meant to be had: {counted(own)}",
        set(own) == {200},
    )


def _files(scene: Scene) -> list[tuple[str, str]]:
    """One of each folder of files that the attacks try to leave."""
    platform, gate = scene.platform, scene.site.address
    return [
        (platform, "/platform/platform.css"),
        (platform, "/look/css/tokens.css"),
        (gate, "/display/display.css"),
        (gate, "/look/css/tokens.css"),
    ]


async def hosts(scene: Scene) -> Tried:
    """A page of somebody else's, whose name is led to the gate after it was loaded (DNS rebinding)."""
    gate, found = scene.site.address, []
    paths = ("/", "/api/lanes", "/lanes/lane-1/desk", "/events", "/metrics")
    for host in HOSTS:
        for path in paths:
            found.append(status_of(await raw(gate, asked(host, path, "Connection: close"))))
        found.append(status_of(await raw(gate, asked("localhost", "/api/lanes", f"Host: {host}", "Connection: close"))))
    own = [status_of(await raw(gate, asked(gate, path, "Connection: close"))) for path in paths]
    return Tried(
        "other hosts, at the gate's screen",
        len(found),
        counted(found),
        set(found) <= {400, 421},
        f"its own host: {counted(own)}",
        set(own) == {200},
    )


async def pictures(scene: Scene) -> Tried:
    """What is no picture, what is one and a page too, what bursts when it is decoded; under right and wrong types and names."""
    page = b"<html><script>alert(document.domain)</script></html>"
    both = jpeg()[:2] + b"\xff\xfe" + (len(page) + 2).to_bytes(2, "big") + page + jpeg()[2:]
    bomb = b"\xff\xd8\xff\xc0\x00\x11\x08" + b"\xff\xff\xff\xff" + b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00" + b"\xff\xd9"

    async def put(data: bytes, kind: str = "image/jpeg", name: str = "") -> int:
        address = f"{scene.platform}/api/pictures/{name or sha256(data)}"
        return (await scene.send("PUT", address, data=data, headers=BEARER | {"Content-Type": kind}))[0]

    refused = [
        await put(page),
        await put(bomb),
        await put(both, "text/html"),
        await put(b"GIF89a" + page),
        await put(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        await put(jpeg(), name="0" * 64),
        await put(b""),
        await put(jpeg(1) + b"x" * (17 << 20)),
    ]
    own = await put(jpeg())
    await put(both)
    status, kept, fields = await scene.send("GET", f"{scene.platform}/pictures/{sha256(both)}.jpg", cookies=scene.inside)
    shown = fields.get("content-type") == "image/jpeg" and fields.get("x-content-type-options") == "nosniff"
    harmless = shown and "default-src 'self'" in fields.get("content-security-policy", "")
    return Tried(
        "pictures that are something else",
        len(refused) + 1,
        f"{counted(refused)}; a JPEG that is a page, too, is shown as image/jpeg, nosniff",
        set(refused) <= {413, 415, 422} and (status, kept) == (200, both) and harmless,
        f"a JPEG: {own}",
        own == 201,
    )


async def bombs(scene: Scene) -> Tried:
    """Bodies that grow when they are unpacked, JSON that is nested without end, numbers and keys without end."""
    zeros = _zeros((20 if scene.quick else 500) << 20)
    twice = gzip.compress(zeros)
    _forget_peak()
    before = _peak_mib()
    found = []
    for body, encoding in (
        (zeros, "gzip"),
        (twice, "gzip"),
        (zeros, "deflate"),
        (b"x", "br"),
        (b"[" * 1_000_000, ""),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ""),
        (b'{"released_total": ' + b"9" * 1_000_000 + b"}", ""),
        (json.dumps({str(n): n for n in range(60_000)}).encode(), ""),
        (b'{"vehicle": {"departure_time": "9999-12-31T23:59:59Z"}}', ""),
        (b'{"driver": "\\ud800"}', ""),
    ):
        fields = JSON_TYPE | BEARER | ({"Content-Encoding": encoding} if encoding else {})
        for path in ("/api/orders", "/api/registry"):
            found.append((await scene.send("POST", scene.platform + path, data=body, headers=fields))[0])
    grown = _peak_mib() - before
    pressed = gzip.compress(json.dumps(order(2, 2)).encode())
    fields = JSON_TYPE | BEARER | {"Content-Encoding": "gzip"}
    own = (await scene.send("POST", f"{scene.platform}/api/orders", data=pressed, headers=fields))[0]
    return Tried(
        "bodies that grow: compressed, nested, endless",
        len(found),
        f"{counted(found)}; memory grew by at most {grown:.0f} MiB",
        set(found) <= {0, 400, 413, 422} and grown < MOST_MIB,
        f"an order, compressed: {own}",
        own == 201,
    )


def _zeros(length: int) -> bytes:
    """So many of them, pressed together."""
    press, piece = zlib.compressobj(9, wbits=31), b"0" * (1 << 20)
    return b"".join(press.compress(piece) for _ in range(length >> 20)) + press.flush()


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): resets VmHWM


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


async def lane_files(scene: Scene) -> Tried:
    """Files of a few lines that stand for more than any machine holds, or for programs."""
    laughs = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [*{m}, *{m}]\n" for m, n in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
    )
    texts = (
        laughs,
        "a: &a [*a]",
        "a: " + "[" * scene.times(50_000),
        "!!python/object/apply:os.system ['true']",
        "? {a: b}\n: c",
        "&a {<<: *a}",
        "\x00",
    )
    refused = 0
    for text in texts:
        try:
            parse_site(text, Path("site.yaml"))
        except LaneFileError:
            refused += 1
    own = parse_site(SITE.format(screen=8081, modbus=502), Path("site.yaml")).name
    return Tried(
        "lane files that stand for too much",
        len(texts),
        f"{refused} refused by file and line",
        refused == len(texts),
        f"a lane file: taken as {own}",
        own == "decided",
    )


ATTACKS: Final[tuple[Attack, ...]] = (tricks, hosts, pictures, bombs, lane_files)
