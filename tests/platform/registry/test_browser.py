"""The registers in a browser: a fence drawn by keyboard and by hand, and places as a file."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.platform.accounts.roles import Role
from gateway.platform.examples import HEALTH_REPORT
from gateway.platform.registry.kinds import KINDS
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, Running
from tests.platform.person import PASSWORD, add_account

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the package chromium")
PLACE = KINDS["place"].example


@pytest.fixture
async def platform(run_platform: Running, settings: PlatformSettings) -> AsyncIterator[Client]:
    await add_account(settings.data_dir, "chen", Role.ADMINISTRATOR, database_url=settings.database_url)
    async with run_platform() as client:
        for name, kind in KINDS.items():
            await client.send("PUT", f"/api/registers/{name}/{kind.example[kind.key]}", json=kind.example)
        await client.send("PUT", "/api/gates/ct4-116/health", json=HEALTH_REPORT)
        yield client


@pytest.fixture
async def page(platform: Client) -> AsyncIterator[Page]:
    """The page of somebody who has signed in, which has had nothing to complain of when the test ends."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 900}, locale="zh-TW")
        await page.goto(platform.address + "/sign-in?next=/registers")
        await page.locator("#login").fill("chen")
        await page.locator("#password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(platform.address + "/registers")
        page.on("console", lambda message: complaints.append(message.text) if "422" not in message.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
    assert complaints == []


async def corners(platform: Client, place: str) -> list[Any]:
    _, found = await platform.get(f"/api/registers/place/{place}")
    ring: list[Any] = found["entry"]["fence"]["coordinates"][0]
    return ring[:-1]


async def test_a_fence_is_moved_by_keyboard_by_hand_and_by_number(platform: Client, page: Page) -> None:
    await page.goto(f"{platform.address}/registers/place/{PLACE['place']}")
    before = await corners(platform, PLACE["place"])
    await page.locator("[data-corner='0']").focus()
    for key in ("ArrowLeft", "Shift+ArrowDown", "Enter"):  # moves the first corner, adds one behind it
        await page.keyboard.press(key)
    await expect(page.locator(".fence-corner")).to_have_count(5)
    box = await page.locator("[data-corner='3']").bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 40, box["y"] - 20)
    await page.mouse.up()
    await page.locator("#fence-map tbody tr").nth(4).locator("input").nth(1).fill("22.574")
    await page.keyboard.press("Tab")
    await page.locator("button[value=save]").click()
    await expect(page.locator(".timeline-item")).to_have_count(2)
    after = await corners(platform, PLACE["place"])
    assert len(after) == 5
    assert after[0][0] < before[0][0]
    assert after[0][1] < before[0][1]
    assert after[2] == before[1], "what nobody touched has not moved"
    assert after[3] != before[2]
    assert after[4] == [before[3][0], 22.574]


async def test_a_new_place_is_drawn_beside_the_others_and_a_crossing_fence_is_refused(platform: Client, page: Page) -> None:
    await page.goto(f"{platform.address}/registers/place/+new")
    await expect(page.locator(".fence-other")).to_have_count(1)
    await page.locator("#place").fill("KELW230W")
    await page.locator("#name").fill("基隆倉")
    await page.locator("#kind").select_option("warehouse")
    await page.locator("[data-do=draw]").click()
    await expect(page.locator("[data-corner='0']")).to_be_focused()
    bow = {"type": "Polygon", "coordinates": [[[120, 22], [121, 23], [121, 22], [120, 23], [120, 22]]]}
    await page.locator("#fence").fill(json.dumps(bow))
    await page.locator("button[value=save]").click()
    await expect(page.locator("#problems")).to_contain_text("圍籬自我交叉或相碰")
    await page.locator("[data-do=draw]").click()
    await page.locator("button[value=save]").click()
    await expect(page.locator("h1")).to_contain_text("KELW230W")
    assert len(await corners(platform, "KELW230W")) == 4


async def test_places_go_out_and_come_in_as_geojson(platform: Client, page: Page, tmp_path: Path) -> None:
    answer = await page.request.get(platform.address + "/registers/place/+places.geojson")
    collection = await answer.json()
    assert answer.headers["content-type"].startswith("application/geo+json")
    (feature,) = collection["features"]
    assert (feature["id"], feature["geometry"]) == (PLACE["place"], PLACE["fence"])
    other = {"type": "Feature", "id": "P2", "properties": {"name": "二", "kind": "depot", "area_m2": 7}, "geometry": PLACE["fence"]}
    crossing = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    collection["features"] += [other, other | {"id": "P3", "geometry": crossing}, 7]
    (tmp_path / "places.geojson").write_text(json.dumps(collection), encoding="utf-8")
    await page.goto(platform.address + "/registers/place/+import")
    await page.locator("#file").set_input_files(tmp_path / "places.geojson")
    await page.locator("form button.primary").click()
    assert await page.locator("main tbody tr td:first-child").all_inner_texts() == ["3", "4", "4", "4"]
    await page.locator("button[value=good]").click()
    await expect(page.locator("section[role=status]")).to_contain_text("已存入")
    assert (await platform.get("/api/registers/place/P2"))[0] == 200
    assert (await platform.get("/api/registers/place/P3"))[0] == 404
