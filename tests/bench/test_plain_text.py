"""What a careful user would make of a stock program's text."""

from bench.reading_measure.engines import tesseract_lines
from bench.reading_measure.plain_text import TextLine, containers, plates


def line(text: str, left: float = 0, top: float = 0, width: float = 100, height: float = 20) -> TextLine:
    return TextLine(text, left, top, left + width, top + height, 0.9)


def test_a_number_is_joined_over_the_lines_of_a_row_and_the_next() -> None:
    assert containers([line("922135 3", 200, 4), line("TEMU", 10)]) == ["TEMU9221353"]
    assert containers([line("922135 3", 10, 40), line("TEMU", 12)]) == ["TEMU9221353"]


def test_a_number_with_a_wrong_check_digit_is_none() -> None:
    assert containers([line("TEMU 922135 4")]) == []


def test_a_circled_check_digit_counts_as_a_digit() -> None:
    assert containers([line("TEMU922135③")]) == ["TEMU9221353"]


def test_letters_before_a_number_do_not_hide_it() -> None:
    assert containers([line("SUTEMU9221353"), line("45R1", 0, 40)]) == ["TEMU9221353"]


def test_a_plate_is_a_line_or_two_neighbours_in_a_row() -> None:
    assert plates([line("KLA-1235")]) == ["KLA1235"]
    assert plates([line("KLA", 0, 0, 40), line("1235", 50, 2, 40)]) == ["KLA1235"]
    assert plates([line("KLA", 0, 0, 40), line("1235", 0, 100, 40)]) == []


def test_what_no_series_issues_is_no_plate() -> None:
    assert plates([line("ABCDEF"), line("123456", 0, 50), line("ABI-1235", 0, 100), line("TOYOTA", 0, 150)]) == []


def test_the_words_of_one_line_of_tesseract_belong_together() -> None:
    heading = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    rows = [
        "1\t1\t0\t0\t0\t0\t0\t0\t640\t480\t-1\t",
        "5\t1\t1\t1\t1\t1\t10\t20\t40\t15\t91.5\tTEMU",
        "5\t1\t1\t1\t1\t2\t60\t18\t70\t18\t80\t922135",
        '5\t1\t1\t1\t1\t3\t140\t20\t10\t15\t75\t"3',
        "5\t1\t2\t1\t1\t1\t10\t90\t40\t15\t60\t \t",
    ]
    (found,) = tesseract_lines("\n".join([heading, *rows]))
    assert found == TextLine('TEMU 922135 "3', 10, 18, 150, 36, 0.75)
    assert containers([found]) == ["TEMU9221353"]
