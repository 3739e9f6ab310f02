"""Cutting an MJPEG stream (multipart/x-mixed-replace, RFC 2046 §5.1) into pictures. Sans I/O: bytes in, JPEGs out.

Cameras disagree about boundaries (with or without the two dashes, quoted or not), so this goes by what they agree on: the
part's Content-Length where one is given, otherwise the JPEG's own start and end markers.
"""

import re
from typing import Final

from gateway.ocr.errors import PictureError
from gateway.ocr.picture import MAX_PICTURE_BYTES

_HEADERS_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"(?:^|\r\n)content-length[ \t]*:[ \t]*(\d{1,10})[ \t]*(?=\r\n|$)", re.IGNORECASE)
_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
MAX_HEADER_BYTES: Final = 16 * 1024  # a part's header takes about 100 bytes; more is no MJPEG stream


class MultipartPictures:
    """Feed it what arrives; it gives every picture as sent: a damaged one is told by whoever decodes it."""

    def __init__(self, boundary: str = "") -> None:
        """`boundary` as the stream's Content-Type names it, bytes that are no UTF-8 as aiohttp hands them over; else empty."""
        token = boundary.strip('"').lstrip("-").encode("utf-8", "surrogateescape")
        self._boundary = b"\r\n--" + token if token else b""
        self._buffer = bytearray()
        self._length: int | None = None  # of the part being received; None while in a header, -1 where it is not said
        self._searched = 0

    def feed(self, received: bytes) -> list[bytes]:
        """Raises PictureError when this is no stream of pictures, or a part is too large."""
        self._buffer += received
        pictures = []
        while (picture := self._next()) is not None:
            pictures.append(picture)
        return pictures

    def _next(self) -> bytes | None:
        if self._length is None and not self._read_header():
            return None
        return self._by_markers() if self._length == -1 else self._by_length()

    def _read_header(self) -> bool:
        end = self._buffer.find(_HEADERS_END)
        if end > MAX_HEADER_BYTES or (end < 0 and len(self._buffer) > MAX_HEADER_BYTES):
            raise PictureError("no stream of pictures: the header of a part does not end")
        if end < 0:
            return False
        found = _LENGTH.search(bytes(self._buffer[:end]))
        self._length = int(found[1]) if found else -1
        if self._length > MAX_PICTURE_BYTES:
            raise PictureError(f"a picture of {self._length} bytes is announced, more than {MAX_PICTURE_BYTES // 1024**2} MiB")
        self._take(end + len(_HEADERS_END))
        return True

    def _by_length(self) -> bytes | None:
        assert self._length is not None
        if len(self._buffer) < self._length:
            return None
        picture = self._take(self._length)
        self._length = None
        return picture

    def _by_markers(self) -> bytes | None:
        """Up to the end marker that closes the picture: a thumbnail inside its header has one, too."""
        start = self._buffer.find(_SOI)
        end = self._end_of_picture(start) if start >= 0 else -1
        if end < 0:
            if len(self._buffer) > MAX_PICTURE_BYTES:
                raise PictureError(f"a picture does not end within {MAX_PICTURE_BYTES // 1024**2} MiB")
            return None
        picture = self._take(end)[start:]
        self._length = None
        return picture

    def _end_of_picture(self, start: int) -> int:
        at = start + 2
        while at + 4 <= len(self._buffer) and self._buffer[at] == 0xFF and self._buffer[at + 1] != 0xDA:
            at += 2 + max(int.from_bytes(self._buffer[at + 2 : at + 4]), 2)  # skip the segments, thumbnails in them included
        if at + 4 > len(self._buffer):
            return -1
        searched = max(at, self._searched)
        self._searched = max(at, len(self._buffer) - max(len(self._boundary), len(_EOI)))
        end = self._buffer.find(_EOI, searched)
        cut = self._buffer.find(self._boundary, searched, end if end >= 0 else None) if self._boundary else -1
        if cut >= 0:
            return cut  # the next part begins before this picture ended
        return end + len(_EOI) if end >= 0 else -1

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._searched = 0
        return taken
