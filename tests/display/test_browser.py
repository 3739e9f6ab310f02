"""The gate's screen in a real browser: live without reload, honest when it is not, usable by keyboard, within its screen."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gateway.display.board import Board
from gateway.display.report import write_report
from gateway.look.marks import Mark
from tests.display import scenes
from tests.display.scenes import Album
from tests.display.served import Served
from tests.display.test_report import closed, frames, report

PATIENCE_MS = 20_000.0
GREY = "rgb(98, 106, 112)"
GREEN = "rgb(10, 122, 66)"

pytestmark = pytest.mark.asyncio(loop_scope="module")

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def gate(board: Board, album: Album) -> AsyncIterator[Served]:
    board.publish_site(scenes.site())
    for view in (*scenes.all_lanes(album), scenes.crowded(album)):
        board.publish(view)
    board.publish(scenes.view("lane-9", Mark.STOP, "red", scenes.taken_back(album)))
    served = Served(board, album)
    await served.start()
    yield served
    await served.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Browser, gate: Served) -> AsyncIterator[Open]:
    """Opens a page of the gate and waits until it is live. Whatever the browser complains about fails the test."""
    context = await browser.new_context(locale="zh-TW")
    context.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []

    async def opened(path: str, width: int = 1920, height: int = 1080) -> Page:
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.set_viewport_size({"width": width, "height": height})
        await page.goto(gate.address + path)
        await page.wait_for_selector("html.live")
        return page

    yield opened
    await context.close()
    # A server that is stopped on purpose is told of, too; everything else is a fault of the page.
    assert [text for text in complaints if "net::ERR_" not in text] == []


def background(page: Page) -> Awaitable[str]:
    return page.eval_on_selector(".lane-light .light", "light => getComputedStyle(light).backgroundColor")


async def test_a_verdict_appears_without_a_reload(open_page: Open, board: Board, album: Album) -> None:
    page = await open_page("/lanes/lane-1?lang=zh_TW")
    await page.evaluate("window.loadedOnce = true")
    board.publish(scenes.view("lane-1", Mark.BUSY, "amber", None))
    await expect(page.locator(".lane-light .light-live")).to_contain_text("辨識中", timeout=PATIENCE_MS)
    board.publish(scenes.passed(album))
    await expect(page.locator(".lane-light .light-live")).to_contain_text("放行", timeout=PATIENCE_MS)
    await expect(page.locator(".lane-facts")).to_contain_text("922135", timeout=PATIENCE_MS)
    assert await page.evaluate("window.loadedOnce")


async def test_a_page_that_hears_nothing_says_so_and_recovers_by_itself(open_page: Open, gate: Served) -> None:
    page = await open_page("/lanes/lane-1")
    await expect(page.get_by_text("放行")).to_be_visible(timeout=PATIENCE_MS)
    assert await background(page) == GREEN
    await gate.stop()
    await expect(page.locator(".light-lost")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_text("放行")).to_be_hidden(timeout=PATIENCE_MS)
    assert await background(page) == GREY
    await gate.start()
    await expect(page.get_by_text("放行")).to_be_visible(timeout=PATIENCE_MS)
    assert await background(page) == GREEN


async def test_without_scripts_the_page_still_tells_the_state(browser: Browser, gate: Served) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(gate.address + "/lanes/lane-3")
    await expect(page.get_by_text("攔停", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    assert await page.locator("noscript meta[http-equiv=refresh]").count() == 1
    await context.close()


async def test_english_by_one_touch_and_it_stays(open_page: Open) -> None:
    page = await open_page("/lanes/lane-2")
    await expect(page.locator(".light-live")).to_contain_text("轉人工", timeout=PATIENCE_MS)
    await page.get_by_role("link", name="English").click()
    await expect(page.locator(".light-live")).to_contain_text("Refer", timeout=PATIENCE_MS)
    again = await open_page("/")
    await expect(again.locator(".card").first).to_contain_text("Pass", timeout=PATIENCE_MS)


async def test_pictures_open_by_keyboard_beside_the_light(open_page: Open) -> None:
    page = await open_page("/lanes/lane-1")
    picture = page.locator(".claim-box a.picture")
    await picture.focus()
    await page.keyboard.press("Enter")
    viewer = page.locator(".viewer")
    await expect(viewer).to_be_visible(timeout=PATIENCE_MS)
    assert await viewer.locator("image").get_attribute("href") == await picture.evaluate("link => link.href")
    assert await viewer.locator("path").get_attribute("d") == "M700.0,150.0L1060.0,158.0L1058.0,214.0L698.0,206.0Z"
    light, shown = await page.locator(".lane-light").bounding_box(), await viewer.bounding_box()
    assert light
    assert shown
    assert light["x"] + light["width"] <= shown["x"] + 0.5  # the light is never covered
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0, timeout=PATIENCE_MS)
    assert await picture.evaluate("link => link === document.activeElement")


async def test_the_picture_of_the_vehicle_before_closes(open_page: Open, board: Board, album: Album) -> None:
    page = await open_page("/lanes/lane-1")
    await page.locator(".shots a.picture").first.click()
    await expect(page.locator(".viewer")).to_be_visible(timeout=PATIENCE_MS)
    board.publish(scenes.passed(album).model_copy(update={"lost_devices": ("camera-side",)}))
    await expect(page.locator(".lost")).to_be_attached(timeout=PATIENCE_MS)
    await expect(page.locator(".viewer")).to_be_visible(timeout=PATIENCE_MS)  # the same vehicle still
    board.publish(scenes.view("lane-1", Mark.IDLE, "red", None))
    await expect(page.locator(".viewer")).to_have_count(0, timeout=PATIENCE_MS)


async def test_the_runner_up_of_a_doubtful_character_is_told_on_touch(open_page: Open) -> None:
    page = await open_page("/lanes/lane-2?lang=en")
    doubtful = page.locator(".claim-box .unsure").first
    assert await doubtful.inner_text() == "5"
    await doubtful.focus()
    assert await doubtful.evaluate("glyph => getComputedStyle(glyph, '::after').content") == '"or 6 (24%)"'


FITS = """() => {
    const root = document.documentElement, facts = document.querySelector(".lane-facts");
    return root.scrollWidth <= root.clientWidth && (root.clientWidth < 1000 ? true
        : root.scrollHeight <= root.clientHeight && facts.scrollHeight <= facts.clientHeight + 1
            && facts.scrollWidth <= facts.clientWidth + 1);
}"""


@pytest.mark.parametrize("lane", ["lane-1", "lane-4", "lane-5", "lane-8", "lane-9"])
async def test_a_lanes_screen_fits_every_screen(open_page: Open, lane: str) -> None:
    """Wide screens never scroll and cut nothing off; narrow ones never scroll sideways. English is the longer text."""
    page = await open_page(f"/lanes/{lane}?lang=en")
    for width, height in ((1920, 1080), (3840, 2160), (1366, 768), (1280, 800), (1024, 768), (768, 1024), (360, 740), (320, 640)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.wait_for_function(FITS)


async def test_all_lanes_never_scroll_sideways(open_page: Open) -> None:
    page = await open_page("/?lang=en")
    for width in (3840, 768, 360, 320):
        await page.set_viewport_size({"width": width, "height": 740})
        await page.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def test_a_page_of_weeks_does_not_grow(open_page: Open, board: Board, album: Album) -> None:
    page = await open_page("/")
    elements = "document.getElementsByTagName('*').length"
    board.publish(scenes.passed(album))
    before = await page.evaluate(elements)
    for number in range(12):
        board.publish(scenes.passed(album).model_copy(update={"title_zh": f"第 {number} 次"}))
        await expect(page.locator("#card-lane-1 h2")).to_have_text(f"第 {number} 次", timeout=PATIENCE_MS)
    assert await page.evaluate(elements) == before


async def test_dark_at_night_and_bright_by_day_by_itself(open_page: Open, gate: Served) -> None:
    page = await open_page("/")
    await page.wait_for_selector("html.day")
    gate.now = scenes.NIGHT
    await page.wait_for_selector("html.night")


async def test_the_report_switches_language_and_opens_pictures_from_disk(browser: Browser, tmp_path: Path, album: Album) -> None:
    passed = closed(scenes.passed(album))
    index = write_report(tmp_path / "report", report(passed, notes=frames(passed)), album.read)
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(index.as_uri())
    await expect(page.get_by_role("heading", name="採用的影格")).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_text("English", exact=True).click()
    await expect(page.get_by_role("heading", name="Frames used")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_role("heading", name="採用的影格")).to_be_hidden(timeout=PATIENCE_MS)
    await page.locator(".in-en .frame a.picture").first.press("Enter")
    await expect(page.locator(".viewer")).to_contain_text("Close", timeout=PATIENCE_MS)
    await page.keyboard.press("Escape")
    await expect(page.locator(".viewer")).to_have_count(0, timeout=PATIENCE_MS)
    await page.close()
    assert complaints == []
