"""A depot's clerk with a keyboard and a browser: an order in few keys, the script's checks, every page at every width, and axe."""

import shutil
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright, expect

from tests.platform.conftest import Client
from tests.platform.entry.files import as_csv, row
from tests.platform.entry.vectors import VECTORS
from tests.platform.person import PASSWORD
from tests.platform.samples import order

CHROMIUM = shutil.which("chromium")
AXE = find_spec("axe_playwright_python")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the package chromium")
FIRST = "BD15110459525750000"
REFUSED = "the server responded with a status of 422"  # what a browser says of a form that is shown again


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    """A browser that has had nothing to complain of when the test ends."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW")
        context.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        await browser.close()
    assert complaints == []


def _is_complaint(message: ConsoleMessage) -> bool:
    """Not a form that is shown again (422)."""
    return message.type in {"error", "warning"} and REFUSED not in message.text


async def signed_in(context: BrowserContext, depot: Client, login: str = "wang") -> Page:
    page = await context.new_page()
    await page.goto(depot.address + "/sign-in?next=/orders/new")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator(".order-form").wait_for()
    return page


class Keys:
    """Counts what is pressed."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    async def type(self, text: str) -> None:
        await self._page.keyboard.type(text)
        self.pressed += len(text)

    async def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            await self._page.keyboard.press(key)
        self.pressed += times


async def test_an_order_by_keyboard_alone_takes_few_keys(depot: Client, context: BrowserContext) -> None:
    earlier = order()
    await depot.post("/api/orders", earlier)
    page = await signed_in(context, depot)
    keys = Keys(page)
    await keys.type("kel")  # the place's code is completed when the field is left
    await keys.press("Tab", 2)  # over what is folded away
    await keys.type("temu9221353")
    await keys.press("Tab")
    await keys.type("45g1")
    await keys.press("Tab")
    await keys.type("1234")  # the plate, the driver, the licence and the haulier with it
    await keys.press("Tab", 5)
    await expect(page.locator("[id='vehicle.driver']")).to_have_value("王大明")
    await keys.type("wls8854669")
    await keys.press("Tab", 2)
    await keys.type("vs00001235")
    await keys.press("Enter")
    await expect(page.locator("h1")).to_contain_text(FIRST)
    _, state = await depot.get(f"/api/orders/{FIRST}")
    said = state["order"]
    assert (said["destination"], said["seals"]) == (
        "KELW230W",
        [{"kind": "5", "number": "WLS8854669"}, {"kind": "8", "number": "VS00001235"}],
    )
    assert said["vehicle"] == earlier["vehicle"] | {"number": None, "departure_time": said["vehicle"]["departure_time"]}
    assert keys.pressed == 54  # 42 characters, 11 tabs, Enter: at two keys a second, half a minute


async def test_the_script_says_what_the_server_says(depot: Client, context: BrowserContext) -> None:
    page = await signed_in(context, depot)
    said = await page.evaluate(
        """async (texts) => {
          const { makeChecks } = await import("/platform/order_form.js");
          const form = document.querySelector(".order-form");
          const checks = makeChecks(form.dataset.letters, form.dataset.plates);
          return texts.map(([kind, text]) => [kind, text, checks[kind](text)]);
        }""",
        [[kind, text] for kind, text, _ in VECTORS],
    )
    assert [tuple(one) for one in said] == VECTORS


async def test_numbers_are_checked_while_one_types(depot: Client, context: BrowserContext) -> None:
    page = await signed_in(context, depot)
    hint = page.locator("[id='hint-container.number']")
    await page.locator("[id='container.number']").fill("temu9221354")
    await expect(hint).to_have_text("檢查碼應為 3")
    await page.locator("[id='container.number']").fill("temu9221353")
    await expect(hint).to_have_text("檢查碼相符")
    await page.locator("[id='seals.0.number']").fill("封")
    await expect(page.locator("[id='hint-seals.0.number']")).to_have_text("最多 17 個英文字母與數字")


async def test_another_vehicle_changes_what_the_first_one_filled_in_and_nothing_that_was_typed(
    depot: Client, context: BrowserContext
) -> None:
    other = order(2, 2)
    other["vehicle"] |= {"plate": "KNA-0917", "driver": "李小龍", "driving_licence": "B123456789", "haulier_name": "大榮貨運"}
    await depot.post("/api/orders", order())
    await depot.post("/api/orders", other)
    page = await signed_in(context, depot)
    plate, driver = page.locator("[id='vehicle.plate']"), page.locator("[id='vehicle.driver']")
    await plate.fill("917")
    await plate.blur()
    await expect(plate).to_have_value("KNA-0917")
    await plate.fill("kla1234")
    await plate.blur()
    await expect(driver).to_have_value("王大明")
    await driver.fill("張三")
    await plate.fill("KNA0917")
    await plate.blur()
    await expect(page.locator("[id='vehicle.driving_licence']")).to_have_value("B123456789")
    await expect(driver).to_have_value("張三")
    await plate.fill("K")  # two vehicles have one: nothing is guessed
    await plate.blur()
    await expect(plate).to_have_value("K")


async def test_a_form_shown_again_has_the_focus_on_what_is_wrong(depot: Client, context: BrowserContext) -> None:
    page = await signed_in(context, depot)
    await page.locator("[id='vehicle.driver']").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#problems")).to_be_focused()
    link = page.locator("#problems a", has_text="車牌")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("[id='vehicle.plate']")).to_be_focused()


@pytest.mark.skipif(AXE is None, reason="needs axe-playwright-python of the development set")
@pytest.mark.parametrize("language", ["zh_TW", "en"])
async def test_pages_fit_every_width_and_axe_finds_nothing(depot: Client, context: BrowserContext, language: str) -> None:
    await depot.post("/api/orders", order(container={"number": "TEMU9221354"}))
    page = await signed_in(context, depot)
    await page.goto(f"{depot.address}/orders/new?copy=BD11020459525700001&lang={language}")
    await fits(page, language)
    await page.locator("[id='vehicle.plate']").fill("QQ")
    await page.locator("#hand_in").click()
    await page.locator(".problem-odd").wait_for()
    await fits(page, language)
    await page.locator("[id='vehicle.plate']").fill("")
    await page.locator("#hand_in").click()
    await page.locator(".field-problem").first.wait_for()
    await fits(page, language)


@pytest.mark.skipif(AXE is None, reason="needs axe-playwright-python of the development set")
@pytest.mark.parametrize("language", ["zh_TW", "en"])
async def test_a_file_is_looked_at_and_stored(depot: Client, context: BrowserContext, language: str) -> None:
    page = await signed_in(context, depot)
    await page.goto(f"{depot.address}/orders/upload?lang={language}")
    await fits(page, language)
    rows = [row(0), row(1, vehicle__plate=""), row(2, container__number="TEMU9221354")]
    await page.locator("#file").set_input_files({"name": "訂單.csv", "mimeType": "text/csv", "buffer": as_csv(rows, "cp950")})
    await page.keyboard.press("Escape")
    await page.locator("form.upload button").click()
    await page.locator("#upload[data-stage=read]").wait_for()  # the page follows by itself
    await expect(page.locator(".field-problem")).to_have_count(1)
    await fits(page, language)
    await page.locator("button[value=good]").click()
    await page.locator("#upload[data-stage=stored]").wait_for()
    await fits(page, language)
    await page.locator(".order-number").first.click()
    await expect(page.locator("h1")).to_contain_text(FIRST)
    await page.goto(f"{depot.address}/orders")
    await fits(page, language)


async def fits(page: Page, language: str) -> None:
    assert AXE is not None
    assert AXE.origin is not None
    script = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    assert await page.locator("html").get_attribute("lang") == ("zh-Hant-TW" if language == "zh_TW" else "en")
    for width, height in ((1280, 800), (820, 1180), (390, 844), (320, 640)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate("document.documentElement.scrollWidth") == width, (page.url, width)
    await page.evaluate(script)
    found = await page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], page.url
