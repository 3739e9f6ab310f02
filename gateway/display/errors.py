"""What can go wrong on a display.

DisplayError
└── ReportError    the report of a replay cannot be written; names the file
"""


class DisplayError(Exception):
    """Base of everything this room raises."""


class ReportError(DisplayError):
    pass
