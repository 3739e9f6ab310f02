"""Columns of text for a terminal, where Chinese characters are twice as wide as Latin ones."""

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Columns on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """One line a row, every column as wide as its widest cell. Rows are equally long."""
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
