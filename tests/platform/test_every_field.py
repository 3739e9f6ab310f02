"""Every field of every form takes what is hostile: it is refused with a reason, or stored and shown harmlessly.

The test lists them itself. Each field in turn gets each text in a form that is good otherwise; then all pages are read again.
"""

import csv
import io
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.async_api import async_playwright
from pydantic import SecretStr
from yarl import URL

from gateway.platform.accounts.roles import Role
from gateway.platform.registry.flat import flat
from gateway.platform.registry.kinds import KINDS
from tests.platform.desk.office import CASE
from tests.platform.entry.test_form import FILLED as ORDER_FORM
from tests.platform.filled import Filled, claim, filled
from tests.platform.page_forms import Form, forms_of
from tests.platform.person import PASSWORD, Person

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the package chromium")
HOSTILE: Final[dict[str, bytes]] = {
    "script": b"<script>alert(1)</script>",
    "attribute": b'"><img src=x onerror=alert(1)>',
    "sql": b"'; DROP TABLE orders;--",
    "template": b"{{1234567*7}}",
    "nul": b"a\0b",
    "controls": "a\x1b[2J\x07\x7f\x85\x9bb".encode(),
    "lines": "a\r\nSet-Cookie: b=c\u2028d".encode(),
    "bidi": "a\u202egpj.exe\u2066b".encode(),
    "zero-width": "a\u200b\u200d\ufeffb".encode(),
    "surrogate": b"a\xed\xa0\x80b",
    "formula": b"=cmd|' /C calc'!A0",
    "digits": b"9" * 5000,
    "fullwidth": "０４５９５２５７".encode(),
    "megabyte": b"x" * (1 << 20),
}
# What no page may have in it: a script or element of ours, a result that was reckoned out, a character that is not seen.
UNSEEN: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
HARM: Final = re.compile(rf"<script>alert|<img src=x|8641969|[{UNSEEN}]")
FORMULA: Final = re.compile(r"[=+@\t\r-]")
CARGO: Final = {"cargo.0.trade_kind": "E", "cargo.0.declaration": "BD/11/045/A0012", "cargo.0.quantity": "3"}
GOOD: Final = {
    "/accounts": {"name": "王大明", "login": "wang-{n}"},
    "/keys": {"name": "TMS", "scope_read": "1", "per_minute": "60"},
    "/orders/new": ORDER_FORM | CARGO,
    CASE: {"decision": "refuse", "own_words": "Held", "action": "decide"},
    "/account/password": {"password": PASSWORD, "new_password": "another horse", "new_password_again": "another horse"},
}


def good(form: Form, serial: int) -> dict[str, str]:
    """What makes the form a good one, beside what it has already."""
    made = dict(GOOD.get(form.action, {}))
    found = re.fullmatch(r"/registers/(\w+)/\+new", form.action)
    if found:
        kind = KINDS[found[1]]
        made = {name: text for name, text in flat(kind.example).items() if text and "." not in name}
        made[kind.key] = f"{made[kind.key][:-4]}{serial:04}"
    if form.action.endswith("/life"):
        made = {"what": "unsealed", "reason": "seen"}
    return {name: text.format(n=serial) if name == "login" else text for name, text in made.items()}


class Attacker:
    """One person with one platform; what was wrong is gathered, so that one run tells all."""

    def __init__(self, there: Filled) -> None:
        self._there = there
        self.wrong: list[object] = []
        self.tries = self.stored = 0
        self.led_to: set[str] = set()
        self._serials = itertools.count()

    async def attack(self, person: Person, page_address: str, place: int, form: Form) -> None:
        for name in form.typed:
            for sort, text in HOSTILE.items():
                if sort == "megabyte" and name != form.typed[0]:
                    continue  # the whole form is refused, whichever field it is in
                await self._send(person, page_address, place, form, name, sort, text)
        for name in form.files:
            for sort, text in HOSTILE.items():
                await self._send_file(person, page_address, form, name, sort, text)

    async def _send(self, person: Person, page_address: str, place: int, form: Form, name: str, sort: str, text: bytes) -> None:
        self.tries += 1
        values = form.values | good(form, next(self._serials)) | {name: text}
        headers = {"Origin": person.address}
        if form.method == "get":
            url = URL(f"{person.address}{form.action}?{urlencode(values)}", encoded=True)
            request = person._session.get(url, headers=headers, allow_redirects=False)
        else:
            body = urlencode(values).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            request = person._session.post(
                person.address + form.action, data=io.BytesIO(body), headers=headers, allow_redirects=False
            )
        async with request as answer:
            await self._judge((page_address, form.action, name, sort), name, answer.status, await answer.text(errors="replace"))
            done = answer.status == 303
            self.led_to.add(answer.headers.get("Location", ""))
        if done:
            self.stored += 1
            await self._renew(person, page_address, place, form)

    async def _renew(self, person: Person, page_address: str, place: int, form: Form) -> None:
        """What was stored has a new version; a case that was decided has to be referred again."""
        if form.action == CASE:
            rulings = (await self._there.gate.asks()).rulings
            await self._there.gate.asks(answered=tuple((one.ruling_id, "expired") for one in rulings))
            await claim(person)
        _, page = await person.get(page_address)
        fresh = forms_of(page, page_address)[place]
        form.values |= {name: text for name, text in fresh.values.items() if name in {"form_token", "+version"}}

    async def _send_file(self, person: Person, page_address: str, form: Form, name: str, sort: str, text: bytes) -> None:
        self.tries += 1
        columns = b"container.number,plate," if "upload" in form.action else b"place,name,"
        lines = columns + text + b"\n" + b",".join([text] * 3) + b"\n"
        sheet = io.BytesIO(_multipart(form.values["form_token"], name, text[:200], lines))
        headers = {"Origin": person.address, "Content-Type": "multipart/form-data; boundary=limit"}
        async with person._session.post(person.address + form.action, data=sheet, headers=headers) as answer:
            await self._judge((form.action, name, sort), name, answer.status, await answer.text(errors="replace"))
            address = answer.url.path
        if "/orders/upload/" in address:
            await self.read(person, address)
            await self.read(person, f"{address}/problems.csv")
            await person.post(address, action="forget")

    async def _judge(self, tried: object, name: str, status: int, page: str) -> None:
        if status >= 500 or status < 200:
            self.wrong.append((tried, status))
        if found := HARM.search(page):
            self.wrong.append((tried, status, "echoed", page[max(0, found.start() - 60) : found.end() + 20]))
        group = re.escape(name.partition(".")[0])  # rows close up: what was typed in the third is wrong in the second
        named = rf'(?:problem-|remark-|#)(?:factor_)?{group}[.\w]*"' if name != "file" else "<li>|<td[ >]|role=.alert"
        if status == 422 and not re.search(named, page):
            told = re.findall(r"<li>.*?</li>|field-problem.*?<", page)
            self.wrong.append((tried, status, "names another field", told[:3]))

    async def read(self, person: Person, address: str) -> str:
        """A page, or a file: harmless either way."""
        async with person._session.get(person.address + address) as answer:
            text = (await answer.read()).decode("utf-8", "replace")
            if answer.status != 200:
                self.wrong.append((address, answer.status))
            if answer.content_type == "text/html" and (found := HARM.search(text)):
                self.wrong.append((address, "shown", text[max(0, found.start() - 60) : found.end() + 20]))
            if answer.content_type == "text/csv":
                self.wrong += [(address, "a formula", cell) for cell in formulas(text)]
            return text if answer.content_type == "text/html" else ""


def _multipart(form_token: str, name: str, filename: bytes, data: bytes) -> bytes:
    """As a browser writes it, which escapes three characters of a file's name and leaves the others."""
    for character in (b"\r", b"\n", b'"'):
        filename = filename.replace(character, b"%%%02X" % character[0])
    head = b'--limit\r\nContent-Disposition: form-data; name="%s"'
    token = head % b"form_token" + b"\r\n\r\n" + form_token.encode() + b"\r\n"
    return token + head % name.encode() + b'; filename="' + filename + b'"\r\n\r\n' + data + b"\r\n--limit--\r\n"


def formulas(text: str) -> Iterator[str]:
    for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        yield from (cell[:80] for cell in line if FORMULA.match(cell) and not re.fullmatch(r"[+-]?[0-9.]+", cell))


# aiohttp says so of the name of a file that it cannot read.
@pytest.mark.filterwarnings("ignore::aiohttp.multipart.BadContentDispositionHeader")
async def test_every_field_takes_what_is_hostile(tmp_path: Path, database_url: SecretStr | None) -> None:
    async with filled(tmp_path, database_url) as there:
        attacker, tried = Attacker(there), set()
        # The form of the sign-in is tried by bench/attack_table/texts.py, which tests/bench runs.
        addresses = [(role or Role.OFFICER, address) for _, role, address in there.addresses() if address != "/sign-in"]
        addresses += [(Role.FIRM_MANAGER, address) for address in ("/orders/new", "/accounts", "/keys", "/registers/driver/+new")]
        for role, address in addresses:
            person = there.people[role]
            async with person._session.get(person.address + address) as answer:
                if answer.content_type != "text/html":
                    continue
            _, page = await person.get(address)
            for place, form in enumerate(forms_of(page, address)):
                if (role, form.action, tuple(form.typed)) in tried or not (form.typed or form.files):
                    continue
                tried.add((role, form.action, tuple(form.typed)))
                await attacker.attack(person, address, place, form)
        orders = [f"{address}{ending}" for address in attacker.led_to if "/orders/" in address for ending in ("", "/export.csv")]
        addresses += [(Role.OFFICER, address) for address in orders]
        bear_it = []
        for role, address in addresses:
            text = await attacker.read(there.people[role], address)
            if "alert(1)" in text:
                bear_it.append((role, address))
        assert attacker.wrong == [], "\n".join(str(one)[:400] for one in attacker.wrong)
        assert (attacker.tries > 1000, attacker.stored > 100, len(orders) > 20, len(bear_it) > 5) == (True,) * 4
        await no_script_runs(there, bear_it)


async def no_script_runs(there: Filled, addresses: list[tuple[Role, str]]) -> None:
    """In a browser, which would open a dialog, or complain of what the content policy keeps from running."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context()
        context.on("console", lambda message: complaints.append(message.text))
        context.on("dialog", lambda dialog: complaints.append(dialog.message))
        for role, address in addresses:
            session = there.people[role].cookie("session")
            await context.add_cookies([{"name": "session", "value": session, "url": there.customs.address}])
            page = await context.new_page()
            await page.goto(there.customs.address + address)
            assert await page.locator("main").count() == 1, address
            await page.close()
        await browser.close()
    assert complaints == []
