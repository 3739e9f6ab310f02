"""What readers have in common that say a line of text for each tag: listened to, never asked."""

import asyncio
import math
import re
from abc import abstractmethod

from gateway.model.availability import Availability
from gateway.model.backoff import Backoff
from gateway.model.clock import Clock
from gateway.model.device import TagSighting
from gateway.rfid.config import LineReaderConfig, WiegandReaderConfig
from gateway.rfid.errors import ProtocolError, ReaderSilentError
from gateway.rfid.reader import Reader, TagSeen
from gateway.rfid.serial_port import SerialPort, opened
from gateway.rfid.text_lines import MAX_LINE, LineSplitter

SAYS_NOTHING = "open; it speaks only when a tag is held before it"


class TextReader(Reader):
    def __init__(self, config: LineReaderConfig | WiegandReaderConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self._text = config
        self._pattern = re.compile(config.pattern, re.ASCII)
        self._was_silent = False  # then an open line says nothing: it works again once a byte has come

    async def _read_tags(self, on_tag: TagSeen, availability: Availability, backoff: Backoff) -> None:
        splitter = LineSplitter(self._text.framing)
        async with opened(self._text) as port:
            if not self._was_silent:
                self._works("a reader of text lines", availability, backoff)
            while True:
                received = await self._heard(port)
                self._works("a reader of text lines", availability, backoff)
                for line in splitter.feed(received):
                    self._take(line, on_tag)

    async def _heard(self, port: SerialPort) -> bytes:
        """At least one byte. Raises ReaderSilentError, ReaderLostError."""
        try:
            async with asyncio.timeout(self._text.silence_s):
                received = await port.read()
        except TimeoutError as error:
            self._was_silent = True
            raise ReaderSilentError(f"silent for {self._text.silence_s:g} s") from error
        self._was_silent = False
        return received

    def _take(self, line: str | None, on_tag: TagSeen) -> None:
        if line == "":
            return  # between CR and LF, or a sign of life
        try:
            on_tag(self._understand(line))
        except ProtocolError as error:
            self._leave_out(error)

    def _understand(self, line: str | None) -> TagSighting:
        """Raises ProtocolError."""
        if line is None:
            raise ProtocolError(f"a line longer than {MAX_LINE} bytes")
        found = self._pattern.fullmatch(line)
        if found is None:
            raise ProtocolError(f"{line[:80]!r} does not fit the pattern")
        groups = {name: text for name, text in found.groupdict().items() if text is not None}
        technology, uid = self._identity(groups)
        antenna = _antenna(groups.get("antenna", "1"))
        rssi = _dbm(groups["rssi"]) if "rssi" in groups else None
        return TagSighting(self.name, self._clock(), technology, uid, antenna, rssi)

    @abstractmethod
    def _identity(self, groups: dict[str, str]) -> tuple[str, str]:
        """Technology and number of the tag, from the pattern's named groups. Raises ProtocolError."""

    async def _ask(self) -> tuple[str, str]:
        async with opened(self._text):
            return "", SAYS_NOTHING


def _antenna(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ProtocolError(f"antenna {text[:20]!r} is not a number") from None


def _dbm(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ProtocolError(f"rssi {text[:20]!r} is not a number")
    return value
