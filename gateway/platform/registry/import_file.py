"""A file of lines becomes entries, and entries a file of lines. A row source is anything that gives rows of named texts.

Every line that is wrong is named with its field, and nothing of a file is believed: not its encoding, its length, nor its header.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from gateway.look.i18n import _
from gateway.platform.errors import PlatformError
from gateway.platform.registry import form
from gateway.platform.registry.flat import flat, nested
from gateway.platform.registry.kinds import Kind
from gateway.platform.registry.store import Taken

MOST_BYTES: Final = 32 << 20  # 100,000 lines of 320 bytes
MOST_NAMED: Final = 1000  # problems that a page shows; what is beyond is counted
LONGEST_HEADER: Final = 16 << 10
_DELIMITERS: Final = ",;\t"
_FORMULA: Final = re.compile(r"'?[=+\-@\t\r]")  # how a cell begins that an office program runs (OWASP, CSV injection)
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class ImportFileError(PlatformError):
    """A file of which no line can be read. `words` is a message id of the catalogue; `line` where it broke, 0: as a whole."""

    def __init__(self, words: str, line: int = 0) -> None:
        self.words, self.line = words, line
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a source: its line, from 1, and its cells by name."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with one cell of one line. `words` is a message id of the catalogue."""

    line: int
    field: str
    words: str


@dataclass(slots=True)
class ReadFile:
    """What a source holds: entries with the lines they stand on, and what is wrong with the other lines."""

    entries: list[BaseModel] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)
    bad_lines: int = 0

    def add_problems(self, problems: Iterable[LineProblem]) -> None:
        known = list(problems)
        self.bad_lines += len({one.line for one in known})
        self.problems += known[: max(0, MOST_NAMED - len(self.problems))]

    def add_of_registers(self, taken: Taken) -> None:
        """What the registers have against entries that are right in themselves."""
        self.add_problems(LineProblem(self.lines[one.place], one.field, one.words) for one in taken.problems)
        self.problems.sort(key=lambda one: one.line)


# In ---------------------------------------------------------------------------------------------------------------------


def csv_rows(path: Path, columns: Sequence[str]) -> Iterator[SourceRow]:
    """The rows of a CSV file in UTF-8 or Big5, as office programs in Taiwan write it. Raises ImportFileError."""
    with path.open(encoding=_encoding(path), newline="") as file:
        header = file.readline(LONGEST_HEADER)
        delimiter = max(_DELIMITERS, key=header.count)
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
        unknown = [name for name in names if name not in columns]
        if not names or unknown or len(set(names)) != len(names):
            raise ImportFileError(_("The first line has to name the columns, each once, as an export does."), 1)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield SourceRow(reader.line_num + 1, dict(zip(names, map(bared, cells), strict=False)))
        except csv.Error:
            raise ImportFileError(
                _("From this line on the file cannot be read: is a quotation mark missing?"), reader.line_num + 1
            ) from None


def _encoding(path: Path) -> str:
    for encoding in ("utf-8-sig", "cp950"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                while text := file.read(1 << 20):
                    if "\0" in text:
                        raise ImportFileError(_("This is no file of text."))
        except UnicodeDecodeError:
            continue
        return encoding
    raise ImportFileError(_("This is no text in UTF-8 or Big5."))


def read_rows(kind: Kind, rows: Iterable[SourceRow]) -> ReadFile:
    """The entries of a source. Raises ImportFileError for more rows than the register takes at once, and as the source does."""
    read = ReadFile()
    first: dict[str, int] = {}
    for count, row in enumerate(rows, 1):
        if count > kind.most_lines:
            raise ImportFileError(_("The file has too many lines."), row.line)
        try:
            entry = kind.model.model_validate(nested(row.cells))
        except ValidationError as error:
            read.add_problems(LineProblem(row.line, cell, words) for cell, words in form.problems(kind.model, error))
            continue
        if first.setdefault(kind.key_of(entry), row.line) != row.line:
            read.add_problems([LineProblem(row.line, kind.key, _("The same entry stands on an earlier line."))])
            continue
        read.entries.append(entry)
        read.lines.append(row.line)
    return read


# Out --------------------------------------------------------------------------------------------------------------------


def columns(kind: Kind) -> tuple[str, ...]:
    """Every column that a file of this register may have."""
    found: list[str] = []
    for one in form.inputs(kind.model):
        if one.control == "rows":
            found += [f"{one.name}.{row}.{column.name}" for row in range(one.most) for column in one.columns]
        elif one.control in {"codes", "texts"}:
            found += [f"{one.name}.{row}" for row in range(one.most)]
        else:
            found.append(one.name)
    return tuple(found)


def csv_header(kind: Kind) -> str:
    """With the mark by which office programs know UTF-8."""
    return "\ufeff" + _line(columns(kind))


def csv_lines(kind: Kind, entries: Iterable[BaseModel]) -> str:
    names = columns(kind)
    return "".join(_line(_cells(entry, names)) for entry in entries)


def _cells(entry: BaseModel, names: Sequence[str]) -> list[str]:
    cells = flat(entry.model_dump(mode="json"))
    return [harmless(cells.get(name, "")) for name in names]


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def harmless(cell: str) -> str:
    """A cell that no office program takes for a formula: an apostrophe before what begins like one."""
    return "'" + cell if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def bared(cell: str) -> str:
    """The cell without the apostrophe of `harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
