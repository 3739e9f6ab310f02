"""The verdict on a camera at its mounting as people get it: a printed table, and one page that stands by itself."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from playwright.async_api import Browser

from gateway.display.errors import ReportError
from gateway.display.mounting_report import MountingReport, scenes_of, write_mounting_report
from gateway.display.mounting_table import verdict_table
from gateway.display.mounting_words import ADVICE, CRITERIA, MARK_OF, RESULTS, SUBJECTS, bound, shown
from gateway.look import i18n
from gateway.look.columns import width
from gateway.ocr.cameras.camera import Region
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.mounting.findings import Advice
from gateway.ocr.mounting.limits import LIMITS, Criterion, Limit, Result, limit_of
from gateway.ocr.mounting.looks import FrameLook, NumberLook, Subject
from gateway.ocr.mounting.verdict import MountingVerdict, judge
from gateway.ocr.mounting.watching import Stream
from tests.display.scenes import NOW
from tests.ocr.mounting.seen import GOOD, NUMBER, frame_look, number_look
from tests.ocr.street import jpeg, street

JPEG = jpeg(street(width=1280, height=720))
TILTED = replace(GOOD, rotation=25.0, height=24.0)


def look(index: int, *numbers: NumberLook) -> FrameLook:
    return replace(frame_look(index, *numbers), picture=f"{index:064x}")


def verdict(*looks: FrameLook, rate: float = 10, **settings: object) -> MountingVerdict:
    camera = FileCamera.model_validate({"name": "rear", "path": "clip.mp4"} | settings)
    return judge(looks, Stream([index / rate for index in range(20)], looked_at=len(looks)), camera)


BAD = verdict(look(0, number_look(TILTED)), look(1, number_look(GOOD)), look(2, number_look(TILTED)), rate=2)
FINE = verdict(look(0, number_look(GOOD)), reads=["containers"])


REPORT = MountingReport(
    site="khh-116",
    lane="lane-1",
    title_zh="第 1 車道",
    title_en="Lane 1",
    camera="rear",
    address="rtsp://cam/1",
    engine="pp-ocr",
    made_at=NOW,
    verdict=BAD,
)


def page_of(folder: Path, of: MountingVerdict, camera: str = "rear") -> Path:
    return write_mounting_report(folder, replace(REPORT, verdict=of, camera=camera), lambda sha: JPEG)


def words(html: str) -> str:
    text = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def test_there_are_words_for_everything() -> None:
    assert set(CRITERIA) == set(Criterion)
    assert set(RESULTS) == set(MARK_OF) == set(Result)
    assert set(ADVICE) == set(Advice)
    assert set(SUBJECTS) == set(Subject)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (36.4, "px", "36 px"),
        (3.26, "px", "3.3 px"),
        (12.4, "°", "12°"),
        (0.132, "%", "13.2 %"),
        (0.97, "%", "97 %"),
        (0.37, "", "0.37"),
        (4.96, "/s", "5.0 /s"),
        (119.0, "grey", "119/255"),
        (None, "px", "–"),
    ],
)
def test_values_are_shown_with_as_many_digits_as_they_are_worth(value: float | None, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_limits_say_which_way_they_point() -> None:
    height, clipping = LIMITS[Criterion.CHARACTER_HEIGHT], LIMITS[Criterion.CLIPPING]
    assert (bound(height, height.needed), bound(Limit(20, 10, "°"), 20)) == ("≥ 20 px", "≤ 20°")
    assert bound(clipping, clipping.needed) == "–"


@pytest.mark.parametrize("criterion", list(Criterion))
def test_the_operators_manual_states_every_criterion_with_its_limits(criterion: Criterion) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operators.md").read_text(encoding="utf-8")
    title = f"{CRITERIA[criterion]} {i18n.translations('zh_TW').gettext(CRITERIA[criterion])}"
    (row,) = [line.split(" | ") for line in manual.splitlines() if line.startswith(f"| {title} |")]
    limit = limit_of(criterion, 10)
    if criterion is not Criterion.FRAME_RATE:  # that one is the lane file's
        assert row[1:3] == [bound(limit, limit.needed), bound(limit, limit.wanted)]


def test_the_table_marks_every_row_and_says_what_to_do_below_it() -> None:
    lines = verdict_table(BAD).splitlines()
    (turned,) = [number for number, line in enumerate(lines) if "字列旋轉" in line]
    assert lines[turned].startswith("■ 不足")
    assert lines[turned + 1].strip() == "→ 請將攝影機轉正，使號碼呈水平。"
    (height,) = [line for line in lines if "字元高度" in line]
    assert height.startswith("▲ 無餘裕")
    (slant,) = [line for line in lines if "字元傾斜" in line]
    assert slant.startswith("● 足夠")
    assert len({width(line[: line.index(mark)]) for line in (lines[turned], height, slant) for mark in "≥≤" if mark in line}) == 1
    assert NUMBER in "\n".join(lines)
    assert "未讀到車牌" in lines[-1]


def test_the_table_speaks_english_too() -> None:
    with i18n.speaking("en"):
        text = verdict_table(BAD)
    assert "■ Not enough  Line turned by" in text
    assert "Criteria not met: 2." in text
    assert not re.search(r"[一-鿿]", text)


def test_what_shows_in_one_frame_is_shown_together_failures_first() -> None:
    turned, pace = scenes_of(BAD)
    assert pace.frame is None
    assert [finding.criterion for finding in pace.findings] == [Criterion.FRAME_RATE]
    assert turned.frame
    assert turned.frame.index == 0
    assert [finding.criterion for finding in turned.findings] == [Criterion.ROTATION, Criterion.CHARACTER_HEIGHT]
    assert turned.crop
    assert turned.crop.left == 100 - 0.4 * 40


def test_where_nothing_is_wrong_a_typical_frame_is_shown() -> None:
    (scene,) = scenes_of(FINE)
    assert (scene.frame, scene.findings, len(scene.quads)) == (FINE.typical, (), 1)


def test_the_page_says_and_shows_what_is_wrong_in_both_languages(tmp_path: Path) -> None:
    html = page_of(tmp_path / "report", BAD).read_text(encoding="utf-8")
    chinese, english = html.split('<main class="in-en"')
    for told in ("第 1 車道", "不足", "字列旋轉 25°", "最低 ≤ 20°", "請將攝影機轉正", "影像到達時間", "民國"):
        assert told in words(chinese), told
    for told in ("Lane 1", "Not enough", "Line turned by 25°", "needed ≤ 20°", "Turn the camera about its axis", "rtsp://cam/1"):
        assert told in words(english), told
    assert not re.search(r"[一-鿿]", words(english))
    assert html.count("<polygon") == 2  # the number outlined, once a language
    assert html.count("data:image/jpeg;base64,") == 1  # and the picture once for all


def test_the_page_needs_no_other_file(tmp_path: Path) -> None:
    html = page_of(tmp_path, BAD).read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)
    assert not re.search(r"url\([\"']?(?!data:|\"data:)", html)
    assert "<script" not in html


def test_the_lanes_region_is_drawn_where_it_is_not_the_whole_picture(tmp_path: Path) -> None:
    half = verdict(look(0, number_look(TILTED)), region=Region(x=0.5, width=0.5))
    assert 'class="region" x="640"' in page_of(tmp_path / "a", half).read_text(encoding="utf-8")
    assert 'class="region"' not in page_of(tmp_path / "b", BAD).read_text(encoding="utf-8")


def test_a_picture_that_was_not_kept_is_said_to_be_missing(tmp_path: Path) -> None:
    def nothing(sha: str) -> bytes:
        raise LookupError(sha)

    html = write_mounting_report(tmp_path, REPORT, nothing).read_text(encoding="utf-8")
    assert "照片未留存" in html


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    evil = verdict(look(0, number_look(GOOD, "<script>alert(1)</script>")))
    assert "<script>" not in page_of(tmp_path, evil, camera="<script>x</script>").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match="file"):
        page_of(tmp_path / "file", BAD)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_page_opens_from_disk_at_every_width_and_in_both_languages(browser: Browser, tmp_path: Path) -> None:
    index = page_of(tmp_path, BAD)
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url[:80]))
    await page.goto(index.as_uri())
    for wide in (1280, 820, 390, 320):
        await page.set_viewport_size({"width": wide, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= wide
        crop = await page.locator(".in-zh_TW .scene-crop svg").bounding_box()
        assert crop
        assert crop["width"] > 200
    await page.get_by_text("English").click()
    assert await page.get_by_text("Turn the camera about its axis").first.is_visible()
    assert not await page.get_by_text("請將攝影機轉正").first.is_visible()
    assert await page.locator(".in-en .scene-whole svg use").evaluate("use => use.getBBox().width") == 1280  # the picture is drawn
    assert complaints == []
