"""A clerk far away with a keyboard: signs in, takes what waits, corrects, decides."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.platform.desk.office import Office
from tests.platform.person import PASSWORD
from tests.platform.samples import order

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the package chromium")


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    """A browser that has had nothing to complain of when the test ends."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW")
        context.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        await browser.close()
    assert complaints == []


async def signed_in(context: BrowserContext, office: Office) -> Page:
    page = await context.new_page()
    await page.goto(office.address + "/desk")
    await page.locator("#login").fill("chen")
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(office.address + "/desk")
    return page


async def test_by_keyboard_from_the_queue_to_the_lanes_answer(office: Office, context: BrowserContext) -> None:
    await office.client.post("/api/orders", order())
    page = await signed_in(context, office)
    await page.locator("button[value=claim]").focus()
    await page.keyboard.press("Enter")
    number = page.locator("input[data-number=container]").first
    await number.fill("TEMU9221352")
    await expect(page.locator(".number-hint-odd").first).to_contain_text("3")  # what the check digit would be
    await number.fill("TEMU9221353")
    await expect(page.locator(".number-hint-good").first).to_be_visible()
    await page.locator("input[value=refuse]").focus()
    await page.keyboard.press("Space")
    await page.locator("#reason").select_option(index=8)
    await page.locator("#own_words").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#stage")).to_contain_text("正在傳送到車道")
    [ruling] = (await office.gate.asks()).rulings
    office.gate.waiting = []
    await office.gate.asks(answered=((ruling.ruling_id, "taken"),))
    await expect(page.locator("#stage")).to_contain_text("車道已執行這項決定")  # by itself
    await expect(page.locator(".passage-head .mark-stop")).to_be_visible()


async def test_the_queue_follows_by_itself_and_a_case_that_ends_is_not_left_standing(
    office: Office, context: BrowserContext
) -> None:
    page = await signed_in(context, office)
    queue = await context.new_page()
    async with queue.expect_request("**/api/live"):
        await queue.goto(office.address + "/desk")
    await page.locator("button[value=claim]").click()
    await expect(queue.locator("tbody tr")).to_contain_text("您")
    await page.locator("#own_words").fill("I am writing")
    office.gate.waiting.append({"lane": "lane-2", "passage_id": "p-2", "since": "2026-11-23T03:44:00Z", "outcome": "STOP"})
    await office.gate.asks()
    await expect(queue.locator("tbody tr")).to_have_count(2)
    assert await page.locator("#own_words").input_value() == "I am writing"  # news of others disturb nobody
    office.gate.waiting = []
    await office.gate.asks()
    await expect(page.locator("#stage")).to_contain_text("不再等待人工處理")
    await expect(queue.locator("main")).to_contain_text("目前沒有車輛等待人工處理")
