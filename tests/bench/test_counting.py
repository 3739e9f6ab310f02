"""Figures are counted as the project's score of reads counts them."""

from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bench.reading_measure.corpus import Picture, bare
from bench.reading_measure.counting import Figures, by_passage, by_picture, is_whole, reading_of, truth_of
from bench.reading_measure.records import ReadNumber, Record
from gateway.ocr.reads import FoundContainer
from tests.evidence import NOW

NUMBERS = ("TEMU9221353", "MSKU9070323", "CSQU3054383", "KLA-1235")


def picture(name: str, *numbers: str, kind: str = "containers", partial: bool = False, passage: str = "") -> Picture:
    return Picture(kind, Path(name), frozenset(bare(number) for number in numbers), partial, passage=passage)


def record(name: str, *numbers: tuple[str, bool], kind: str = "containers", ms: float | None = 10.0) -> Record:
    found = tuple(ReadNumber(number=number, accepted=accepted, confidence=0.9) for number, accepted in numbers)
    return Record.model_validate({"file": name, "elapsed_ms": ms, kind: found})


def counted(*pairs: tuple[Picture, Record]) -> Figures:
    return by_picture([one for one, _ in pairs], {one.path: record for one, record in pairs})


def test_a_number_found_but_not_accepted_is_found_and_not_whole() -> None:
    figures = counted((picture("a", "TEMU9221353", "MSKU9070323"), record("a", ("TEMU9221353", True), ("MSKU9070323", False))))
    assert (figures.labelled, figures.found, figures.accepted, figures.wrong, figures.whole) == (2, 2, 1, 0, 0)


def test_an_accepted_number_that_no_label_names_is_wrong_and_one_that_was_set_aside_is_not() -> None:
    label = picture("a", "TEMU9221353")
    assert counted((label, record("a", ("TEMU9221353", True), ("MSKU9070323", True)))).wrong == 1
    aside = counted((label, record("a", ("TEMU9221353", True), ("MSKU9070323", False))))
    assert (aside.wrong, aside.whole) == (0, 1)


def test_where_a_label_lists_only_some_numbers_extra_ones_are_not_wrong() -> None:
    label = picture("a", "KLA-1235", kind="plates", partial=True)
    figures = counted((label, record("a", ("KLA1235", True), ("ABC1234", True), kind="plates")))
    assert (figures.wrong, figures.whole) == (0, 1)
    assert counted((label, record("a", ("ABC1234", True), kind="plates"))).whole == 0


def test_hyphens_do_not_count() -> None:
    assert counted((picture("a", "kla-1235", kind="plates"), record("a", ("KLA·1235", True), kind="plates"))).whole == 1


def test_a_picture_that_could_not_be_read_is_a_miss_and_has_no_time() -> None:
    seen, broken = picture("a", "TEMU9221353"), picture("b", "MSKU9070323")
    failed = Record(file="b", error="cut short")
    figures = by_picture([seen, broken], {seen.path: record("a", ("TEMU9221353", True)), broken.path: failed})
    assert (figures.units, figures.whole, figures.unread, figures.labelled, figures.times) == (2, 1, 1, 2, [10.0])
    assert by_picture([seen, broken], {}).unread == 2


def test_a_picture_without_a_number_is_whole_unless_something_is_accepted() -> None:
    assert counted((picture("a"), record("a"))).whole == 1
    assert counted((picture("a"), record("a", ("TEMU9221353", True)))).wrong == 1


def test_times() -> None:
    figures = Figures()
    assert (figures.median_ms, figures.p95_ms) == (None, None)
    figures.times = [float(ms) for ms in range(100, 0, -1)]
    assert (figures.median_ms, figures.p95_ms) == (50.5, 96.0)


@dataclass
class Tally:
    """The score, written as plainly as it can be: over dictionaries, as it reads labels and lines of JSON."""

    found: int = 0
    accepted: int = 0
    wrong: int = 0
    whole: int = 0

    def add(self, label: Picture, read: Record) -> None:
        every = {bare(number.number) for number in read.containers}
        relied = {bare(number.number) for number in read.containers if number.accepted}
        self.found += sum(number in every for number in label.numbers)
        self.accepted += sum(number in relied for number in label.numbers)
        extra = [number for number in relied if number not in label.numbers and not label.partial]
        self.wrong += len(extra)
        self.whole += all(number in relied for number in label.numbers) and not extra


number_lists = st.lists(st.sampled_from(NUMBERS), max_size=3)
labels = st.builds(lambda numbers, partial: picture("x", *numbers, partial=partial), number_lists, st.booleans())
reads = st.lists(st.tuples(st.sampled_from(NUMBERS), st.booleans()), max_size=4).map(lambda found: record("x", *found))


@given(st.lists(st.tuples(labels, reads), max_size=6))
def test_the_figures_agree_with_the_plain_score(pairs: list[tuple[Picture, Record]]) -> None:
    tally, figures = Tally(), Figures()
    for label, read in pairs:
        tally.add(label, read)
        figures.add(truth_of(label), reading_of(read, "containers"))
        assert figures.whole == tally.whole
        assert is_whole(truth_of(label), reading_of(read, "containers")) == (figures.whole == tally.whole and _one(label, read))
    assert (figures.found, figures.accepted, figures.wrong) == (tally.found, tally.accepted, tally.wrong)


def _one(label: Picture, read: Record) -> bool:
    tally = Tally()
    tally.add(label, read)
    return tally.whole == 1


# Passages --------------------------------------------------------------------------------------------------------------


def read_of_ours(name: str, number: str, accepted: bool, sure: float) -> Record:
    """A record with the evidence that fusing needs."""
    characters = tuple(({"character": character, "probability": sure},) for character in number)
    found = FoundContainer(number, sure**11, accepted, True, True, None, (), ((0, 0), (9, 0), (9, 9), (0, 9)))
    seen = found.observation(name, NOW, (100, 100)).model_dump() | {"characters": characters}
    return Record.model_validate({"file": name, "elapsed_ms": 10.0, "observations": [seen]})


def test_a_passage_of_ours_is_fused() -> None:
    pictures = [picture("a", "TEMU9221353", passage="1"), picture("b", "TEMU9221353", passage="1")]
    records = {
        pictures[0].path: read_of_ours("a", "TEMU9221353", True, 0.999),
        pictures[1].path: read_of_ours("b", "TEMU9221353", False, 0.9),
    }
    figures = by_passage(pictures, records)
    assert (figures.units, figures.labelled, figures.whole, figures.median_ms) == (1, 1, 1, 20.0)


def test_of_bare_text_all_that_any_picture_of_the_passage_gave_counts() -> None:
    pictures = [picture("a", "TEMU9221353", passage="1"), picture("b", "TEMU9221353", passage="1"), picture("c", "MSKU9070323")]
    records = {
        pictures[0].path: record("a", ("TEMU9221353", True)),
        pictures[1].path: record("b", ("CSQU3054383", True), ms=None),
    }
    figures = by_passage(pictures, records)
    assert (figures.units, figures.accepted, figures.wrong, figures.whole, figures.median_ms) == (1, 1, 1, 0, 10.0)
