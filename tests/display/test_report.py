"""The report of a replay: a folder that stands by itself, in both languages, honest about what it lacks."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from gateway.display.errors import ReportError
from gateway.display.report import FrameNote, ReadNote, ReplayReport, write_report
from gateway.display.report_sections import percentile, section_of, timings_of
from gateway.display.view import LaneView
from gateway.model.observation import OrdersFound, Presence
from gateway.model.passage import Passage
from tests.display import scenes
from tests.display.scenes import NOW, Album


def closed(view: LaneView) -> Passage:
    """The view's passage as a replay ends it, with the orders that the lane found."""
    assert view.passage
    found = OrdersFound(device="orders", at=NOW, orders=view.orders)
    gone = Presence(device="loop", at=NOW + timedelta(seconds=11), occupied=False)
    observations = (*view.passage.observations, found, gone)
    return view.passage.model_copy(update={"observations": observations, "closed_at": NOW + timedelta(seconds=12)})


def frames(passage: Passage) -> tuple[FrameNote, ...]:
    (box,) = passage.answer.containers
    read = ReadNote(text=box.number, number=box.number, accepted=True, confidence=0.97, box=scenes.BOX_QUAD)
    plate = ReadNote(kind="plate", text="HA-76", number="HA76", accepted=False, box=scenes.PLATE_QUAD)
    return tuple(
        FrameNote(
            camera="camera-rear",
            index=40 + i,
            at=NOW - timedelta(seconds=3 - i),
            read_ms=40.0 + 10 * i,
            reads=(read, plate) if i else (),
            picture=box.sights[0].picture,
            frame_size=scenes.SIZE,
        )
        for i in range(3)
    )


def report(*passages: Passage, notes: tuple[FrameNote, ...] = (), **more: object) -> ReplayReport:
    fields: dict[str, object] = {
        "site": "khh-116",
        "lane": "lane-1",
        "title_zh": "第 1 車道",
        "title_en": "Lane 1",
        "clips": ("rear=gate.mp4",),
        "version": "0.1.0",
        "made_at": NOW,
        "passages": passages,
        "frames": notes,
        "latency_ms": {passage.passage_id: 812.0 for passage in passages},
    }
    return ReplayReport.model_validate({**fields, **more})


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_both_languages_say_verdict_reasons_frames_and_timings(tmp_path: Path, album: Album) -> None:
    passed, stopped = closed(scenes.passed(album)), closed(scenes.stopped(album))
    index = write_report(tmp_path / "report", report(passed, stopped, notes=frames(passed)), album.read)
    html = index.read_text(encoding="utf-8")
    chinese, english = html.split('<main class="in-en"')
    for told in (
        "放行",
        "攔停",
        "請攔停車輛：貨櫃與運送單不符，並通知海關。",
        "單張辨識時間",
        "50 ms",
        "812 ms",
        "民國 115 年",
        "時間軸",
    ):
        assert told in words(chinese)
    for told in (
        "Pass",
        "Stop",
        "Hold the truck: the box is not the one in the order.",
        "#41",
        "camera-rear",
        "Passage opened",
        "BOX_DIFFERS",
    ):
        assert told in words(english)
    assert not re.search(r"[一-鿿]", re.sub("長榮國際儲運|王大明|林志豪", "", words(english)))


def test_a_green_that_was_taken_back_and_a_person_s_ruling_are_told_in_the_list_and_in_the_passage(
    tmp_path: Path, album: Album
) -> None:
    passages = (scenes.taken_back(album), closed(scenes.passed(album)))
    html = write_report(tmp_path, report(*passages), album.read).read_text(encoding="utf-8")
    chinese, english = html.split('<main class="in-en"')
    table, passage = english.split("<article", 2)[:2]
    row = words(table[table.index("<tbody") :].split("</tr>")[0])
    assert "Stop" in row, "what holds, not what the lane had said first"
    assert "Approved by a person A017 陳美玲" in row
    assert "Green light taken back" in row
    assert "Seal tampered with" in words(passage)
    told = words(passage[passage.index('class="timeline"') :])
    assert told.index("Approved by a person") < told.index("Green light taken back")
    assert "綠燈已收回" in words(chinese)


def test_everything_that_the_page_names_lies_beside_it(tmp_path: Path, album: Album) -> None:
    folder = tmp_path / "report"
    passed = closed(scenes.passed(album))
    html = write_report(folder, report(passed, notes=frames(passed)), album.read).read_text(encoding="utf-8")
    css = (folder / "report.css").read_text(encoding="utf-8")
    named = re.findall(r'(?:href|src)="([^"#]+)"', html) + re.findall(r'url\("([^"]+)"\)', css)
    assert named
    assert [name for name in named if not (folder / name).is_file()] == []
    assert (folder / "pictures" / f"{passed.answer.containers[0].sights[0].picture}.jpg").read_bytes()


def test_every_box_that_was_read_is_drawn_into_its_frame(tmp_path: Path, album: Album) -> None:
    passed = closed(scenes.passed(album))
    html = write_report(tmp_path, report(passed, notes=frames(passed)), album.read).read_text(encoding="utf-8")
    assert html.count("<polygon") == 2 * 2 * 2  # two frames with two reads each, in two languages


def test_without_notes_the_frames_come_from_the_record(album: Album) -> None:
    passed = closed(scenes.passed(album))
    section = section_of(passed, (), None)
    assert {frame.camera for frame in section.frames} == {"camera-rear", "camera-front"}
    assert all(frame.read_ms is None for frame in section.frames)


def test_frames_of_the_vehicle_before_are_not_counted(album: Album) -> None:
    passed = closed(scenes.passed(album))
    early = frames(passed)[1].model_copy(update={"at": passed.opened_at - timedelta(minutes=1)})
    assert section_of(passed, (*frames(passed), early), None).looked_at == 3


def test_evidence_stands_character_by_character(album: Album) -> None:
    section = section_of(closed(scenes.referred(album)), (), None)
    box = section.evidence[0]
    first, second = box.rows[0][4], box.rows[1][4]
    assert first
    assert second
    assert (first.character, first.heat, second.character) == ("5", 7, "6")
    assert box.rows[1][0] is None


def test_a_picture_that_was_not_kept_is_said_to_be_missing(tmp_path: Path, album: Album) -> None:
    def nothing(sha: str) -> bytes:
        raise KeyError(sha)

    html = write_report(tmp_path, report(closed(scenes.passed(album))), nothing).read_text(encoding="utf-8")
    assert "照片未留存" in html
    assert "<img" not in html


def test_a_picture_name_never_becomes_another_path(tmp_path: Path, album: Album) -> None:
    passed = closed(scenes.passed(album))
    note = frames(passed)[1].model_copy(update={"picture": "../../evil"})
    write_report(tmp_path / "a" / "report", report(passed, notes=(note,)), lambda sha: b"jpeg")
    assert not list(tmp_path.glob("**/evil*"))


def test_hostile_words_stay_words(tmp_path: Path, album: Album) -> None:
    passed = closed(scenes.passed(album))
    html = write_report(tmp_path, report(passed, clips=("<script>alert(1)</script>",)), album.read).read_text(encoding="utf-8")
    assert "<script>alert" not in html


def test_a_clip_without_vehicles_makes_a_report_too(tmp_path: Path) -> None:
    html = write_report(tmp_path, report(), lambda sha: b"").read_text(encoding="utf-8")
    assert "未見車輛" in html


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match="file"):
        write_report(tmp_path / "file" / "report", report(), lambda sha: b"")


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.5, 0.95, 1.0)] == [2.0, 3.0, 3.0]
    assert percentile([], 0.5) is None
    assert timings_of((), {}).latency_max_ms is None
