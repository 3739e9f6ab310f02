"""The report says what was measured, and what was not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.reading_measure.__main__ import arguments
from bench.reading_measure.corpus import Picture
from bench.reading_measure.interleaved import ROOT, Run
from bench.reading_measure.records import ReadNumber, Record
from bench.reading_measure.report import carried, markdown
from bench.reading_measure.results import Results, calibrated, rows, stage_costs, thread_costs
from bench.reading_measure.streams import Carried
from tests.evidence import NOW

NUMBER = "TEMU9221353"
PICTURES = [
    Picture("containers", Path("a.jpg"), frozenset({NUMBER}), layout="plain"),
    Picture("containers", Path("b.jpg"), frozenset({NUMBER}), layout="vertical"),
]
LIGHTS = {Path("a.jpg"): "normal", Path("b.jpg"): "normal"}


def run(engine: str, ms: float, *accepted: bool, threads: int | None = None) -> Run:
    made = Run(engine, threads, f"what {engine} is", peak_mib=321.4)
    for picture, sure in zip(PICTURES, accepted, strict=True):
        found = ReadNumber(number=NUMBER, accepted=sure, confidence=0.97)
        made.records[picture.path] = Record(file=picture.path.name, elapsed_ms=ms, containers=(found,))
    return made


def carrying(cameras: int, *verdicts: float | None) -> Carried:
    return Carried(cameras, 60.0, len(verdicts), verdicts, verdicts, 300, 30, 90, 0.5, 900.0)


def results() -> Results:
    ours, stock = run("ours", 50.0, True, False), run("rapidocr", 500.0, True, True)
    for record in ours.records.values():
        record.stages["pp_ocr: find lines"] = 30.0
    ours.records[Path("b.jpg")].stages["pp_ocr: read lines"] = 10.0
    made = Results("Made-up pictures", NOW, 0.25, [ours, stock, Run("tesseract", None, unavailable="it is not installed")])
    made.rows, made.stages = rows(PICTURES, made.runs, LIGHTS), stage_costs(PICTURES, made.runs)
    made.threads = thread_costs(PICTURES, [run("ours", 80.0, True, True, threads=1), run("ours", 45.0, True, True, threads=2)])
    made.cameras = [carrying(4, 0.4, 0.6), carrying(16, 0.4, None)]
    made.calibration = calibrated(PICTURES, ours)
    return made


def test_the_page_holds_every_table() -> None:
    page = markdown(results())
    assert "- **tesseract**: not available: it is not installed" in page
    assert "| ours | 2 | 50.0 % | 50.0 % | 100.0 % | 0 | 50 | 50 | 0.10 |" in page
    assert "| vertical | ours | 1 | 0.0 % | 0.0 % | 100.0 % | 0 | 50 | 50 | 0.10 |" in page
    assert "| light |" not in page  # all pictures are of one light
    assert "| ours | containers | pp_ocr: read lines | 5.0 | 50.0 % |" in page
    assert "| ours | containers | all the rest | 15.0 | 100.0 % |" in page
    assert "| ours | 321 |" in page
    assert "| ours | containers | 2 | 80 | 45 | 321 |" in page
    assert "| 4 | 2 | 100.0 % | 100.0 % | 0.50 s | 0.60 s | 90.0 % | 50.0 % | 900 |" in page
    assert "| 16 | 2 | 50.0 % | 50.0 % | 0.40 s | never |" in page
    assert "Of 4, 16 cameras this machine carries **4**" in page
    assert "| 0.95–0.99 | 2 | 0.970 | 1.000 |" in page


def test_without_stock_there_is_nothing_to_compare_with() -> None:
    (row, *_) = rows(PICTURES, [run("ours", 50.0, True, True)], LIGHTS)
    assert row.to_stock is None


def test_json_holds_the_same_figures() -> None:
    told = json.loads(json.dumps(results().as_json()))
    ours = next(row for row in told["figures"] if row["engine"] == "ours" and row["split"] == "all")
    assert (ours["whole"], ours["ms_median"], ours["to_stock"]) == (0.5, 50.0, 0.1)
    assert [row["verdicts_in_time"] for row in told["cameras"]] == [1.0, 0.5]


def test_a_number_of_cameras_is_carried_only_if_fewer_are_too() -> None:
    assert carried([carrying(16, 0.5), carrying(4, 2.0), carrying(1, 0.5)]) == 1
    assert carried([carrying(1, None)]) == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--photos", "x", "--gallery", "y"], "photographs are not shown"),
        (["--photos", "x", "--engines", "ours,abbyy"], "abbyy: there are ours"),
        (["--rendered", "3", "--engines", "rapidocr", "--calibration", "x.svg"], "needs the engine 'ours'"),
        (["--photos", "x", "--python", "easyocr=/nowhere"], "easyocr=/nowhere: not ENGINE=INTERPRETER"),
        ([], "--photos --rendered"),
    ],
)
def test_what_cannot_be_measured_is_refused(given: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(given)
    assert told in capsys.readouterr().err


def test_the_command_runs_as_the_readme_has_it(tmp_path: Path) -> None:
    command = [sys.executable, "bench/reading.py", "--photos", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("no labels.csv in containers, plates, plate_crops")
