"""What can be wrong with a file as a whole.

TableError      no table that can be read, or no table of orders; says on which line, where one can be named
"""

from dataclasses import dataclass, field

from gateway.platform.errors import PlatformError


@dataclass
class TableError(PlatformError):
    """`words`: a message id of the catalogue; `values` fill it in."""

    words: str
    line: int | None = None
    values: dict[str, object] = field(default_factory=dict)
