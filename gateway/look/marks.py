"""The marks: state by colour, shape and word together, the same on every screen, page and printed table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.look.i18n import _


class Mark(StrEnum):
    """The five states of the law, and IDLE: a lane that waits for a vehicle has nothing to say."""

    PASS = "PASS"
    REFER = "REFER"
    STOP = "STOP"
    BUSY = "BUSY"
    OFFLINE = "OFFLINE"
    IDLE = "IDLE"


@dataclass(frozen=True, slots=True)
class MarkText:
    """`symbol` is the shape as one character for printed tables; `word` is a message id of the catalogue."""

    symbol: str
    word: str


MARKS: Final[dict[Mark, MarkText]] = {
    Mark.PASS: MarkText("●", _("Pass")),
    Mark.REFER: MarkText("▲", _("Refer")),
    Mark.STOP: MarkText("■", _("Stop")),
    Mark.BUSY: MarkText("◌", _("Reading")),
    Mark.OFFLINE: MarkText("✕", _("Not live")),
    Mark.IDLE: MarkText("○", _("Ready")),
}
