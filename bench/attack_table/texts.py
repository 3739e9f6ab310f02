"""Texts that are programs elsewhere: SQL, scripts, templates, control characters; in every field that takes a text.

What was taken is then looked at: every page of platform and gate is read for what stands in it unescaped, and loaded in a browser,
where a dialog or a complaint of the security policy counts as found.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

from aiohttp import ClientSession, CookieJar
from pydantic import BaseModel, ValidationError

from bench.attack_table.scene import CLERKS, Attack, Scene, Tried, code_now, counted
from gateway.display.board import Board
from gateway.display.view import LaneView
from gateway.platform.examples import CONFIRMATION, ORDER, REGISTER
from tests.display import scenes
from tests.display.desk.gate import Clerk, DeskGate, publish
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
    "{{7919*7907}}${7919*7907}",
    "a\u202e\u2066b\u200b",
    "\x1b[2J\x07\x00\x7f",
    "' onfocus=alert(1) autofocus='",
)
MARKS: Final = (
    "<img src=x",
    "<svg onload",
    "<script>alert",
    str(7919 * 7907),
    "\u202e",
    "\u2066",
    "\u200b",
    "\x1b",
    "\x07",
    "\x7f",
)


ESCAPED: Final = "&lt;img src=x"  # as a page shows the first of SCRIPTS
WILD: Final = ("BD1%595258", "BD1_0204595258")  # fit orders of these tests only where % and _ mean something
FORMS: Final = ("sign-in", "case", "desk")  # that come back with what was typed
NUMBERED: Final = "BD110204595258"
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
    texts = "trade_kind declaration master_bill house_bill customs_number manifest voyage vessel_code vessel_name clearance_mode"
    cargo = dict.fromkeys([*texts.split(), "release_conditions"], "1") | {"quantity": "1"}
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


def _full_report() -> dict[str, Any]:
    """What a gate says of its desk."""
    answered = {"ruling_id": "01932a6e-0000-7000-8000-00000000abcd", "answer": "taken"}
    passage = CONFIRMATION["passage_id"]
    waiting = {"lane": "out-1", "passage_id": passage, "since": CONFIRMATION["opened_at"], "outcome": "REFER"}
    return {"waiting": [waiting], "answered": [answered], "attended": [{"passage_id": passage, "person": "P"}]}


async def hand_in_everywhere(scene: Scene, gate: str, texts: Sequence[str]) -> list[int]:
    """Every text in every field of an order, a register entry, a record and a report, one at a time; the statuses."""
    found, serial = [], 0 if gate == "sql" else 50_000
    order, record, report = _full_order(), _full_record(), _full_report()
    assert await scene.hand_in("PUT", f"/api/gates/{gate}/confirmations/1", record | {"gate": gate}) == 201
    assert await scene.hand_in("POST", f"/api/gates/{gate}/desk", report) == 200
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
        for path in leaves(report):
            serial += 1
            found.append(await scene.hand_in("POST", f"/api/gates/{gate}-{serial}/desk", with_text(report, path, text)))
    return found


async def sql(scene: Scene) -> Tried:
    """In every field that is stored, every query, path and form."""
    found = await hand_in_everywhere(scene, "sql", SQL[: 1 if scene.quick else None])
    got: list[str] = []
    for text in SQL[: 3 if scene.quick else None]:
        asked = quote(f"zz{text}", safe="")  # which is in no field
        for path in (asking.format(asked) for asking in QUERIES):
            status, body, _ = await scene.send("GET", scene.platform + path, cookies=scene.inside)
            found.append(status)
            if "q=" in path and NUMBERED.encode() in body:
                got.append(path)
        async with Person(scene.platform) as person:
            found.append((await person.sign_in(text, text, text))[0])
            if person.cookie("session"):
                got.append(f"signed in as {text}")
        for path in (f"/lanes/{asked}", f"/events?lane={asked}", f"/pictures/{asked}.jpg", f"/lanes/{asked}/desk"):
            found.append((await scene.send("GET", scene.site.address + path))[0])
    for wild in WILD:
        status, finds = await _searched(scene, wild)
        found.append(status)
        if finds:
            got.append(wild)
    denied = not got and max(found) < 500
    _, own = await _searched(scene, NUMBERED)
    honestly = f"orders searched by their number: {'found' if own else 'not found'}"
    what = f"got: {got}" if got else counted(found)
    return Tried("SQL in every field, query, path and form", len(found), what, denied, honestly, own)


async def _searched(scene: Scene, text: str) -> tuple[int, bool]:
    """The status, and whether any of the orders that were handed in comes for this."""
    address = f"{scene.platform}/api/orders?q={quote(text, safe='')}"
    status, body, _ = await scene.send("GET", address, cookies=scene.inside)
    return status, NUMBERED.encode() in body


async def scripts(scene: Scene) -> Tried:
    """In every field of order, register, record and report, of what a gate shows, and of forms; then every page that shows them."""
    found = await hand_in_everywhere(scene, "scripts", SCRIPTS[: 1 if scene.quick else None])
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
        addresses = await _platform_pages(scene) + _gate_pages(gate, len(views), scene.quick)
        pages = await _read(scene, addresses) | await _typed_again(scene, gate)
        ran = [f"{mark!r} in {page}: {_around(text, mark)}" for page, text in pages.items() for mark in MARKS if mark in text]
        browser = None if scene.quick else await _in_a_browser(scene, addresses)
    finally:
        await gate.stop()
    escaped = [page for page, text in pages.items() if ESCAPED in text]
    forms = sum(f"{form}, {SCRIPTS[0]}" in escaped for form in FORMS)
    got = f"{taken} fields took one; {len(pages)} pages read"
    honestly = f"{len(escaped)} pages show the first of them as a text, {forms} forms among them"
    if browser:
        ran += browser.complaints
        got += " and loaded in Chromium"
        honestly += f"; a script that may run: {'noticed' if browser.notices else 'not noticed'} by the browser"
    got += f": {ran[0]}" if ran else ": nothing ran"
    served = len(escaped) > forms == len(FORMS) and (browser is None or browser.notices)
    return Tried("scripts and odd characters in every field", len(found), got, not ran and max(found) < 500, honestly, served)


async def _typed_again(scene: Scene, gate: DeskGate) -> dict[str, str]:
    """Forms that were wrong come back with what was typed."""
    pages = {}
    async with Person(scene.platform) as lin, ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        await lin.sign_in(CLERKS[3], code=code_now())
        case = f"/desk/scripts/{CONFIRMATION['passage_id']}"
        await lin.get(case)
        await lin.post(case, action="claim")
        clerk = Clerk(gate.address, session)
        await clerk.open("lane-2")
        for text in SCRIPTS[: 2 if scene.quick else None]:
            async with Person(scene.platform) as stranger:
                pages[f"{FORMS[0]}, {text}"] = (await stranger.sign_in(text, text, text, go_to=text))[1]
            typed = dict.fromkeys(("own_words", "order_other", "order", "reason"), text)
            pages[f"{FORMS[1]}, {text}"] = (await lin.post(case, action="decide", decision="approve", **typed))[1]
            pages[f"{FORMS[2]}, {text}"] = (await clerk.send("lane-2", changes=typed | {"staff_id": text, "pin": "1"}))[1]
    return pages


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


async def _read(scene: Scene, addresses: list[str]) -> dict[str, str]:
    pages = {}
    for address in addresses:
        _, body, _ = await scene.send("GET", address, cookies=scene.inside if address.startswith(scene.platform) else {})
        pages[address] = body.decode()
    return pages


def _around(html: str, mark: str) -> str:
    place = html.index(mark)
    return repr(html[max(0, place - 60) : place + 10])


@dataclass(frozen=True, slots=True)
class _Browser:
    """What a browser complained of, and whether it does where a script may run."""

    complaints: list[str]
    notices: bool


async def _in_a_browser(scene: Scene, addresses: list[str]) -> _Browser | None:
    """None where there is no browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    from playwright.async_api import Dialog, async_playwright  # noqa: PLC0415 - a test's dependency

    heard: list[str] = []

    async def dismissed(dialog: Dialog) -> None:
        heard.append(f"dialog at {page.url}")
        await dialog.dismiss()

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = await browser.new_context()
        await context.add_cookies([{"name": "session", "value": scene.inside["session"], "url": scene.platform}])
        page = await context.new_page()
        page.on("dialog", dismissed)
        page.on("console", lambda said: heard.append(f"{said.text} at {page.url}") if "Security Policy" in said.text else None)
        await page.set_content(f"<p>{SCRIPTS[0]}</p>")
        await page.wait_for_event("dialog") if not heard else None
        notices = bool(heard)
        heard.clear()
        for address in addresses:
            await page.goto(address, wait_until="domcontentloaded")
            await page.evaluate("document.querySelectorAll('input, textarea, [tabindex]').forEach(one => one.focus())")
        await browser.close()
    return _Browser(heard, notices)


ATTACKS: Final[tuple[Attack, ...]] = (sql, scripts)
