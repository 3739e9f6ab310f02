"""What stands in files, read by the room itself: every spelling that offices have, and what is no file of orders at all."""

import io
import zipfile
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from gateway.platform.orders.entry import workbook
from gateway.platform.orders.entry.columns import TEMPLATE, csv_template
from gateway.platform.orders.entry.errors import TableError
from gateway.platform.orders.entry.file_reading import ReadOrder, read_orders
from gateway.platform.orders.entry.reading import written_time
from gateway.platform.orders.entry.table_file import MOST_LINES, lines_of
from tests.platform.entry.files import EXAMPLE, HEADS, Row, as_csv, row, table

FIRM = "04595257"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def orders(data: bytes) -> list[ReadOrder]:
    return list(read_orders(data, FIRM, NOW))


def wrong(data: bytes) -> list[tuple[int, str]]:
    return [(line, one.name) for order in orders(data) for line, one in order.wrong]


def as_xlsx(rows: list[Row], **cells: object) -> bytes:
    """Written by another hand than ours. `cells`: values of the first order's cells, by letter and number."""
    book = Workbook()
    for line in table(rows):
        book.active.append([text or None for text in line])
    for place, value in cells.items():
        book.active[place] = value
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def column(name: str) -> str:
    """The letters of a column in a sheet."""
    return str(get_column_letter(HEADS.index(name) + 1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950", "utf-16"])
def test_text_in_every_spelling_of_an_office(encoding: str, delimiter: str) -> None:
    [order] = orders(as_csv([row(vehicle__driver='王大明, "小"')], encoding, delimiter))
    assert order.reading.order is not None
    assert order.reading.order.vehicle.driver == '王大明, "小"'


def test_both_templates_are_files_of_orders() -> None:
    for data in (csv_template(), workbook.written(TEMPLATE)):
        [order] = orders(data)
        assert (order.wrong, order.odd) == ((), ())
        assert order.reading.order is not None


def test_columns_go_by_either_language_and_in_any_order() -> None:
    heads = {"Plate": "KLA-1234", "貨櫃號碼 Box number": "TEMU9221353", "vehicle.driver": "王大明", "封條號碼 1": "VS1"}
    data = ("\n".join([",".join(heads), ",".join(heads.values())])).encode()
    [order] = orders(data)
    missing = {one.name for _, one in order.wrong}
    assert "office" in missing
    assert {"vehicle.plate", "container.number", "vehicle.driver"} & missing == set()


def test_a_workbook_of_another_hand_with_numbers_and_dates() -> None:
    cells = {
        f"{column('vehicle.departure_time')}2": datetime(2026, 11, 23, 11, 43),
        f"{column('vehicle.count')}2": 1,
        f"{column('cargo.0.quantity')}2": 120.0,
        f"{column('ban')}2": 4595257,  # a number has lost its zero
    }
    [order] = orders(as_xlsx([row()], **cells))
    assert [(line, one.name) for line, one in order.wrong] == [(2, "ban")]
    [order] = orders(as_xlsx([row()], **{**cells, f"{column('ban')}2": "04595257"}))
    assert order.reading.order is not None
    assert order.reading.order.vehicle.departure_time == datetime(2026, 11, 23, 3, 43, tzinfo=UTC)
    assert order.reading.order.cargo[0].quantity == "120"


def test_a_formula_is_what_it_last_came_to_and_is_never_reckoned() -> None:
    data = as_xlsx([row()], **{f"{column('vehicle.plate')}2": '=HYPERLINK("http://evil.example","KLA-1234")'})
    assert wrong(data) == [(2, "vehicle.plate")]  # written by a program: it has never come to anything


def test_more_seals_and_cargo_stand_on_the_lines_below() -> None:
    below: Row = {"seals.0.kind": "5", "seals.0.number": "WLS1", "cargo.0.quantity": "7"}
    [order, second] = orders(as_csv([row(), below, {"cargo.0.quantity": "8"}, row(1)]))
    assert order.reading.order is not None
    assert [seal.number for seal in order.reading.order.seals] == ["VS00001234", "WLS1"]
    assert [one.quantity for one in order.reading.order.cargo] == ["120", "7", "8"]
    assert (order.line, order.last, second.line) == (2, 4, 5)


def test_what_is_wrong_is_named_by_the_line_it_stands_on() -> None:
    below: Row = {"seals.0.kind": "5", "seals.0.number": "?", "cargo.0.declaration": "A"}
    data = as_csv([below, row(), below, row(1, vehicle__plate="", vehicle__departure_time="soon"), row(2)])
    named = wrong(data)
    assert {name for line, name in named if line == 2} >= {"", "office", "seals.0.number", "cargo.0.quantity"}
    assert [(line, name) for line, name in named if line > 2] == [
        (4, "cargo.1.quantity"),
        (4, "seals.2.number"),
        (5, "vehicle.plate"),
        (5, "vehicle.departure_time"),
    ]


def test_line_numbers_are_those_of_the_file_also_after_empty_and_broken_lines() -> None:
    lines = as_csv([row(vehicle__driver="王\n大明"), row(1, origin="")]).decode().replace("\r\n", "\r\n\r\n", 1)
    assert wrong(lines.encode()) == [(5, "origin")]


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"", "The file is empty", None),
        (b"\n\n ,\n", "The file is empty", None),
        (b"\xd0\xcf\x11\xe0rest", "An old Excel file", None),
        (b"PK\x03\x04rest", "cannot be read as a workbook", None),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xff", "Neither UTF-8 nor Big5", 1),
        ("車牌,駕駛人\nA,\xff".encode("cp950", "replace").replace(b"?", b"\xff"), "Neither UTF-8 nor Big5", 2),
        (b"a,b\n1,2\n", "does not name the columns", 1),
        (b"plate,nonsense\n1,2\n", "No order has a column named", 1),
        ("Plate,車牌\n1,2\n".encode(), "stand twice", 1),
        (b'Plate,Driver\n"KLA,1\n', "quotation marks", 2),
        (b"Plate" + b",Driver" * 70 + b"\n", "More than", 1),
    ],
)
def test_what_is_no_file_of_orders_says_why_and_where(data: bytes, words: str, line: int | None) -> None:
    with pytest.raises(TableError) as error:
        orders(data)
    assert words in error.value.words
    assert error.value.line == line


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026/11/3 上午 9:05", "2026-11-03T09:05:00"),
        ("2026/11/3 下午 12:05:09", "2026-11-03T12:05:09"),
        ("2026/11/3 上午 12:05", "2026-11-03T00:05:00"),
        ("2026-1-3 9:05", "2026-01-03T09:05:00"),
        ("46349.48819444444", "2026-11-23T11:43:00"),
        ("2021-02-22 T11:43:46", "2021-02-22T11:43:46"),
        ("soon", "soon"),
    ],
)
def test_times_as_tables_have_them(written: str, read: str) -> None:
    assert written_time(written) == read


def test_one_line_too_many_is_refused_by_name() -> None:
    with pytest.raises(TableError) as error:
        list(lines_of(b"plate,driver\n" + b"A,B\n" * (MOST_LINES + 1)))
    assert (error.value.line, error.value.values) == (100_002, {"most": 100_000})


# Workbooks that mean harm ---------------------------------------------------------------------------------------------------


def packed(sheet: bytes, texts: bytes = b"", **more: bytes) -> bytes:
    """A workbook of this one sheet."""
    parts = {name: text.encode() for name, text in workbook._PARTS.items()} | {"xl/worksheets/sheet1.xml": sheet}
    if texts:
        parts["xl/sharedStrings.xml"] = texts
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in (parts | more).items():
            archive.writestr(name, body)
    return data.getvalue()


HEAD = b'<worksheet><sheetData><row r="1"><c t="str"><v>Plate</v></c></row>'
TAIL = b"</sheetData></worksheet>"


@pytest.mark.parametrize(
    "data",
    [
        packed(HEAD + b'<row r="2">' + b"<c/>" * 60_000 + b"</row>" + TAIL),
        packed(HEAD + TAIL, texts=b"<sst>" + b"<si/>" * 30_000 + b"</sst>"),
        packed(HEAD + TAIL, texts=b"<sst><si><t>" + b"a" * 600_000 + b"</t></si></sst>"),
        packed(b" " * (1 << 20)),
        packed(HEAD + TAIL, **{f"part{place}": b"" for place in range(1100)}),
        packed(HEAD + TAIL, **{"xl/vbaProject.bin": b"\xd0\xcf"}),
        packed(b'<!DOCTYPE x [<!ENTITY a "b">]>' + HEAD + b"<row><c t='str'><v>&a;</v></c></row>" + TAIL),
        packed(HEAD + b'<row r="2"><c t="s"><v>99</v></c></row>' + TAIL),
        packed(HEAD + b'<row r="two"/>' + TAIL),
        packed(HEAD),
    ],
    ids=["cells", "texts", "text", "size", "parts", "macros", "entities", "pointer", "row", "cut"],
)
def test_a_workbook_that_means_harm_is_refused_before_it_does(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, most in {"MOST_ELEMENTS": 50_000, "MOST_TEXTS": 20_000, "MOST_TEXT": 500_000, "MOST_UNFOLDED": 1_000_000}.items():
        monkeypatch.setattr(workbook, limit, most)
    with pytest.raises(TableError):
        orders(data)


def test_a_cell_in_the_last_row_and_column_makes_no_room_for_all_before_it() -> None:
    far = packed(HEAD + b'<row r="1048576"><c r="A1048576" t="str"><v>x</v></c><c r="XFD1048576" t="str"><v>x</v></c></row>' + TAIL)
    assert {line for line, _ in wrong(far)} == {1048576}


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 4000), byte=st.integers(0, 255), cut=st.integers(0, 4000))
def test_a_damaged_workbook_is_an_order_or_a_clear_error(place: int, byte: int, cut: int) -> None:
    whole = bytearray(workbook.written(TEMPLATE))
    whole[place % len(whole)] = byte
    data = bytes(whole[: len(whole) - cut % len(whole)] if cut % 3 == 0 else whole)
    with suppress(TableError):
        orders(data)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # UTF-8 carries no half characters


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(EXAMPLE)), _TEXTS, max_size=8), max_size=4))
def test_any_text_in_any_cell_is_an_order_or_named(rows: list[Row]) -> None:
    data = as_csv([row(place) | one for place, one in enumerate(rows)], encoding="utf-8-sig")
    for order in orders(data):
        assert (order.reading.order is not None) != bool(order.wrong)
