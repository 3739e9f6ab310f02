"""Lines of text in what a reader sends: between STX and ETX, or ended by CR, LF or both. Pure."""

from typing import Final

STX, ETX, CR, LF = 0x02, 0x03, 0x0D, 0x0A
MAX_LINE: Final = 256  # a 496-bit EPC has 124 digits; more is a stuck key, a wrong speed, or no reader


class LineSplitter:
    """Gives whole lines, without what surrounds them. A line that is too long comes as None, once."""

    def __init__(self, framing: str) -> None:
        self._between = framing == "stx_etx"
        self._line = bytearray()
        self._open = not self._between  # whether bytes count now: outside STX and ETX they are noise

    def feed(self, received: bytes) -> list[str | None]:
        found: list[str | None] = []
        for byte in received:
            if self._between and byte == STX:
                self._line.clear()  # whatever stood before it was cut off
                self._open = True
            elif self._open and self._is_end(byte):
                self._finish(found)
            elif self._open and len(self._line) <= MAX_LINE:
                self._line.append(byte)
        return found

    def _is_end(self, byte: int) -> bool:
        return byte == ETX if self._between else byte in (CR, LF)

    def _finish(self, found: list[str | None]) -> None:
        if len(self._line) > MAX_LINE:
            found.append(None)
        else:
            found.append(self._line.decode("ascii", "replace").strip())
        self._line.clear()
        self._open = not self._between
