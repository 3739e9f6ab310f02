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


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` is None where something was not measured, or is a figure without a verdict."""

    fault: str
    what: str
    verdict: str
    ok: bool | None

    def lines(self) -> str:
        head = f"{self.fault:16} {self.verdict:34} "
        return textwrap.fill(head + self.what, WIDTH, subsequent_indent=" " * len(head), break_long_words=False)


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
