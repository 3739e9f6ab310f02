"""People: passwords, PINs and badges guessed, sessions stolen or planted, forms of other sites, pages put into frames."""

import os
import statistics
import time
from typing import Final

import aiohttp

from bench.attack_table.scene import Attack, Scene, Tried, counted, raw, status_of
from gateway.model.clock import utc_now
from gateway.platform.accounts.roles import Role
from gateway.platform.accounts.second_factor import code_at
from tests.display.desk.gate import BADGE, OFFICER_PIN, SUPERVISOR_PIN, Clerk
from tests.platform.person import PASSWORD, Person, add_account

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


async def strangers(scene: Scene) -> Tried:
    """Whoever has neither signed in nor the token asks for everything that there is to read."""
    paths = ("/", "/orders", "/orders/x", "/passages/kh-a/1", "/desk", "/desk/kh-a/p", "/pictures/x.jpg", "/metrics", "/api/orders")
    paths += ("/api/orders/x", "/api/confirmations", "/api/confirmations/kh-a/1", "/api/pictures/x", "/api/feed", "/api/live")
    paths += (
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
    found, host = [], scene.platform.removeprefix("http://")
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "TRACE"):
            request = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            found.append(status_of(await raw(scene.platform, request.encode())))
    return Tried("everything asked for without signing in", len(found), counted(found), set(found) <= {303, 400, 401, 404, 405})


async def passwords_guessed(scene: Scene) -> Tried:
    """One after the other; at last the right one, while the login is locked."""
    await add_account(scene.platform_data, "guessed", Role.CLERK)
    found = []
    async with Person(scene.platform) as guesser:
        for _ in range(scene.times(100)):
            found.append((await guesser.sign_in("guessed", os.urandom(6).hex()))[0])
        status, _ = await guesser.sign_in("guessed", PASSWORD)
        inside = bool(guesser.cookie("session"))
    tested = found.count(422)
    got = f"{tested} tested, then locked for a minute and longer; the right one then: {status}"
    return Tried("a password guessed, at last rightly", len(found) + 1, got, tested <= 5 and not inside and status == 429)


async def logins_told_apart(scene: Scene) -> Tried:
    """Whether the time of an answer tells that a login exists. Each login is tried but four times, so that none is locked."""
    await add_account(scene.platform_data, "timed", Role.CLERK)
    took: dict[str, list[float]] = {"timed": [], "nobody": []}
    async with Person(scene.platform) as guesser:
        for _ in range(4):
            for login, times in took.items():
                begun = time.perf_counter()
                await guesser.sign_in(login, "a wrong password")
                times.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(times) * 1000 for times in took.values())
    got = f"known {known:.0f} ms, unknown {unknown:.0f} ms"
    return Tried("logins told apart by the time of the answer", 8, got, 0.5 < known / unknown < 2)


async def codes_used_again(scene: Scene) -> Tried:
    """A second factor's code, seen over a shoulder and used once more; and no code at all."""
    key = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    await add_account(scene.platform_data, "factor", Role.CLERK, second_factor=key)
    code = code_at(key, utc_now())
    found = []
    for given in (code, code, ""):
        async with Person(scene.platform) as person:
            await person.sign_in("factor", code=given)
            found.append(bool(person.cookie("session")))
    return Tried("a second factor's code used again, or left out", 2, f"let in: {found[1:]}", found == [True, False, False])


async def pins_guessed(scene: Scene) -> Tried:
    """At the gate's desk; at last the right PIN, and the right badge after wrong ones. A colleague's PIN still counts."""
    found, last = [], []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        clerk = Clerk(scene.site.address, session)
        await clerk.open("lane-1")
        for number in range(scene.times(50)):
            found.append(await _ruled(clerk, pin=f"{100_000 + number}"))
        last.append(await _ruled(clerk, pin=OFFICER_PIN))
        for number in range(scene.times(50)):
            found.append(await _ruled(clerk, staff_id="", pin="", badge=f"{number:08d}"))
        last.append(await _ruled(clerk, staff_id="", pin="", badge=BADGE))
        colleague = await _ruled(clerk, staff_id="S002", pin=SUPERVISOR_PIN)
    held = set(found) == {409} and last == [409, 409] and colleague == 303
    await _next_vehicle(scene)
    got = f"{counted(found)}; the right ones while locked: {counted(last)}; a colleague's PIN: {colleague}"
    return Tried("a PIN and a badge guessed, at last rightly", len(found) + 2, got, held)


async def _ruled(clerk: Clerk, **identity: str) -> int:
    """303: the gate took the ruling, which is to hold the vehicle."""
    return (await clerk.send("lane-1", decision="refuse", reason="Held for Customs", **identity))[0]


async def _next_vehicle(scene: Scene) -> None:
    scene.site.module.drive("loop", on=False)
    await scene.site.until(scene.site.is_empty)
    scene.site.module.drive("loop", on=True)
    await scene.site.until(scene.site.waits)


async def cookie_after_sign_out(scene: Scene) -> Tried:
    async with Person(scene.platform) as victim:
        await victim.sign_in("chen")
        stolen = victim.cookie("session")
        inside = (await _desk(scene, stolen))[0]
        await victim.get("/desk")
        await victim.post("/sign-out")
    status, where = await _desk(scene, stolen)
    held = inside == 200 and status == 303 and where.startswith("/sign-in")
    return Tried("a stolen session after the person signed out", 1, f"{status} to {where}", held)


async def _desk(scene: Scene, cookie: str) -> tuple[int, str]:
    status, _, fields = await scene.send("GET", f"{scene.platform}/desk", cookies={"session": cookie})
    return status, fields.get("location", "")


async def session_planted(scene: Scene) -> Tried:
    """A cookie that the attacker knows is in the browser before its person signs in."""
    planted = "ab" * 32
    form = {"login": "chen", "password": PASSWORD, "code": "", "next": "/desk"}
    headers = {"Origin": scene.platform, "Cookie": f"session={planted}"}
    _, _, fields = await scene.send("POST", f"{scene.platform}/sign-in", data=form, headers=headers)
    inside = (await _desk(scene, planted))[0]
    fresh = planted not in fields["set-cookie"]
    return Tried(
        "a session planted before the sign-in", 1, f"a new one is given; the planted one: {inside}", fresh and inside == 303
    )


async def foreign_forms(scene: Scene) -> Tried:
    """Forms that another site sends in the name of who has signed in: at the platform and at the gate."""
    found = []
    async with Person(scene.platform) as chen, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await chen.sign_in("chen")
        await chen.get("/desk")
        clerk = Clerk(scene.site.address, session)
        await clerk.open("lane-1")
        for origin in FOREIGN:
            headers = {"Origin": origin} if origin else {}
            cookies = {"session": chen.cookie("session")}
            for path in ("/sign-in", "/sign-out", "/desk/kh-a/p"):
                form = {"login": "lin", "password": PASSWORD, "form_token": chen.form_token, "action": "claim"}
                answer = await scene.send("POST", scene.platform + path, data=form, headers=headers, cookies=cookies)
                found.append(answer[0])
            found.append((await clerk.send("lane-1", headers=headers))[0])
            found.append((await clerk.send("lane-1", headers={"Origin": scene.site.address, "Sec-Fetch-Site": "cross-site"}))[0])
        still = (await _desk(scene, chen.cookie("session")))[0]
    held = set(found) <= {400, 403} and still == 200 and scene.site.waits()
    return Tried("forms of another site", len(found), f"{counted(found)}; the person is still signed in", held)


async def frames(scene: Scene) -> Tried:
    """Whether any answer may be put into a frame, run what it did not bring itself, or be taken for another type."""
    without = []
    addresses = [scene.platform + path for path in PAGES] + [scene.site.address + path for path in GATE_PAGES]
    for address in addresses:
        _, _, fields = await scene.send("GET", address, cookies=scene.inside if address.startswith(scene.platform) else {})
        policy = fields.get("content-security-policy", "")
        sure = "frame-ancestors 'none'" in policy and "default-src 'self'" in policy and "unsafe" not in policy
        if not (sure and fields.get("x-content-type-options") == "nosniff"):
            without.append(address.split("/", 3)[3])
    got = (
        f"without the fields: {', '.join('/' + path for path in without)}" if without else "frame-ancestors 'none', nosniff on each"
    )
    return Tried("pages in frames, scripts from elsewhere", len(addresses), got, not without)


async def led_away(scene: Scene) -> Tried:
    """Addresses of another site where the sign-in leads afterwards, in paths, and in the links of pages."""
    wanted = (
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
    led = []
    for place in wanted:
        form = {"login": "lin", "password": PASSWORD, "code": "", "next": place}
        status, _, fields = await scene.send("POST", f"{scene.platform}/sign-in", data=form, headers={"Origin": scene.platform})
        where = fields.get("location", "")
        if status == 303 and (where.startswith(("//", "/\\")) or ":" in where):
            led.append(place)
    for address in (scene.platform, scene.site.address):
        for path in ("//evil.example/x", "//evil.example", "/\\evil.example", "///evil.example/%2f.."):
            answer = await raw(address, scene.asking(address, path))
            if (
                b'href="//' in answer
                or b'href="https' in answer
                or b"location: //" in answer.lower()
                or status_of(answer) in {301, 302, 307}
            ):
                led.append(f"{address}{path}")
    tries = len(wanted) + 8
    return Tried("links and redirects to another site", tries, f"led away: {led}" if led else "none leads away", not led)


async def split_answers(scene: Scene) -> Tried:
    """Line breaks in paths, queries and fields that come back in an answer's head."""
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
            head = answer.partition(b"\r\n\r\n")[0].lower()
            if b"\nset-cookie: planted" in head or b"\nset-cookie:planted" in head or status_of(answer) >= 500:
                smuggled.append(place)
    return Tried(
        "line breaks in what an answer repeats", tries, f"got through: {smuggled}" if smuggled else "none got through", not smuggled
    )


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
