"""The pages in a real browser: they follow the platform by themselves, fit a phone, and open pictures whole."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.platform.conftest import Client
from tests.platform.samples import confirmation, jpeg, order, sha256, verdict

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the package chromium")
NUMBER = "BD11020459525700001"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page that has had nothing to complain of when the test ends."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 320, "height": 640})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
    assert complaints == []


async def test_pages_follow_fit_and_open_pictures(platform: Client, page: Page) -> None:
    picture = jpeg(width=640, height=480)
    await platform.post("/api/orders", order())
    await page.goto(platform.address + "/")
    await expect(page.locator("main")).to_contain_text("尚無車道確認")
    async with page.expect_request("**/api/live"):
        await page.goto(platform.address + "/?lang=en")
    await platform.confirm(confirmation(pictures=(picture,), verdict=verdict("PASS", [NUMBER])))
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("Picture not here yet")
    await platform.picture(sha256(picture), picture)
    await page.locator("tbody tr img").wait_for()
    for path in ("/", "/passages/ct4-116/1", "/orders", f"/orders/{NUMBER}"):
        await page.goto(platform.address + path)
        assert await page.evaluate("document.documentElement.scrollWidth") == 320, path
    await page.goto(platform.address + "/passages/ct4-116/1")
    await page.locator(".claim a[data-picture]").focus()
    await page.keyboard.press("Enter")
    assert await page.locator(".viewer svg").last.get_attribute("viewBox") == "0 0 640 480"
    await page.keyboard.press("Escape")
    await expect(page.locator(".viewer")).to_have_count(0)
    await expect(page.locator(".claim a[data-picture]")).to_be_focused()
