"""The size of a JPEG picture from its headers (ITU-T T.81 annex B), without decoding it.

Enough to refuse what is no picture, or one that would burst a browser; the picture itself is evidence and is kept as it came.
"""

from typing import Final

from gateway.platform.errors import JpegError

_START_OF_IMAGE: Final = b"\xff\xd8\xff"
# Start-of-frame markers; C4, C8 and CC in their midst mean tables (T.81 table B.1).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))  # TEM, RST0-7 and SOI stand without a length
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels. Raises JpegError for bytes that do not begin like a JPEG file."""
    if not data.startswith(_START_OF_IMAGE):
        raise JpegError("not a JPEG file")
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            raise JpegError(f"no marker at byte {place}")
        marker = data[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
        elif marker in _ALONE:
            place += 2
        elif marker in _FRAMES:
            return _frame_size(data, place)
        elif marker in (_START_OF_SCAN, _END_OF_IMAGE):
            break
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    raise JpegError("cut off: it ends before its size is told")


def _frame_size(data: bytes, place: int) -> tuple[int, int]:
    """From a frame header: marker(2) length(2) precision(1) height(2) width(2)."""
    height, width = int.from_bytes(data[place + 5 : place + 7], "big"), int.from_bytes(data[place + 7 : place + 9], "big")
    if len(data) < place + 9 or not width or not height:
        raise JpegError("no width or height")
    return width, height
