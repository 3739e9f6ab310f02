"""Numbers in the plain text of engines that know nothing of them: lines in reading order, joined, filtered by the grammar.

This is as generous as a careful user would be: a container number may be spread over lines that follow each other, and must
have a valid check digit; a plate is one line, or two neighbours in one row, of a form that Taiwan issues.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gateway.model.container_number import ContainerNumber, normalise
from gateway.model.errors import PlateError
from gateway.model.plate import Plate

SAME_ROW: Final = 0.5  # of the text height: how far apart the middles of two lines of one row may be
_NUMBER: Final = re.compile(r"(?=([A-Z]{3}[UJZ][0-9]{7}))")  # looking ahead, so that overlapping candidates are all tried


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text, the upright rectangle around it in pixels, and how sure the engine is (0 to 1)."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    certainty: float

    @property
    def bare(self) -> str:
        """Letters and digits only, upper case; circled and full-width ones as plain ones."""
        return re.sub(r"[^A-Z0-9]", "", normalise(self.text))


def rows(lines: Iterable[TextLine]) -> list[list[TextLine]]:
    """Lines as they are read: from the top down, each row from left to right."""
    found: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: line.top + line.bottom):
        first = found[-1][0] if found else None
        if first and (line.top + line.bottom - first.top - first.bottom) / 2 <= SAME_ROW * (first.bottom - first.top):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda line: line.left) for row in found]


def containers(lines: Sequence[TextLine]) -> list[str]:
    """Every ISO 6346 number with a valid check digit, once."""
    joined = "".join(line.bare for row in rows(lines) for line in row)
    return list(dict.fromkeys(number for number in _NUMBER.findall(joined) if ContainerNumber(number).check_digit_valid))


def plates(lines: Sequence[TextLine]) -> list[str]:
    """Every plate, once."""
    texts = [line.bare for line in lines]
    texts += [one.bare + other.bare for row in rows(lines) for one, other in pairwise(row)]
    return [text for text in dict.fromkeys(texts) if _is_plate(text)]


def _is_plate(text: str) -> bool:
    try:
        return not text.isdigit() and Plate.parse(text).is_known_form
    except PlateError:
        return False
