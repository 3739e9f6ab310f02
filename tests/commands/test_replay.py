"""`gateway replay`, as a site engineer uses it: a clip, orders, a verdict, a report; and what is said when something is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.clip import truck, write_clip
from tests.evidence import order

SITE = Path(__file__).parents[2] / "lane_config" / "recorded-two-lanes.yaml"
LOOK = truck()
NUMBER = LOOK.boxes[0].number


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def clip(folder: Path) -> Path:
    return write_clip(folder / "clip.mp4", LOOK)


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    """One lane that looks at the whole frame."""
    path = folder / "site.yaml"
    path.write_text(
        """
name: test
title: {zh_TW: 測試, en: Test}
store: {folder: store}
lanes:
  - name: lane
    title: {zh_TW: 車道, en: Lane}
    rules: {opened_by: camera, require_pass: false, require_plate: false, require_seals: false, patience_s: 30}
    cameras: [{name: rear, type: file, path: clip.mp4, looks_at: rear}]
""",
        encoding="utf-8",
    )
    return path


def orders_file(folder: Path, number: str) -> Path:
    path = folder / f"orders-{number}.json"
    message = order(container={"number": number, "size_type": "45G1"}, vehicle={"plate": "HBA-6708"}).model_dump(mode="json")
    path.write_text(json.dumps([message]), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


@pytest.fixture(scope="module")
def passed(folder: Path, clip: Path, site: Path) -> Result:
    orders = orders_file(folder, NUMBER)
    return run("--json", "--site", site, "--lane", "lane", "--orders", orders, "--report", folder / "report", f"rear={clip}")


def passage_of(result: Result) -> dict[str, Any]:
    line = next(line for line in result.output.splitlines() if line.startswith("{"))
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_clip_gives_a_passage_with_its_verdict(passed: Result) -> None:
    assert passed.exit_code == 0, passed.output
    passage = passage_of(passed)
    assert [box["number"] for box in passage["containers"] if box["accepted"]] == [NUMBER]
    assert passage["order"] == "BD15110459525700001"
    assert (passage["verdict"], passage["reasons"]) == ("PASS", [])
    assert passage["opened_at"] < passage["closed_at"]
    assert passage["read_latency_ms"] > 0
    assert {"passage", "tractor_plate", "trailer_plate"} <= passage.keys()


def test_the_report_opens_from_disk_with_its_pictures(passed: Result, folder: Path) -> None:
    page = (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert NUMBER[4:10] in page
    assert "BD15110459525700001" in page
    assert list((folder / "report").rglob("*.jpg"))
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_another_box_is_stopped(folder: Path, clip: Path, site: Path) -> None:
    other = orders_file(folder, "CSQU3054383")
    passage = passage_of(run("--json", "--site", site, "--lane", "lane", "--orders", other, f"rear={clip}"))
    assert passage["verdict"] != "PASS"


def test_a_truncated_clip_gives_what_is_good_and_then_says_what_is_wrong(folder: Path, clip: Path, site: Path) -> None:
    cut = folder / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    result = run("--site", site, "--lane", "lane", f"rear={cut}")
    assert result.exit_code == 1
    assert "camera rear" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lane", "nowhere", "rear=x"), "no lane 'nowhere'"),
        (("--lane", "left", "front=x"), "no camera 'front'"),
        (("--lane", "left", "rear"), "expected CAMERA=FILE"),
        (("--lane", "left", "left-rear=/does/not/exist.mp4"), "no such file"),
    ],
)
def test_what_was_asked_wrongly_is_named(arguments: tuple[str, ...], said: str) -> None:
    result = run("--site", SITE, *arguments)
    assert result.exit_code == 1
    assert said in result.output


def test_a_wrong_order_in_the_orders_file_is_named(folder: Path, clip: Path, site: Path) -> None:
    path = folder / "wrong.json"
    path.write_text(json.dumps([{"message_id": "1"}]), encoding="utf-8")
    result = run("--site", site, "--lane", "lane", "--orders", path, f"rear={clip}")
    assert result.exit_code == 1
    assert "wrong.json" in result.output
    assert "vehicle" in result.output
