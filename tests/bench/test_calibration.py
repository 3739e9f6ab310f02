"""Confidences are held against what was right."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.reading_measure.calibration import EDGES, Read, bins, error, plot, reads
from bench.reading_measure.corpus import Picture
from bench.reading_measure.records import ReadNumber, Record


def test_a_read_is_right_when_the_label_names_it_and_unknown_where_the_label_is_partial() -> None:
    whole = Picture("plates", Path("a"), frozenset({"KLA1235"}))
    partial = Picture("plates", Path("b"), frozenset({"KLA1235"}), partial=True)
    numbers = tuple(ReadNumber(number=number, accepted=False, confidence=0.7) for number in ("KLA-1235", "ABC1234"))
    records = {path: Record(file=str(path), plates=numbers) for path in (whole.path, partial.path)}
    assert reads([whole, partial], records) == [Read(0.7, True), Read(0.7, False), Read(0.7, True)]


def test_every_read_falls_into_one_bin() -> None:
    found = bins([Read(confidence, True) for confidence in (0.0, 0.2, 0.55, 0.9, 0.9995, 1.0)])
    assert len(found) == len(EDGES) - 1
    assert {made.low: made.count for made in found if made.count} == {0.0: 1, 0.2: 1, 0.4: 1, 0.9: 1, 0.999: 2}


def test_error_is_how_far_apart_saying_and_being_right_are() -> None:
    honest = [Read(0.75, True)] * 3 + [Read(0.75, False)]
    boasting = [Read(0.85, False)] * 4
    assert error(bins(honest)) == pytest.approx(0.0)
    assert error(bins([*honest, *boasting])) == pytest.approx(0.425)
    assert error(bins([])) == 0


def test_few_reads_say_little() -> None:
    few, many = bins([Read(0.95, True)] * 5)[6], bins([Read(0.95, True)] * 500)[6]
    assert (few.share, many.share) == (1.0, 1.0)
    assert few.interval == pytest.approx((0.5655, 1.0), abs=0.001)
    assert many.interval == pytest.approx((0.9924, 1.0), abs=0.001)


def test_the_plot_shows_a_panel_a_kind_and_the_count_of_every_bin() -> None:
    picture = plot({"containers": bins([Read(0.97, True)] * 37 + [Read(0.3, False)]), "plates <old>": bins([])})
    svg = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    texts = ["".join(text.itertext()) for text in svg.iter(f"{space}text")]
    assert "37" in texts
    assert any(text.startswith("containers: 38 numbers read") for text in texts)
    assert any(text.startswith("plates <old>: 0 numbers read") for text in texts)
    assert texts.count("0.95–0.99") == 2
    bars = [bar for bar in svg.iter(f"{space}rect") if bar.get("fill") != "#ffffff"]
    assert sorted(float(bar.get("height", "0")) for bar in bars) == [0.0, 200.0]
