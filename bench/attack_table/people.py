"""People: passwords, PINs and badges guessed, sessions stolen or planted, forms of other sites, pages put into frames."""

import html
import os
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from bench.attack_table.scene import CLERKS, WITHOUT_FACTOR, Attack, Scene, Tried, asked, code_now, counted, raw, status_of
from gateway.model.clock import utc_now
from gateway.platform.accounts.roles import Role
from gateway.platform.accounts.second_factor import code_at
from tests.display.desk.gate import BADGE, OFFICER_PIN, SUPERVISOR_PIN, Clerk
from tests.platform.person import PASSWORD, Person, add_account
from tests.platform.samples import confirmation, order

FOREIGN: Final = ("https://evil.example", "null", "http://[", "", "http://127.0.0.1", "https://127.0.0.1.evil.example")
PAGES: Final = (
    "/",
    "/orders",
    "/desk",
    "/sign-in",
    "/nothing-here",
    "/orders/x",
    "/api/orders",
    "/pictures/x.jpg",
    "/platform/platform.js",
)
GATE_PAGES: Final = ("/", "/lanes/lane-1", "/lanes/lane-1/desk", "/lanes/none", "/nothing-here", "/api/lanes", "/look/look.js")
COLLEAGUE: Final = {"staff_id": "S002", "pin": SUPERVISOR_PIN}  # who is not locked when A017 is
HIDDEN: Final = (  # what is not there, for programs only, or written so that a door might not know it
    "/orders/x",
    "/desk/read/p",
    "/pictures/x.jpg",
    "/api/pictures/x",
    "/api/feed",
    "//",
    "/./",
    "/API/orders",
    "/api//orders",
    "/api/orders/",
    "/orders;x",
    "/%6frders",
    "/sign-in/../orders",
    "/static/../orders",
)
ELSEWHERE: Final = (
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "/%2fevil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/..//evil.example",
    "/desk\r\nLocation: https://evil.example",
    "/.//evil.example",
    "\\\\evil.example",
    "/desk@evil.example",
)


async def strangers(scene: Scene) -> Tried:
    """Whoever has neither signed in nor the token asks for everything that there is to read. Honestly: who has signed in."""
    host = scene.platform
    assert await scene.hand_in("POST", "/api/orders", order(1)) in {200, 201}
    assert await scene.hand_in("PUT", "/api/gates/read/confirmations/1", confirmation("read", 1)) in {200, 201}
    there: tuple[str, ...] = ("/", "/orders", f"/orders/{order(1)['order_number']}", "/passages/read/1", "/desk")
    there += ("/api/orders", "/api/live")
    there += (f"/api/orders/{order(1)['order_number']}", "/api/confirmations", "/api/confirmations/read/1", "/metrics")
    own = [status_of(await raw(host, scene.asking(host, path))) for path in there]
    found = []
    for path in (*there, *HIDDEN):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "TRACE"):
            request = asked(host, path, "Content-Length: 0", "Connection: close", method=method)
            found.append(status_of(await raw(host, request)))
    return Tried(
        "everything asked for without signing in",
        len(found),
        counted(found),
        set(found) <= {303, 400, 401, 404, 405},
        f"signed in, {len(own)} of these: {counted(own)}",
        set(own) == {200},
    )


async def passwords_guessed(scene: Scene) -> Tried:
    """One after the other; at last the right one, while the login is locked."""
    await add_account(scene.platform_data, "guessed", Role.CLERK)
    found = []
    async with Person(scene.platform) as owner, Person(scene.platform) as guesser:
        await owner.sign_in("guessed")
        own = bool(owner.cookie("session"))
        for _ in range(scene.times(100)):
            found.append((await guesser.sign_in("guessed", os.urandom(6).hex()))[0])
        status, _ = await guesser.sign_in("guessed", PASSWORD)
        inside = bool(guesser.cookie("session"))
    tested = found.count(422)
    return Tried(
        "a password guessed, at last rightly",
        len(found) + 1,
        f"{tested} tested, then locked for a minute and longer; the right one then: {status}",
        tested <= 5 and not inside and status == 429,
        f"the right one before: {_let_in(own)}",
        own,
    )


def _let_in(inside: bool) -> str:
    return "let in" if inside else "not let in"


async def logins_told_apart(scene: Scene) -> Tried:
    """Whether the time of an answer tells that a login exists. Each login is tried but four times, so that none is locked.

    That a password which is not looked at would show: a login that is locked is answered without. The shortest of each counts, as
    other work on the machine only ever adds.
    """
    for login in ("timed", "locked"):
        await add_account(scene.platform_data, login, Role.CLERK)
    took: dict[str, list[float]] = {"timed": [], "nobody": [], "locked": []}
    async with Person(scene.platform) as guesser:
        for _ in range(6):
            await guesser.sign_in("locked", "a wrong password")
        for _ in range(4):
            for login, times in took.items():
                begun = time.perf_counter()
                await guesser.sign_in(login, "a wrong password")
                times.append(time.perf_counter() - begun)
    known, unknown, locked = (min(times) * 1000 for times in took.values())
    return Tried(
        "logins told apart by the time of the answer",
        8,
        f"known {known:.0f} ms, unknown {unknown:.0f} ms",
        0.5 < known / unknown < 2,
        f"a locked one, which is not looked at: {locked:.0f} ms",
        locked < 0.5 * min(known, unknown),
    )


async def codes_used_again(scene: Scene) -> Tried:
    """A second factor's code, seen over a shoulder and used once more; and no code at all."""
    key = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    await add_account(scene.platform_data, "factor", Role.CLERK, second_factor=key)
    code = code_at(key, utc_now())
    inside = []
    for given in (code, code, ""):
        async with Person(scene.platform) as person:
            await person.sign_in("factor", code=given)
            inside.append(bool(person.cookie("session")))
    first, *again = inside
    got = ", ".join(map(_let_in, again))
    return Tried(
        "a second factor's code used again, or left out", 2, got, not any(again), f"the first time: {_let_in(first)}", first
    )


async def pins_guessed(scene: Scene) -> Tried:
    """At the gate's desk; at last the right PIN, and the right badge after wrong ones. A colleague's PIN still counts."""
    found, last = [], []
    pin, badge = {"pin": OFFICER_PIN}, {"staff_id": "", "pin": "", "badge": BADGE}
    async with _clerk(scene) as clerk:
        before = [await _decided(scene, clerk, pin), await _decided(scene, clerk, badge)]
        for number in range(scene.times(50)):
            found.append(await _decide(clerk, {"pin": f"{100_000 + number}"}))
        last.append(await _decide(clerk, pin))
        for number in range(scene.times(50)):
            found.append(await _decide(clerk, badge | {"badge": f"{number:08d}"}))
        last.append(await _decide(clerk, badge))
        colleague = await _decided(scene, clerk, COLLEAGUE)
    return Tried(
        "a PIN and a badge guessed, at last rightly",
        len(found) + 2,
        f"{counted(found)}; the right ones while locked: {counted(last)}",
        set(found) == {409} and last == [409, 409],
        f"the right ones before: {counted(before)}; a colleague's PIN meanwhile: {colleague}",
        before == [303, 303] and colleague == 303,
    )


@asynccontextmanager
async def _clerk(scene: Scene) -> AsyncIterator[Clerk]:
    """A browser with the desk's page of the lane in which a vehicle waits."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        clerk = Clerk(scene.site.address, session)
        await clerk.open("lane-1")
        yield clerk


async def _decide(clerk: Clerk, identity: Mapping[str, str], **more: Any) -> int:
    """303: the gate took the decision, which is to hold the vehicle."""
    return (await clerk.send("lane-1", changes={"decision": "refuse", "reason": "Held for Customs"} | dict(identity), **more))[0]


async def _decided(scene: Scene, clerk: Clerk, identity: Mapping[str, str]) -> int:
    """The same, and the next vehicle if it was taken."""
    status = await _decide(clerk, identity)
    if status == 303:
        await scene.next_vehicle()
        await clerk.open("lane-1")
    return status


async def cookie_after_sign_out(scene: Scene) -> Tried:
    async with Person(scene.platform) as victim:
        await victim.sign_in(CLERKS[0], code=code_now())
        stolen = victim.cookie("session")
        inside = (await _desk(scene, stolen))[0]
        await victim.get("/desk")
        await victim.post("/sign-out")
    status, where = await _desk(scene, stolen)
    denied = status == 303 and where.startswith("/sign-in")
    return Tried(
        "a stolen session after the person signed out", 1, f"{status} to {where}", denied, f"before: {inside}", inside == 200
    )


async def _desk(scene: Scene, cookie: str) -> tuple[int, str]:
    status, _, fields = await scene.send("GET", f"{scene.platform}/desk", cookies={"session": cookie})
    return status, fields.get("location", "")


async def session_planted(scene: Scene) -> Tried:
    """A cookie that the attacker knows is in the browser before its person signs in."""
    planted = "ab" * 32
    form = {"login": CLERKS[1], "password": PASSWORD, "code": code_now(), "next": "/desk"}
    headers = {"Origin": scene.platform, "Cookie": f"session={planted}"}
    _, _, fields = await scene.send("POST", f"{scene.platform}/sign-in", data=form, headers=headers)
    given = SimpleCookie(fields.get("set-cookie", ""))
    fresh = given["session"].value if "session" in given else ""
    stolen, own = (await _desk(scene, planted))[0], (await _desk(scene, fresh))[0]
    denied = fresh != planted and stolen == 303
    return Tried(
        "a session planted before the sign-in", 1, f"{stolen} to the sign-in", denied, f"the one that was given: {own}", own == 200
    )


async def foreign_forms(scene: Scene) -> Tried:
    """Forms that another site sends in the name of who has signed in: at the platform and at the gate."""
    found = []
    async with Person(scene.platform) as chen, _clerk(scene) as clerk:
        await chen.sign_in(CLERKS[2], code=code_now())
        await chen.get("/desk")

        async def send(path: str, headers: dict[str, str]) -> int:
            form = {"login": WITHOUT_FACTOR, "password": PASSWORD, "form_token": chen.form_token, "action": "claim"}
            cookies = {"session": chen.cookie("session")}
            return (await scene.send("POST", scene.platform + path, data=form, headers=headers, cookies=cookies))[0]

        for origin in FOREIGN:
            headers = {"Origin": origin} if origin else {}
            for path in ("/sign-in", "/sign-out", "/desk/kh-a/p"):
                found.append(await send(path, headers))
            found.append(await _decide(clerk, COLLEAGUE, headers=headers))
            found.append(await _decide(clerk, COLLEAGUE, headers={"Origin": clerk.address, "Sec-Fetch-Site": "cross-site"}))
        still = (await _desk(scene, chen.cookie("session")))[0]
        waits = scene.site.waits()
        own = [await send(path, {"Origin": scene.platform}) for path in ("/sign-in", "/sign-out")]
        own.append(await _decided(scene, clerk, COLLEAGUE))
    return Tried(
        "forms of another site",
        len(found),
        f"{counted(found)}; the person is still signed in, the vehicle still waits",
        set(found) <= {400, 403} and still == 200 and waits,
        f"sign-in, sign-out and desk by their own pages: {counted(own)}",
        set(own) == {303},
    )


async def frames(scene: Scene) -> Tried:
    """Whether any answer may be put into a frame, run what it did not bring itself, or be taken for another type."""
    without, found = [], []
    addresses = [scene.platform + path for path in PAGES] + [scene.site.address + path for path in GATE_PAGES]
    for address in addresses:
        status, _, fields = await scene.send("GET", address, cookies=scene.inside if address.startswith(scene.platform) else {})
        found.append(status)
        policy = fields.get("content-security-policy", "")
        sure = "frame-ancestors 'none'" in policy and "default-src 'self'" in policy and "unsafe" not in policy
        if not (sure and fields.get("x-content-type-options") == "nosniff"):
            without.append("/" + address.split("/", 3)[3])
    got = f"without the fields: {', '.join(without)}" if without else "frame-ancestors 'none' and nosniff on each"
    served = found.count(200) >= len(addresses) // 2 and set(found) <= {200, 404}
    return Tried("pages in frames, scripts from elsewhere", len(addresses), got, not without, counted(found), served)


def _leads_away(address: str, where: str) -> bool:
    """Whether a browser follows `where` to another site than `address`: it overlooks tabs and line ends, and takes \\ for /."""
    cleaned = where.translate({ord(character): None for character in "\t\r\n"}).replace("\\", "/")
    return urlsplit(urljoin(address, cleaned))[:2] != urlsplit(address)[:2]


async def led_away(scene: Scene) -> Tried:
    """Addresses of another site where the sign-in leads afterwards, in paths, and in the links of pages."""
    led, tries = [], 0

    async def leads(place: str) -> str:
        form = {"login": WITHOUT_FACTOR, "password": PASSWORD, "code": "", "next": place}
        status, _, fields = await scene.send("POST", f"{scene.platform}/sign-in", data=form, headers={"Origin": scene.platform})
        return fields.get("location", "") if status == 303 else f"nowhere ({status})"

    for place in ELSEWHERE:
        tries += 1
        if _leads_away(scene.platform, await leads(place)):
            led.append(place)
    for address in (scene.platform, scene.site.address):
        for path in ("//evil.example/x", "//evil.example", "/\\evil.example", "///evil.example/%2f.."):
            tries += 1
            answer = (await raw(address, scene.asking(address, path))).decode(errors="replace")
            links = re.findall(r'(?:href|src|action)="([^"]*)"|^location: ([^\r]*)', answer, re.MULTILINE | re.IGNORECASE)
            if any(_leads_away(address, html.unescape(one or other)) for one, other in links):
                led.append(address + path)
    own = await leads("/orders")
    got = f"led away: {led}" if led else "none leads away"
    return Tried("links and redirects to another site", tries, got, not led, f"to a page of its own: {own}", own == "/orders")


async def split_answers(scene: Scene) -> Tried:
    """Line breaks in paths and queries that come back in an answer's head."""
    smuggled = []
    tries = 0
    for address in (scene.platform, scene.site.address):
        for place in (
            "/desk/x%0d%0aSet-Cookie:%20planted=1/y",
            "/?lang=en%0d%0aSet-Cookie:planted=1",
            "/desk/%0aX/%0dY",
            "/x%0d%0a%0d%0a<html>",
        ):
            tries += 1
            answer = await raw(address, scene.asking(address, place))
            if re.search(rb"^set-cookie: ?planted", _head(answer), re.MULTILINE) or status_of(answer) >= 500:
                smuggled.append(place)
    own = [
        b"set-cookie: lang=en" in _head(await raw(address, scene.asking(address, "/?lang=en")))
        for address in (scene.platform, scene.site.address)
    ]
    got = f"got through: {smuggled}" if smuggled else "none got through"
    honestly = "?lang=en sets its cookie" if all(own) else "?lang=en sets no cookie"
    return Tried("line breaks in what an answer repeats", tries, got, not smuggled, honestly, all(own))


def _head(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[0].lower()


ATTACKS: Final[tuple[Attack, ...]] = (
    strangers,
    passwords_guessed,
    logins_told_apart,
    codes_used_again,
    pins_guessed,
    cookie_after_sign_out,
    session_planted,
    foreign_forms,
    frames,
    led_away,
    split_answers,
)
