"""The exception desk in a real browser: a clerk with a keyboard, the light always in sight, a sound, and an accessibility check."""

from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from gateway.display.board import Board
from gateway.look.marks import Mark
from tests.display import scenes
from tests.display.desk.gate import OFFICER_PIN, DeskGate, publish
from tests.display.scenes import Album

PATIENCE_MS = 20_000.0
AXE = find_spec("axe_playwright_python")  # its package carries axe-core's script
COUNT_TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones += 1; return start.call(this, at); };
null;
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def gate(board: Board, album: Album, tmp_path: Path) -> AsyncIterator[DeskGate]:
    publish(board, album)
    made = DeskGate(board, album, tmp_path)
    await made.start()
    yield made
    await made.stop()


async def follow(context: BrowserContext, gate: DeskGate, path: str) -> Page:
    page = await context.new_page()
    await page.goto(gate.address + path)
    await page.wait_for_selector("html.live")
    return page


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Browser, gate: DeskGate) -> AsyncIterator[Open]:
    """Opens a page and waits until it is live. Whatever the browser complains about fails the test."""
    context = await browser.new_context(locale="zh-TW")
    context.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))

    async def opened(path: str, width: int = 1920, height: int = 1080) -> Page:
        page = await follow(context, gate, path)
        await page.set_viewport_size({"width": width, "height": height})
        return page

    yield opened
    await context.close()
    # A refused form is answered with a status that the browser tells of, and a silent page is told of too.
    told = ("status of 4", "AudioContext was not allowed")
    assert [text for text in complaints if not any(known in text for known in told)] == []


async def type_keys(page: Page, *keys: str) -> None:
    for key in keys:
        await (page.keyboard.press(key) if key in {"Tab", "Enter", "Space", "Shift+Tab"} else page.keyboard.type(key))


async def tab_to(page: Page, selector: str) -> None:
    """By keyboard alone, from wherever the focus is."""
    for _ in range(80):
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no way to {selector} by keyboard")


async def test_a_clerk_corrects_a_character_with_the_keyboard_and_approves(open_page: Open, gate: DeskGate) -> None:
    page = await open_page("/lanes/lane-2?lang=en")
    await tab_to(page, ".to-desk")
    await type_keys(page, "Enter")
    await page.wait_for_url("**/lanes/lane-2/desk")
    await tab_to(page, "input[data-number=container]")
    hint = page.locator(".number-field", has=page.locator("input[data-number=container]")).locator(".number-hint")
    await expect(hint).to_have_text("The check digit fits", timeout=PATIENCE_MS)
    await type_keys(page, "6")  # over the first doubtful character; the next one is selected by itself
    assert await page.input_value("input[data-number=container]") == "SEGU6210293"
    assert await page.evaluate("getSelection().toString()") == "1"
    await expect(hint).to_contain_text("The check digit would be", timeout=PATIENCE_MS)
    await tab_to(page, "input[name=decision]")
    await type_keys(page, "Space")
    await tab_to(page, "#reason")
    await type_keys(page, "Compared the n")
    await tab_to(page, "#staff_id")
    await type_keys(page, "a017", "Tab", OFFICER_PIN, "Enter")
    await expect(page.locator(".light-live")).to_contain_text("Pass", timeout=PATIENCE_MS)
    await expect(page.locator(".ruling")).to_contain_text("Approved by a person A017 陳美玲", timeout=PATIENCE_MS)
    ((lane, ruling),) = gate.rulings
    assert (lane, ruling.approved, ruling.reason) == ("lane-2", True, "Compared the number at the box")
    assert [one.corrected for one in ruling.corrections] == ["SEGU6210293"]


async def test_among_all_lanes_the_one_that_waits_leads_to_its_desk(open_page: Open) -> None:
    page = await open_page("/?lang=en")
    await tab_to(page, "#card-lane-2")
    await expect(page.locator("#card-lane-2")).to_contain_text("Decide as a person")
    await expect(page.locator("#card-lane-1")).not_to_contain_text("Decide as a person")
    await type_keys(page, "Enter")
    await page.wait_for_url("**/lanes/lane-2/desk")
    await expect(page.locator("#decide")).to_be_visible(timeout=PATIENCE_MS)


async def test_three_wrong_pins_lock_and_what_was_typed_stays(open_page: Open, gate: DeskGate) -> None:
    page = await open_page("/lanes/lane-2/desk?lang=en")
    await page.check("input[value=approve]")
    await page.fill("#own_words", "by hand")
    await page.fill("#staff_id", "A017")
    for wrong in ("111111", "222222", "333333"):
        await page.fill("#pin", wrong)
        await page.click("#decide")
        await expect(page.locator("#problems")).to_be_focused(timeout=PATIENCE_MS)
        assert await page.input_value("#own_words") == "by hand"
        assert await page.input_value("#pin") == ""
    await expect(page.locator("#problems")).to_contain_text("locked for 60 s", timeout=PATIENCE_MS)
    assert gate.rulings == []


async def test_another_sites_page_cannot_decide(open_page: Open, browser: Browser, gate: DeskGate) -> None:
    page = await open_page("/lanes/lane-2/desk")
    token, passage = await page.input_value("[name=token]"), await page.input_value("[name=passage_id]")
    fields = {
        "token": token,
        "passage_id": passage,
        "decision": "approve",
        "own_words": "x",
        "staff_id": "A017",
        "pin": OFFICER_PIN,
    }
    form = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    elsewhere = await page.context.new_page()  # with the very cookies and token of the clerk's browser
    target = gate.address.replace("127.0.0.1", "localhost")
    await elsewhere.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body="<html></html>"))
    for address in (gate.address, target):
        await elsewhere.goto("http://evil.example/")
        await elsewhere.set_content(
            f'<form method="post" action="{address}/lanes/lane-2/desk">{form}<button id="go">go</button></form>'
        )
        async with elsewhere.expect_navigation() as answered:
            await elsewhere.click("#go")
        answer = await answered.value
        assert answer
        assert answer.status == 403
    assert gate.rulings == []


async def test_the_desk_of_a_vehicle_that_another_clerk_let_go_is_not_left_standing(
    open_page: Open, gate: DeskGate, board: Board
) -> None:
    mine, other = await open_page("/lanes/lane-2/desk?lang=en"), await open_page("/lanes/lane-2/desk?lang=en")
    await mine.fill("#own_words", "half typed")
    await other.check("input[value=refuse]")
    await other.fill("#own_words", "wrong box")
    await other.fill("#staff_id", "A017")
    await other.fill("#pin", OFFICER_PIN)
    await other.click("#decide")
    await expect(mine.locator(".ruling")).to_contain_text("Refused by a person A017", timeout=PATIENCE_MS)
    await expect(mine.locator(".ruling-form")).to_have_count(0, timeout=PATIENCE_MS)
    await mine.wait_for_selector("html.live")
    await mine.evaluate("window.loadedOnce = true")
    ruled = board.lane("lane-2")
    assert ruled
    for device in ("camera-1", "camera-2"):
        board.publish(ruled.model_copy(update={"lost_devices": (device,), "light": "amber" if device == "camera-1" else "red"}))
        signal = "Signal: amber" if device == "camera-1" else "Signal: red"
        await expect(mine.locator(".lane-signal")).to_have_text(signal, timeout=PATIENCE_MS)
    assert await mine.evaluate("window.loadedOnce")  # it does not load itself again and again
    assert len(gate.rulings) == 1


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 800), (390, 844)])
async def test_a_picture_opens_beside_the_light_and_zooms_to_the_number(open_page: Open, width: int, height: int) -> None:
    page = await open_page("/lanes/lane-2/desk?lang=en", width, height)
    await page.locator(".number-field a.picture").first.press("Enter")
    frame = page.locator(".viewer-frame")
    assert await frame.get_attribute("viewBox") == "0 0 1280 720"
    for _ in range(3):
        await page.keyboard.press("+")  # towards the number
    x, y, seen_width, seen_height = map(float, (await frame.get_attribute("viewBox") or "").split())
    assert seen_width < 640
    assert x <= 698
    assert x + seen_width >= 1060
    assert y <= 150
    assert y + seen_height >= 214
    close = await page.locator(".viewer-close").bounding_box()
    tools = await page.locator(".viewer-zoom").bounding_box()
    assert close
    assert tools
    assert close["y"] <= tools["y"]  # never below what one presses more often
    light, shown = await page.locator(".light-room").bounding_box(), await page.locator(".viewer").bounding_box()
    assert light
    assert shown
    assert light["x"] + light["width"] <= shown["x"] + 0.5 or light["y"] + light["height"] <= shown["y"] + 0.5
    await page.get_by_role("button", name="The number").press("Enter")
    x, y, seen_width, _ = map(float, (await frame.get_attribute("viewBox") or "").split())
    assert x <= 698
    assert x + seen_width >= 1060
    assert y <= 150
    assert seen_width < 700
    await page.keyboard.press("+")
    assert float((await frame.get_attribute("viewBox") or "").split()[2]) < seen_width
    await page.keyboard.press("0")
    assert await frame.get_attribute("viewBox") == "0 0 1280 720"
    await page.keyboard.press("Escape")
    await expect(page.locator(".viewer")).to_have_count(0, timeout=PATIENCE_MS)


async def test_a_page_that_is_silent_says_so_and_sounds_once_it_may(open_page: Open, board: Board, album: Album) -> None:
    page = await open_page("/?lang=en")
    button = page.locator("[data-sound]")
    await expect(button).to_have_text("Sound is off: turn on", timeout=PATIENCE_MS)
    await page.evaluate(COUNT_TONES)
    board.publish(scenes.referred(album).model_copy(update={"lane": "lane-6"}))
    await expect(page.locator("#card-lane-6 .light-refer")).to_be_visible(timeout=PATIENCE_MS)
    assert await page.evaluate("tones") == 0
    await button.click()
    await expect(button).to_have_text("Sound is on", timeout=PATIENCE_MS)
    heard = await page.evaluate("tones")
    board.publish(scenes.view("lane-6", Mark.IDLE, "red", None))
    await expect(page.locator("#card-lane-6 .light-idle")).to_be_visible(timeout=PATIENCE_MS)
    assert await page.evaluate("tones") == heard
    board.publish(scenes.stopped(album).model_copy(update={"lane": "lane-6"}))
    await expect(page.locator("#card-lane-6 .light-stop")).to_be_visible(timeout=PATIENCE_MS)
    await page.wait_for_function("before => tones > before", arg=heard)


async def test_without_scripts_a_person_decides_too(browser: Browser, gate: DeskGate) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{gate.address}/lanes/lane-2/desk?lang=en")
    await page.check("input[value=approve]")
    await page.fill("#own_words", "by hand")
    await page.fill("#staff_id", "A017")
    await page.fill("#pin", OFFICER_PIN)
    await page.click("#decide")
    await expect(page.locator(".ruling")).to_contain_text("Approved by a person", timeout=PATIENCE_MS)
    await context.close()


@pytest.mark.parametrize("width", [1920, 1280, 768, 390, 320])
async def test_the_desk_never_scrolls_sideways_and_its_light_stays(open_page: Open, width: int) -> None:
    for language in ("en", "zh_TW"):
        page = await open_page(f"/lanes/lane-8/desk?lang={language}", width, 800)
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        await page.locator("#decide").scroll_into_view_if_needed()
        await expect(page.locator(".light-live")).to_be_in_viewport(timeout=PATIENCE_MS)


@pytest.mark.skipif(AXE is None, reason="needs axe-playwright-python of the development set")
@pytest.mark.parametrize("language", ["en", "zh_TW"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (390, 844)])
@pytest.mark.parametrize(
    "path", ["/", "/lanes/lane-1", "/lanes/lane-2", "/lanes/lane-3/desk", "/lanes/lane-8/desk", "/lanes/lane-6"]
)
async def test_axe_finds_nothing(open_page: Open, gate: DeskGate, path: str, width: int, height: int, language: str) -> None:
    """WCAG 2.2 AA, as far as axe can tell, by day and by night."""
    assert AXE
    assert AXE.origin
    script = (Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    for now in (scenes.NOW, scenes.NIGHT):
        gate.now = now
        page = await open_page(f"{path}?lang={language}", width, height)
        assert await page.evaluate("document.documentElement.lang") == {"en": "en", "zh_TW": "zh-Hant-TW"}[language]
        await page.evaluate(script)
        found = await page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
        await page.close()
