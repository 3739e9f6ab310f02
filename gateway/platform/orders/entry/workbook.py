"""An Excel workbook (.xlsx, ECMA-376 part 1 §18) as rows of texts, read as a stream: nothing in it is run, little of it is kept.

A workbook is a ZIP of XML. Of a hostile one, 300 kB unfold to a row of 60 million empty cells. Readers that build trees of it, or
make room for every cell between the first and the last one, take all memory; this one keeps a row of at most MOST_COLUMNS texts.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import count
from typing import Final, TypeVar
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from gateway.look.i18n import _
from gateway.platform.orders.entry.columns import MOST_COLUMNS
from gateway.platform.orders.entry.errors import TableError

MOST_UNFOLDED: Final = 256 << 20  # bytes of one part; 100,000 lines of 35 columns are about 150 MB
MOST_ELEMENTS: Final = 12_000_000  # of one part; 100,000 lines of 35 columns are at most 11 million
MOST_PARTS: Final = 1000
MOST_TEXT: Final = 32 << 20  # characters of the table of texts
MOST_TEXTS: Final = 2_000_000
LONGEST_CELL: Final = 1000  # characters; no field is longer than 40
_CHUNK: Final = 1 << 16
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NUMBER: Final = re.compile(r"([0-9]+)\.0*")
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    EOFError,
    KeyError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
NOT_READABLE: Final = _("This file cannot be read as a workbook: save it again as .xlsx")
TOO_MUCH: Final = _("The workbook unfolds to more than any list of orders: save the one sheet as CSV")

Line = tuple[int, list[str]]  # its number, from 1, and its cells


def rows(data: bytes) -> Iterator[Line]:
    """The rows of the first sheet that have cells. Raises TableError, at the latest where the file breaks."""
    number = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse(archive)
            book = _parsed(archive, "xl/workbook.xml", _Book())
            links = _parsed(archive, "xl/_rels/workbook.xml.rels", _Links())
            texts: list[str] = []
            if "xl/sharedStrings.xml" in archive.namelist():
                texts = _parsed(archive, "xl/sharedStrings.xml", _Texts()).texts
            if book.since_1904:
                raise TableError(_("The workbook counts days from 1904: switch that off in Excel, or save as CSV"))
            sheet = _Sheet(texts)
            for _chunk in _feed(archive, posixpath.join("/xl", links.targets[book.sheets[0]]), sheet):
                for number, cells in sheet.take():
                    yield number, cells
    except _BROKEN:
        raise TableError(NOT_READABLE, number + 1 if number else None) from None


def _refuse(archive: zipfile.ZipFile) -> None:
    """What a ZIP declares of its sizes is all that is ever unpacked of it. Raises TableError."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or any(part.file_size > MOST_UNFOLDED for part in parts):
        raise TableError(TOO_MUCH)
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise TableError(_("A workbook with macros: save it as .xlsx without macros"))


class _Part:
    """Hears the elements of one part of the workbook, by their names without a prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, text: str) -> None: ...


P = TypeVar("P", bound=_Part)


def _feed(archive: zipfile.ZipFile, name: str, part: _Part) -> Iterator[None]:
    parser = ParserCreate()
    parser.buffer_text = True
    begun = count(1)

    def start(name: str, attributes: dict[str, str]) -> None:
        if next(begun) > MOST_ELEMENTS:
            raise TableError(TOO_MUCH)
        part.start(name.rpartition(":")[2], attributes)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: part.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = part.text
    parser.StartDoctypeDeclHandler = _no_doctype
    with archive.open(name.lstrip("/")) as file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield


def _no_doctype(*_: object) -> None:
    """No workbook has one; all tricks with entities begin with one."""
    raise ValueError("a document type")


def _parsed(archive: zipfile.ZipFile, name: str, part: P) -> P:
    for _chunk in _feed(archive, name, part):
        pass
    return part


class _Book(_Part):
    """The sheets' links, in the order of their tabs."""

    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and len(self.sheets) < MOST_PARTS:
            self.sheets += [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904", "") in {"1", "true"}


class _Links(_Part):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and len(self.targets) < MOST_PARTS:
            self.targets[attributes["Id"]] = attributes["Target"]


class _Texts(_Part):
    """The table of texts that cells point into. Readings in another script (`rPh`) are none of the text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._now: list[str] = []
        self._in_text = False
        self._in_reading = False
        self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._now = []
        elif name == "rPh":
            self._in_reading = True
        self._in_text = name == "t" and not self._in_reading

    def text(self, text: str) -> None:
        if self._in_text:
            self._length += len(text)
            self._now.append(text)

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._in_reading = False
        elif name == "si":
            self.texts.append("".join(self._now)[:LONGEST_CELL])
            if self._length > MOST_TEXT or len(self.texts) > MOST_TEXTS:
                raise TableError(TOO_MUCH)


class _Sheet(_Part):
    """Rows as they are completed."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._done: list[Line] = []
        self._number = 0
        self._column = 0
        self._cells: list[str] = []
        self._kind = ""
        self._in_value = False
        self._value: list[str] = []

    def take(self) -> list[Line]:
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "row":
                self._number = int(attributes.get("r", self._number + 1))
                self._column, self._cells = 0, []
            case "c":
                place = _PLACE.fullmatch(attributes.get("r", ""))
                self._column = _column(place[1]) if place else self._column + 1
                self._kind, self._value = attributes.get("t", "n"), []
            case "v" | "t":
                self._in_value = True

    def text(self, text: str) -> None:
        if self._in_value and len(self._value) < LONGEST_CELL:
            self._value.append(text)

    def end(self, name: str) -> None:
        self._in_value = False
        if name == "c" and self._value and 1 <= self._column <= MOST_COLUMNS + 1:
            self._cells += [""] * (self._column - len(self._cells))
            self._cells[self._column - 1] = self._said("".join(self._value))
        elif name == "row" and self._cells:
            self._done.append((self._number, self._cells))

    def _said(self, value: str) -> str:
        if self._kind == "s":
            return self._texts[int(value)].strip()
        if self._kind == "n" and (whole := _NUMBER.fullmatch(value)):
            return whole[1]
        return value.strip()[:LONGEST_CELL]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


# Writing ------------------------------------------------------------------------------------------------------------------

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OF_DOCUMENT: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OF_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_OF_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        f'relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_OF_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OF_DOCUMENT}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OF_DOCUMENT}"><sheets><sheet name="CN" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_OF_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OF_DOCUMENT}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{_OF_DOCUMENT}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    "xl/styles.xml": (  # style 1 is text (format 49), style 2 bold text
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/>'
        '<name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill '
        'patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyNumberFormat="1" '
        'applyFont="1"/></cellXfs></styleSheet>'
    ),
}


def written(lines: list[list[str]]) -> bytes:
    """A workbook of one sheet, whose columns are text to their end, so that no zero in front is lost; line 1 is its head."""
    width = max(len(line) for line in lines)
    body = "".join(
        f'<row r="{number}">' + "".join(_written(text, 2 if number == 1 else 1) for text in line) + "</row>"
        for number, line in enumerate(lines, start=1)
    )
    parts = _PARTS | {
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
            f'state="frozen"/></sheetView></sheetViews><cols><col min="1" max="{width}" width="24" style="1" customWidth="1"/>'
            f"</cols><sheetData>{body}</sheetData></worksheet>"
        )
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name)  # of no time: the same template is the same file
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}')
    return packed.getvalue()


def _written(text: str, style: int) -> str:
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
