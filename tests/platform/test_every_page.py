"""Every page of the platform in a browser: on a phone, in both languages, by keyboard, with axe. The test lists them itself."""

import re
import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from gateway.platform.accounts.roles import Role
from tests.platform.filled import Filled, filled

CHROMIUM = shutil.which("chromium")
AXE = find_spec("axe_playwright_python")
pytestmark = pytest.mark.skipif(CHROMIUM is None or AXE is None, reason="needs chromium, and axe of the development set")
WIDTH, HEIGHT = 390, 844
OTHER_WIDTHS = (1280, 820, 320)
TAGS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
ENGLISH_SENTENCE = re.compile(r"\b[A-Z]?[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
# Notes each control that gets the focus, and whether it looks different with it.
WATCH = """() => {
  const look = (one) => {
    const style = getComputedStyle(one);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.fill, style.stroke].join();
  };
  const may = "a[href], button, input, select, textarea, summary, [tabindex]";
  const controls = [...document.querySelectorAll(may)].filter((one) =>
    (one.tabIndex >= 0 || one.matches("a, button, input, select, textarea")) && !one.ariaHidden &&
    !one.disabled && one.type !== "hidden" && one.checkVisibility({ visibilityProperty: true }));
  document.activeElement.blur();
  const before = new Map(controls.map((one) => [one, look(one)]));
  const reached = new Set();
  const unseen = new Set();
  document.addEventListener("focusin", (event) => {
    reached.add(event.target);
    if (before.get(event.target) === look(event.target)) unseen.add(event.target.outerHTML.slice(0, 200));
  });
  window.byKeyboard = () => ({
    missed: controls.filter((one) => {
      // of a group of radio buttons, Tab goes to one, and the arrows to the others
      const group = one.type === "radio" ? document.getElementsByName(one.name) : [one];
      return ![...group].some((other) => reached.has(other));
    }).map((one) => one.outerHTML.slice(0, 200)),
    unseen: [...unseen],
  });
  return controls.length + 4 * document.querySelectorAll("input[type=date]").length;  // whose parts are stops, too
}"""
IN_WORDS = """() => {
  const body = document.body.cloneNode(true);
  for (const code of body.querySelectorAll("code, .number, pre, [lang], textarea")) code.remove();
  return body.textContent;
}"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _page(browser: Browser, there: Filled, role: Role | None, language: str, complaints: list[str]) -> Page:
    """A browser with the session of one of the people, who have signed in already."""
    context = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale=language.replace("_", "-"))
    cookies = {"lang": language} | ({"session": there.people[role].cookie("session")} if role else {})
    await context.add_cookies([{"name": name, "value": value, "url": there.customs.address} for name, value in cookies.items()])
    context.on("console", lambda message: complaints.append(f"{message.page.url if message.page else ''} {message.text}"))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return await context.new_page()


async def test_every_page_on_a_phone_in_both_languages_by_keyboard(tmp_path: Path, browser: Browser) -> None:
    assert AXE is not None
    assert AXE.origin is not None
    axe = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    found: list[tuple[str, str, Any]] = []
    opened: list[str] = []
    complaints: list[str] = []
    async with filled(tmp_path) as there:
        open_pages = {
            (role, language): await _page(browser, there, role, language, complaints)
            for role in (None, Role.OFFICER, Role.ADMINISTRATOR, Role.FIRM_MANAGER)
            for language in ("zh_TW", "en")
        }
        for asked, role, address in there.addresses():
            answer = await open_pages[role, "en"].request.get(there.customs.address + address)
            assert answer.status == 200, address
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            for language in ("zh_TW", "en"):
                page = open_pages[role, language]
                await page.goto(there.customs.address + address)
                found += [(address, language, one) for one in await _wrong(page, language, axe)]
            opened.append(asked.path)
    assert found == [], "\n".join(map(str, found))
    assert complaints == []
    assert len(opened) > 30


async def _wrong(page: Page, language: str, axe: str) -> list[Any]:
    wrong: list[Any] = []
    if await page.locator("html").get_attribute("lang") != ("zh-Hant-TW" if language == "zh_TW" else "en"):
        wrong.append("another language")
    for width in (*OTHER_WIDTHS, WIDTH):
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        if (wide := await page.evaluate("document.documentElement.scrollWidth")) != width:
            wrong.append(f"{wide} wide at {width}")
    if (headings := await page.locator("h1").count()) != 1:
        wrong.append(f"{headings} h1")
    if (await page.title()).strip() in {"", "gateway"}:
        wrong.append("no title of its own")
    if language == "zh_TW":
        wrong += ENGLISH_SENTENCE.findall(await page.evaluate(IN_WORDS))
        wrong += await _not_by_keyboard(page)
    await page.evaluate(axe)
    judged = await page.evaluate(f"axe.run({{runOnly: {TAGS}}})")
    return wrong + [(one["id"], one["nodes"][0]["html"]) for one in judged["violations"]]


async def _not_by_keyboard(page: Page) -> list[Any]:
    """In one language: the controls of the other are the same."""
    for _ in range(await page.evaluate(WATCH) + 3):
        await page.keyboard.press("Tab")
    return [(sort, one) for sort, ones in (await page.evaluate("byKeyboard()")).items() for one in ones]
