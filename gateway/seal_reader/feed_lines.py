"""An advertisement feed's lines: splitting a stream of bytes, and reading one line. Pure.

One advertisement is one JSON object on one line: `{"address": "C0:98:E5:00:12:34", "rssi": -61, "payload": "ffff5e01…",
"at": "2026-11-23T03:43:46.120Z"}`. `payload` is the manufacturer data in hex, company id first; `at` is RFC 3339 with
an offset. An empty line says only that the sender lives.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.model.clock import UtcTime
from gateway.seal_reader.errors import FeedLineError

MAX_LINE: Final = 2048  # four times what an extended advertisement of 255 bytes needs
MAX_PAYLOAD: Final = 255


class _Line(BaseModel):
    """Further keys are left alone: a bridge may say more than a gate asks."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    address: str = Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z:._-]+$")
    rssi: float = Field(ge=-127, le=20, allow_inf_nan=False)
    payload: str = Field(max_length=2 * MAX_PAYLOAD, pattern=r"^([0-9A-Fa-f]{2})*$")
    at: Annotated[UtcTime, Field(strict=False)]


@dataclass(frozen=True, slots=True)
class HeardLine:
    """An advertisement as a line told it. `rssi` in dBm; `at` by the sender's clock."""

    address: str
    rssi: float
    payload: bytes
    at: datetime


def parse_line(line: bytes) -> HeardLine:
    """Raises FeedLineError naming the field that is wrong."""
    try:
        parsed = _Line.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        raise FeedLineError(f"{field}: {message}" if field else message) from None
    return HeardLine(parsed.address, parsed.rssi, bytes.fromhex(parsed.payload), parsed.at)


class LineSplitter:
    """Cuts a stream into lines. A line longer than MAX_LINE is never kept: it comes out as None, once, at its end."""

    def __init__(self) -> None:
        self._rest = b""
        self._too_long = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that end in `data`, without their ends; what is left over waits for more."""
        *ended, rest = (self._rest + data).split(b"\n")
        lines: list[bytes | None] = []
        for line in ended:
            lines.append(None if self._too_long or len(line) > MAX_LINE else line.rstrip(b"\r"))
            self._too_long = False
        self._too_long = self._too_long or len(rest) > MAX_LINE
        self._rest = b"" if self._too_long else rest
        return lines
