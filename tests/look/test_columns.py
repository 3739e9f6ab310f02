"""Columns on a terminal, where Chinese takes twice the room."""

from gateway.look.columns import columns, width


def test_columns_line_up_in_both_scripts() -> None:
    lines = columns([("● 足夠", "字元高度", "36 px"), ("● Suffices", "Height", "9 px")])
    assert [width(line[: line.index("px")]) for line in lines] == [25, 24]
    assert width(lines[0][: lines[0].index("字")]) == width(lines[1][: lines[1].index("H")])


def test_a_last_empty_cell_leaves_no_blanks() -> None:
    assert columns([("a", ""), ("bb", "c")]) == ["a", "bb  c"]
