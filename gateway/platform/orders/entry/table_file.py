"""A file that somebody chose becomes lines of texts: CSV in the encodings of Taiwan's offices, or an Excel workbook."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from gateway.look.i18n import _
from gateway.platform.orders.entry import workbook
from gateway.platform.orders.entry.errors import TableError
from gateway.platform.orders.entry.workbook import LONGEST_CELL, Line

MOST_BYTES: Final = 32 << 20  # 100,000 lines of 300 bytes
MOST_LINES: Final = 100_000
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS: Final = ",;\t"


def lines_of(data: bytes) -> Iterator[Line]:
    """Lines that hold something, the first one the columns' names. Raises TableError, at the latest where the file breaks."""
    if data.startswith(_OLD_EXCEL):
        raise TableError(_("An old Excel file, or one with a password: save it as .xlsx without a password"))
    lines = workbook.rows(data) if data.startswith(_ZIP) else _csv(data)
    found = 0
    for number, cells in lines:
        if not any(cells):
            continue
        found += 1
        if found > MOST_LINES + 1:
            raise TableError(_("More than %(most)s lines: divide the file"), number, {"most": MOST_LINES})
        yield number, cells
    if not found:
        raise TableError(_("The file is empty"))


def _text(data: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one (Excel's "Unicode text"), else Big5 as Windows has it (CP950)."""
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp950")
    furthest = 0
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
    raise TableError(_("Neither UTF-8 nor Big5 text: save the file as CSV UTF-8"), data.count(b"\n", 0, furthest) + 1)


def _csv(data: bytes) -> Iterator[Line]:
    text = _text(data)
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for cells in reader:
            yield number, [cell.strip()[:LONGEST_CELL] for cell in cells]
            number = reader.line_num + 1
    except csv.Error:
        raise TableError(_("The quotation marks do not close, or a cell is too long"), number) from None
