"""Readers that say a line of text for each tag, and do not exist: at one end of a simulated serial line."""

from typing import Final

from gateway.rfid.config import LineReaderConfig, WiegandReaderConfig
from gateway.rfid.errors import CardError
from gateway.rfid.wiegand import decode_payload, encode_frame
from gateway.simulator.serial_line import SerialLine

LINE_PATTERN: Final = r"(?P<antenna>\d+) (?P<uid>[0-9A-F]+) (?P<rssi>-?\d+)"
CARD_PATTERN: Final = r"(?P<antenna>\d+) (?P<frame_bits>[01]+)"


class FakeLineReader:
    """Says antenna, number and strength of each tag."""

    pattern = LINE_PATTERN

    def __init__(self, line: SerialLine, config: LineReaderConfig | WiegandReaderConfig) -> None:
        self.line = line
        self._framing = config.framing

    @property
    def reachable(self) -> dict[str, str | int]:
        """The keys of a lane file's entry that lead here; the text of the lines is this simulator's own."""
        return {"port": self.line.port, "pattern": self.pattern}

    async def start(self) -> "FakeLineReader":
        await self.line.start()
        return self

    async def stop(self) -> None:
        await self.line.stop()

    def see(self, uid: str, antenna: int = 1, rssi: int | None = -55) -> bool:
        """Hold a tag before an antenna."""
        return self.say(f"{antenna} {uid.upper()} {-55 if rssi is None else rssi}")

    def say(self, text: str) -> bool:
        """One line, whatever it means."""
        data = text.encode()
        self.line.send(b"\x02" + data + b"\x03" if self._framing == "stx_etx" else data + b"\r\n")
        return True


class FakeWiegandReader(FakeLineReader):
    """A card reader behind a converter: says antenna and the frame's bits."""

    pattern = CARD_PATTERN

    def __init__(self, line: SerialLine, config: WiegandReaderConfig) -> None:
        super().__init__(line, config)
        self._bits = config.bits

    def see(self, uid: str, antenna: int = 1, rssi: int | None = None) -> bool:
        """Hold a card before the reader; `uid` is its payload in hex. False: no card has such a number."""
        try:
            card = decode_payload(int(uid, 16), self._bits)
        except (CardError, ValueError):
            return False
        return self.say(f"{antenna} {encode_frame(card):0{self._bits}b}")
