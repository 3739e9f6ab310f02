"""What can go wrong on a display.

DisplayError
├── ReportError             the report of a replay cannot be written; names the file
├── StaffFileError          the file of those who may decide cannot be used; names the file, and the field where it is one
└── NotProvenError          PIN or badge are not those of a person in the file
    └── LockedOutError      too many wrong ones: `wait_s` seconds until the next may be tried
"""

from pathlib import Path


class DisplayError(Exception):
    """Base of everything this room raises."""


class ReportError(DisplayError):
    pass


class StaffFileError(DisplayError):
    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        super().__init__(f"{path}: {detail}")


class NotProvenError(DisplayError):
    pass


class LockedOutError(NotProvenError):
    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"locked for {wait_s:.0f} s")
