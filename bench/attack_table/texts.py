"""Texts that are programs elsewhere: SQL, scripts, templates, control characters; in every field that takes a text.

What was taken is then looked at: every page of platform and gate is read for what stands in it unescaped, and loaded in a browser,
where a dialog or a complaint of the security policy counts as found.
"""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import quote

from aiohttp import ClientSession, CookieJar
from pydantic import BaseModel, ValidationError

from bench.attack_table.scene import Attack, Scene, Tried, counted
from gateway.display.board import Board
from gateway.display.view import LaneView
from gateway.platform.examples import CONFIRMATION, ORDER, REGISTER
from tests.display import scenes
from tests.display.desk.gate import DeskGate, publish
from tests.display.scenes import Album
from tests.platform.person import Person

M = TypeVar("M", bound=BaseModel)

SQL: Final = (
    "' OR '1'='1",
    "'; DROP TABLE orders; --",
    "' UNION SELECT password FROM accounts --",
    "%' ESCAPE '%",
    "\\",
    "%",
    "_",
    "\x00",
    "1; --",
    '"',
    "')) --",
)
SCRIPTS: Final = (
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7*191}}${7*191}",
    "a\u202e\u2066b\u200b",
    "\x1b[2J\x07\x00\x7f",
    "' onfocus=alert(1) autofocus='",
)
MARKS: Final = ("<img src=x", "<svg onload", "<script>alert", "1337", "\u202e", "\u2066", "\u200b", "\x1b", "\x07", "\x7f")


QUERIES: Final = (
    "/orders?q={0}",
    "/api/orders?q={0}",
    "/orders/{0}",
    "/api/orders/{0}",
    "/passages/{0}/1",
    "/?before={0}",
    "/api/feed?after={0}",
    "/api/confirmations?after={0}&direction={0}",
    "/api/confirmations/{0}/1",
    "/api/pictures/{0}",
    "/desk/{0}/{0}",
    "/sign-in?next={0}",
)
OWN: Final = {"lane", "mark", "light", "passage_id", "picture", "crop"}  # what the gate itself makes up


def leaves(message: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where texts stand in a message."""
    match message:
        case dict():
            for key, value in message.items():
                yield from leaves(value, (*path, key))
        case list() | tuple():
            for place, value in enumerate(message):
                yield from leaves(value, (*path, place))
        case str():
            yield path


def with_text(message: Any, path: tuple[str | int, ...], text: str) -> Any:
    if not path:
        return text
    if isinstance(message, dict):
        return message | {path[0]: with_text(message[path[0]], path[1:], text)}
    return [with_text(value, path[1:], text) if place == path[0] else value for place, value in enumerate(message)]


def _full_order() -> dict[str, Any]:
    """The example with everything in it that may be."""
    texts = ("trade_kind", "declaration", "master_bill", "house_bill", "customs_number", "manifest", "voyage", "vessel_code")
    texts += ("vessel_name", "clearance_mode", "release_conditions")
    cargo = dict.fromkeys(texts, "1") | {"quantity": "1"}
    seals = [{"kind": "8", "number": "VS00001234"}]
    vehicle = ORDER["vehicle"] | {"number": "1234", "haulier_name": "H"}
    return ORDER | {"cargo": [cargo], "seals": seals, "vehicle": vehicle}


def _full_record() -> dict[str, Any]:
    """The example with everything that lanes may say beside it."""
    seen = {"device": "d", "at": CONFIRMATION["opened_at"]}
    plate = CONFIRMATION["answer"]["containers"][0] | {"number": "KLA1234", "text": "KLA-1234", "role": "tractor"}
    plate = {key: value for key, value in plate.items() if key not in {"check_digit_valid", "size_type"}}
    ruling = seen | {
        "kind": "ruling",
        "passage_id": CONFIRMATION["passage_id"],
        "approved": True,
        "person": "P",
        "proof": "account",
        "may_release_stopped": False,
        "reason": "R",
        "order": "BD11020459525700001",
        "corrections": [{"subject": "container", "read": "A", "corrected": "TEMU9221353"}],
        "expires_at": seen["at"],
    }
    seal = {
        "kind": "vehicle_seal_heard",
        "number": "V",
        "rssi": -50.0,
        "inserted": True,
        "locked": True,
        "battery_percent": 90,
        "counter": 1,
    }
    return CONFIRMATION | {
        "answer": CONFIRMATION["answer"] | {"plates": [plate]},
        "ruling": ruling,
        "passes": [seen | {"kind": "pass_read", "technology": "uhf", "uid": "u", "holder": "h", "driving_licence": "l"}],
        "passive_seals": [seen | {"kind": "passive_seal_read", "epc": "e", "number": "n"}],
        "vehicle_seals": [seen | seal],
        "manual_openings": [seen | {"person": "p"}],
    }


async def hand_in_everywhere(scene: Scene, gate: str, texts: Sequence[str]) -> list[int]:
    """Every text in every field of an order, a register entry and a record, one at a time; the statuses."""
    found, serial = [], 0 if gate == "sql" else 50_000
    order, record = _full_order(), _full_record()
    assert await scene.hand_in("PUT", f"/api/gates/{gate}/confirmations/1", record | {"gate": gate}) == 201
    for text in texts:
        for path in leaves(order):
            serial += 1
            numbered = order | {"order_number": f"BD110204595258{serial:05d}", "message_id": f"{gate[:3].upper()}{serial:011d}"}
            found.append(await scene.hand_in("POST", "/api/orders", with_text(numbered, path, text)))
        for entry in REGISTER:
            found += [await scene.hand_in("POST", "/api/registry", with_text(entry, path, text)) for path in leaves(entry)]
        for path in leaves(record):
            serial += 1
            numbered = record | {"gate": gate, "sequence": serial + 1, "passage_id": f"{gate}-{serial}"}
            address = f"/api/gates/{gate}/confirmations/{serial + 1}"
            found.append(await scene.hand_in("PUT", address, with_text(numbered, path, text)))
    return found


async def sql(scene: Scene) -> Tried:
    """In every field that is stored, every query, path and form."""
    found = await hand_in_everywhere(scene, "sql", SQL[: 2 if scene.quick else None])
    wide = []
    for text in SQL:
        asked = quote(f"zz{text}", safe="")  # which is in no field
        for path in (asking.format(asked) for asking in QUERIES):
            status, body, _ = await scene.send("GET", scene.platform + path, cookies=scene.inside)
            found.append(status)
            if "q=" in path and b"BD1102" in body:
                wide.append(path)
        async with Person(scene.platform) as person:
            found.append((await person.sign_in(text, text, text))[0])
            if person.cookie("session"):
                wide.append(f"signed in as {text}")
        for path in (f"/lanes/{asked}", f"/events?lane={asked}", f"/pictures/{asked}.jpg", f"/lanes/{asked}/desk"):
            found.append((await scene.send("GET", scene.site.address + path))[0])
    there = (await scene.send("GET", f"{scene.platform}/orders", cookies=scene.inside))[0]
    held = not wide and there == 200 and max(found) < 500
    return Tried("SQL in every field, query, path and form", len(found), f"{counted(found)}"[:72] if held else f"got: {wide}", held)


async def scripts(scene: Scene) -> Tried:
    """In every field of order, register and record, and in what a gate shows; then every page that shows them."""
    found = await hand_in_everywhere(scene, "scripts", SCRIPTS[: 3 if scene.quick else None])
    taken = sum(status in {200, 201} for status in found)
    board, album = Board(), Album(scene.folder)
    publish(board, album)
    views = [
        poisoned(view, text) for text in SCRIPTS for view in (scenes.passed(album), scenes.referred(album), scenes.crowded(album))
    ]
    for number, view in enumerate(views):
        board.publish(view.model_copy(update={"lane": f"lane-x{number}"}))
    gate = DeskGate(board, album, scene.folder)
    await gate.start()
    try:
        pages = await _platform_pages(scene) + _gate_pages(gate, len(views), scene.quick)
        ran = await _unescaped(scene, pages)
        browser = "" if scene.quick else await _in_a_browser(scene, pages, ran)
    finally:
        await gate.stop()
    got = f"{taken} fields took one; {len(pages)} pages read{browser}: " + (f"got: {ran[0]}" if ran else "nothing ran")
    return Tried("scripts and odd characters in every field", len(found), got, not ran and max(found) < 500)


def poisoned(view: LaneView, text: str) -> LaneView:
    """The view with the text in every field that takes it."""
    said = view.model_dump(mode="json")
    for path in list(leaves(said)):
        if path[0] in OWN or path[-1] in OWN:
            continue
        changed = with_text(said, path, text)
        with suppress(ValidationError):
            LaneView.model_validate(changed)
            said = changed
    return LaneView.model_validate(said)


async def _platform_pages(scene: Scene) -> list[str]:
    one, two = quote(SCRIPTS[0]), quote(SCRIPTS[1])
    pages = ["/", "/orders", "/orders?q=a", "/desk", "/sign-in", "/nothing"]
    pages += [f"/orders?q={two}", f"/sign-in?next={two}", f"/?x={one}", f"/{one}"]
    async with scene.session.get(f"{scene.platform}/api/orders?limit=1000", cookies=scene.inside) as answer:
        pages += [f"/orders/{quote(one['order']['order_number'], safe='')}" for one in (await answer.json())["items"]]
    async with scene.session.get(f"{scene.platform}/api/confirmations?limit=200&direction=newest", cookies=scene.inside) as answer:
        records = [one["confirmation"] for one in (await answer.json())["items"]]
        pages += [f"/passages/{quote(one['gate'], safe='')}/{one['sequence']}" for one in records]
    kept = pages[:10] + pages[10 :: 8 if scene.quick else 1]
    return [scene.platform + page for page in kept]


def _gate_pages(gate: DeskGate, lanes: int, quick: bool) -> list[str]:
    names = [f"lane-x{number}" for number in range(0, lanes, 3 if quick else 1)]
    return [gate.address + page for page in ("/", *(f"/lanes/{name}{desk}" for name in names for desk in ("", "/desk")))]


async def _unescaped(scene: Scene, pages: list[str]) -> list[str]:
    found = []
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        for page in pages:
            async with session.get(page, cookies=scene.inside if page.startswith(scene.platform) else {}) as answer:
                html = await answer.text()
            if answer.status >= 500:
                found.append(f"{answer.status} {page}")
            found += [f"{mark!r} in {page}: {_around(html, mark)}" for mark in MARKS if mark in html]
    return found


def _around(html: str, mark: str) -> str:
    place = html.index(mark)
    return repr(html[max(0, place - 60) : place + 10])


async def _in_a_browser(scene: Scene, pages: list[str], found: list[str]) -> str:
    """What a browser finds goes into `found`; gives what to say of it in the table."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return ", no browser here"
    from playwright.async_api import async_playwright  # noqa: PLC0415 - a test's dependency

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = await browser.new_context()
        await context.add_cookies([{"name": "session", "value": scene.inside["session"], "url": scene.platform}])
        page = await context.new_page()
        page.on("dialog", lambda dialog: (found.append(f"dialog at {page.url}"), asyncio.ensure_future(dialog.dismiss()))[0])
        page.on("console", lambda said: found.append(f"{said.text} at {page.url}") if "Security Policy" in said.text else None)
        for address in pages:
            await page.goto(address, wait_until="domcontentloaded")
            for focusable in (await page.query_selector_all("input, textarea, [tabindex]"))[:3]:
                with suppress(Exception):
                    await focusable.focus()
        await browser.close()
    return " and loaded in Chromium"


ATTACKS: Final[tuple[Attack, ...]] = (sql, scripts)
