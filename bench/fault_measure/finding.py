"""One line of the table, and the table."""

import os
import platform
import sqlite3
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WIDTH: Final = 132
_VERDICT: Final = 27


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` is None where something was not measured, or is a figure without a verdict."""

    fault: str
    what: str
    verdict: str
    ok: bool | None

    def lines(self) -> str:
        """Three columns; a long verdict takes a line of its own."""
        head = f"{self.fault:16} {self.verdict:{_VERDICT}}"
        first = head + "\n" if len(self.verdict) > _VERDICT else head + " "
        indent = " " * (18 + _VERDICT)
        what = textwrap.fill(self.what, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
        return first + (what if first.endswith("\n") else what.lstrip())


def not_measured(fault: str, why: str) -> Finding:
    return Finding(fault, why, "not measured", None)


def file_system(folder: Path) -> str:
    """The type of the file system that holds the folder, from /proc/mounts."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, found, *_ = line.split()
        inside = folder.resolve().is_relative_to(place)
        if inside and len(place) >= len(best):
            best, kind = place, found
    return kind


def conditions(folder: Path, seed: int) -> str:
    return (
        f"seed {seed}; {os.cpu_count()} cores, {file_system(folder)}; Linux {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def failed(findings: Sequence[Finding]) -> bool:
    return any(finding.ok is False for finding in findings)
