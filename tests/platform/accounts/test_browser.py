"""Pages of accounts, keys and the trail in a real browser: by keyboard, at every width, in both languages, and axe."""

import re
import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from gateway.platform.accounts import second_factor
from tests.platform.accounts.conftest import Office
from tests.platform.person import PASSWORD

CHROMIUM = shutil.which("chromium")
AXE = find_spec("axe_playwright_python")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the package chromium")
TAGS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    """A browser that has had nothing to complain of when the test ends, but for answers of 422, which it always tells."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW")
        context.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        await browser.close()
    assert [one for one in complaints if "422 (Unprocessable Entity)" not in one] == []


async def signed_in(context: BrowserContext, office: Office, login: str, path: str) -> Page:
    page = await context.new_page()
    await page.goto(office.address + path)
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(office.address + path)
    return page


async def test_by_keyboard_an_account_is_made_and_its_person_sets_password_and_second_factor(
    keepers: Office, context: BrowserContext
) -> None:
    page = await signed_in(context, keepers, "boss", "/accounts")
    await page.locator("#name").focus()
    await page.keyboard.type("趙先生")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")  # the first of the roles
    await page.keyboard.press("Tab")
    await page.keyboard.type("zhao")
    await page.keyboard.press("Enter")
    password = await page.locator(".secret code").inner_text()
    await page.get_by_role("button", name="登出").click()
    await page.locator("#login").fill("04595257.zhao")
    await page.locator("#password").fill(password)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(keepers.address + "/account")
    await page.locator("#password").fill(password)
    await page.locator("#new_password").fill("short")
    await page.locator("#new_password_again").fill("short")
    await page.keyboard.press("Enter")
    await expect(page.locator("#problem-new_password")).to_contain_text("12 至 128")
    await page.locator("#password").fill(password)
    await page.locator("#new_password").fill(PASSWORD)
    await page.locator("#new_password_again").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".said")).to_contain_text("密碼已變更")
    await page.locator("#factor_password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    shot = cv2.imdecode(np.frombuffer(await page.locator(".factor figure").screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shot is not None
    read, *_ = cv2.QRCodeDetector().detectAndDecode(shot)  # as a phone would
    key = re.search(r"^otpauth://totp/gateway:04595257\.zhao\?secret=([A-Z2-7]{32})&", read)
    assert key is not None, read
    await page.locator("#code").fill(second_factor.code_at(key[1], keepers.clock.now))
    await page.keyboard.press("Enter")
    await expect(page.locator(".said")).to_contain_text("第二因子已設定")


@pytest.mark.skipif(AXE is None, reason="needs axe-playwright-python of the development set")
@pytest.mark.parametrize("language", ["zh_TW", "en"])
async def test_pages_fit_every_width_and_axe_finds_nothing(keepers: Office, context: BrowserContext, language: str) -> None:
    assert AXE is not None
    assert AXE.origin is not None
    script = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    page = await signed_in(context, keepers, "root", "/accounts")

    async def looked_at(name: str) -> None:
        for width, height in ((1920, 1080), (1280, 800), (820, 1180), (390, 844), (320, 640)):
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth") == width, (name, width)
        await page.set_viewport_size({"width": 1280, "height": 800})
        await page.evaluate(script)
        found = await page.evaluate(f"axe.run({{runOnly: {TAGS}}})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], name

    await page.goto(f"{keepers.address}/accounts?lang={language}")
    await looked_at("accounts")
    await page.locator("#name").fill("王大明")
    await page.locator("input[value=officer]").check()
    await page.locator("#login").fill("a b")
    await page.locator("#login").press("Enter")
    await looked_at("accounts with a problem")
    await page.locator("#login").fill("wang")
    await page.locator("#login").press("Enter")
    await looked_at("one-time password")
    await page.goto(keepers.address + "/accounts/wang")
    await looked_at("one account")
    await page.goto(keepers.address + "/accounts/root")
    await looked_at("the keeper's own account")
    await page.goto(keepers.address + "/account")
    await looked_at("own account")
    await page.locator("#factor_password").fill(PASSWORD)
    await page.locator("#factor_password").press("Enter")
    await looked_at("second factor")
    await page.goto(keepers.address + "/keys")
    await looked_at("no key")
    await page.locator("#name").fill("TMS")
    await page.locator("#firm").fill("04595257")
    await page.locator("#name").press("Enter")
    await looked_at("keys with a problem")
    await page.locator("input[name=scope_read]").check()
    await page.locator("#name").press("Enter")
    await looked_at("new key")
    await page.goto(keepers.address + "/keys")
    await looked_at("keys")
    await page.goto(keepers.address + "/webhooks")
    await looked_at("no webhook")
    await page.locator("#url").fill("https://10.0.0.1/events")
    await page.locator("#url").press("Enter")
    await looked_at("webhooks with a problem")
    await page.locator("#url").fill("https://depot.example/gateway-events")
    await page.locator("#url").press("Enter")
    await looked_at("a webhook's secret")
    await page.locator("a.button.primary").click()
    await looked_at("one webhook")
    await page.goto(keepers.address + "/webhooks")
    await looked_at("webhooks")
    await page.goto(keepers.address + "/trail?who=root")
    await looked_at("trail")
