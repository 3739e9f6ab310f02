"""Orders in a real browser: the list, one order followed, and its status link fit every width, and axe finds nothing."""

import importlib.util
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, async_playwright, expect

from tests.platform.orders.test_departures import sight
from tests.platform.orders.test_life import NUMBER, passed
from tests.platform.orders.test_pages import PAGE, Customs, customs
from tests.platform.person import PASSWORD
from tests.platform.samples import jpeg, order, sha256

__all__ = ["customs"]  # the fixture
CHROMIUM = shutil.which("chromium")
AXE = importlib.util.find_spec("axe_playwright_python")
SHOTS = os.environ.get("SHOTS")
pytestmark = pytest.mark.skipif(CHROMIUM is None or AXE is None, reason="needs chromium, and axe of the development set")


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    """A browser whose pages have had nothing to complain of when the test ends."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW")
        context.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        await browser.close()
    assert complaints == []


@pytest.mark.parametrize("language", ["zh_TW", "en"])
async def test_orders_fit_every_width_and_axe_finds_nothing(customs: Customs, context: BrowserContext, language: str) -> None:
    assert AXE is not None
    assert AXE.origin is not None
    script = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    picture = jpeg(width=640, height=480)
    shown = passed("origin", 9, "05:00:00", "out", lane_title="四櫃中心 116 號碼頭 出站 1")
    frame = {"sha256": sha256(picture), "device": "rear", "at": shown["opened_at"], "role": "frame"}
    shown["answer"]["containers"][0]["sights"][0]["picture"] = frame["sha256"]
    await customs.client.confirm(sight())
    await customs.client.confirm(shown | {"pictures": [frame]})
    await customs.client.picture(sha256(picture), picture)
    await customs.client.post("/api/orders", order(2, 2))
    page = await context.new_page()
    await page.goto(f"{customs.address}/sign-in?next={PAGE}&lang={language}")
    await page.locator("#login").fill("lin")
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(customs.address + PAGE)
    await page.locator("input[value=unsealed]").focus()
    await page.keyboard.press("Space")
    await page.locator("#place").fill("長榮倉庫 3 號碼頭")
    await page.locator("#reason").fill("現場開啟，封條完好")
    await page.keyboard.press("Enter")
    await expect(page.locator(".step-now strong")).to_have_text("已解封" if language == "zh_TW" else "Unsealed")
    await page.locator("#links form:last-child button").focus()
    await page.keyboard.press("Enter")
    link = re.sub(r".*/status/", "/status/", str(await page.locator("a.new-link").get_attribute("href")))
    for name, path in (("made", ""), ("list", "/orders?q=7EMU&state=issued"), ("order", PAGE), ("status", link)):
        if path:
            await page.goto(customs.address + path)
        assert await page.locator("html").get_attribute("lang") == ("zh-Hant-TW" if language == "zh_TW" else "en")
        for width in (1280, 820, 390, 320):
            await page.set_viewport_size({"width": width, "height": 800})
            if SHOTS:
                await page.screenshot(path=f"{SHOTS}/{name}-{language}-{width}.png", full_page=True)
            assert await page.evaluate("document.documentElement.scrollWidth") == width, (name, width)
        await page.evaluate(script)
        found = await page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], name
    assert NUMBER in await page.inner_text("h1")
