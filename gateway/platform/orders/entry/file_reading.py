"""A file's lines become orders: one line is one order; a line of seals and cargo alone goes on with the order above. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.look.i18n import _
from gateway.platform.orders.entry.columns import SEALS_OF_A_LINE, columns_of
from gateway.platform.orders.entry.fields import REPEATED
from gateway.platform.orders.entry.reading import Reading, Remark, Values, read
from gateway.platform.orders.entry.table_file import lines_of

_NO_ORDER_ABOVE: Final = _("Seals or cargo without an order above them")
_MORE_VALUES: Final = _("More values than the first line has columns")
_MOST_LINES_OF_AN_ORDER: Final = 999  # of cargo, as the message has them


@dataclass(slots=True)
class _Block:
    """The lines of one order. `lines`: of each value, and of each seal and line of cargo as a whole (`seals.2`)."""

    first: int
    values: dict[str, str]
    lines: dict[str, int] = field(default_factory=dict)
    wrong: list[tuple[int, Remark]] = field(default_factory=list)
    height: int = 1

    def line_of(self, name: str) -> int:
        return self.lines.get(name) or self.lines.get(name.rpartition(".")[0], self.first)


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """One order of a file, which begins at `line`; what is wrong or odd about it, each with its line."""

    line: int
    last: int
    reading: Reading
    wrong: tuple[tuple[int, Remark], ...]
    odd: tuple[tuple[int, Remark], ...]


def read_orders(data: bytes, firm: str | None, now: datetime) -> Iterator[ReadOrder]:
    """The file's orders, good and bad. Raises TableError where it is no such file, at the latest where it breaks."""
    for block in _blocks(data):
        reading = read(block.values, firm, now)
        wrong = [*block.wrong, *((block.line_of(one.name), one) for one in reading.wrong)]
        odd = tuple((block.line_of(one.name), one) for one in reading.odd)
        yield ReadOrder(block.first, block.first + block.height - 1, reading, tuple(wrong), odd)


def _blocks(data: bytes) -> Iterator[_Block]:
    lines = lines_of(data)
    number, heads = next(lines)
    columns = columns_of(heads, number)
    block: _Block | None = None
    for number, cells in lines:
        values = {column.name: text for column, text in zip(columns, cells, strict=False) if column and text}
        begins = any(name.split(".")[0] not in REPEATED for name in values)
        if block is None or begins or block.height > _MOST_LINES_OF_AN_ORDER:
            if block is not None:
                yield block
            block = _Block(number, values, dict.fromkeys(values, number))
            if not begins:
                block.wrong.append((number, Remark("", _NO_ORDER_ABOVE)))
        else:
            _go_on(block, number, values)
        if any(cells[len(columns) :]) or any(text for column, text in zip(columns, cells, strict=False) if column is None):
            block.wrong.append((number, Remark("", _MORE_VALUES)))
    if block is not None:
        yield block


def _go_on(block: _Block, number: int, values: Values) -> None:
    for name, text in values.items():
        group, place, key = name.split(".")
        moved = int(place) + block.height * (SEALS_OF_A_LINE if group == "seals" else 1)
        block.values[f"{group}.{moved}.{key}"] = text
        block.lines[f"{group}.{moved}.{key}"] = block.lines[f"{group}.{moved}"] = number
    block.height += 1


# What stands in a preview --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Preview:
    """What a file holds: numbers of lines and orders, and every remark with its line; the same remark is kept once."""

    lines: int = 0
    good: int = 0
    bad: int = 0
    wrong: list[tuple[int, Remark]] = field(default_factory=list)
    odd: list[tuple[int, Remark]] = field(default_factory=list)
    _kept: dict[Remark, Remark] = field(default_factory=dict)

    def add(self, order: ReadOrder) -> None:
        self.lines = order.last - 1
        if order.wrong:
            self.bad += 1
        else:
            self.good += 1
        self.wrong += self._keep(order.wrong)
        self.odd += self._keep(order.odd)

    def _keep(self, remarks: Sequence[tuple[int, Remark]]) -> list[tuple[int, Remark]]:
        return [(line, self._kept.setdefault(one, one)) for line, one in remarks]
