"""A corpus: recorded frames and broken ones in files, and what must come of each.

`corpus/DECODER/NAME.hex` (or `.txt`, `.http`, `.json` as it travels) holds bytes; its name says what is the matter with them.
`corpus/outcomes.txt` says beside each name what is understood, or which error of the room is raised, and its text; `…` stands
for words of a library's own.
"""

import re
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

TABLE = "outcomes.txt"


def cases(room: Path) -> list[ParameterSet]:
    """Decoder, bytes and outcome of every file below `room/corpus`, for `pytest.mark.parametrize`."""
    folder = room / "corpus"
    outcomes = _outcomes(folder / TABLE)
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("*/*"))}
    assert files.keys() == outcomes.keys(), f"{folder}: {sorted(files.keys() ^ outcomes.keys())} have no file, or no outcome"
    return [pytest.param(path.parent.name, contents(path), outcomes[name], id=name) for name, path in files.items()]


def contents(path: Path) -> bytes:
    return bytes.fromhex(path.read_text(encoding="ascii")) if path.suffix == ".hex" else path.read_bytes()


def _outcomes(table: Path) -> dict[str, str]:
    lines = [line for line in table.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {name.strip(): outcome.strip() for name, _, outcome in (line.partition("|") for line in lines)}


def told(error: Exception) -> str:
    """An error as the table has it."""
    return f"{type(error).__name__}: {error}"


def agrees(outcome: str, expected: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, expected.split("…"))), outcome) is not None
