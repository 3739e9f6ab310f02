"""Picture files as they come from phones, scanners, sensors and broken disks: all of one ramp from black to white, or damaged."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

WIDTH, HEIGHT = 256, 64
RAMP: NDArray[np.uint8] = np.tile(np.arange(WIDTH, dtype=np.uint8), (HEIGHT, 1))
COLOUR: NDArray[np.uint8] = np.dstack([RAMP, RAMP, RAMP])
TURN_CLOCKWISE = 6  # EXIF orientation: the picture's top is at its left


def _pillow(path: Path, mode: str = "RGB", **options: Any) -> None:
    Pillow.fromarray(COLOUR).convert(mode).save(path, **options)


def _deep(path: Path, bits: int, colour: bool = True) -> None:
    """A sensor of so many bits, stored in 16."""
    cv2.imwrite(str(path), (COLOUR if colour else RAMP).astype(np.uint16) * (2**bits // 256))


def _transparent(path: Path) -> None:
    Pillow.fromarray(np.dstack([COLOUR, 255 - RAMP])).save(path)


def _animated(path: Path) -> None:
    """The first frame is the ramp, the others are white."""
    white = Pillow.new("RGB", (WIDTH, HEIGHT), "white")
    options: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {}
    Pillow.fromarray(COLOUR).save(path, save_all=True, append_images=[white, white], duration=100, **options)


def _turned(path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = TURN_CLOCKWISE
    Pillow.fromarray(np.ascontiguousarray(np.rot90(COLOUR))).save(path, exif=exif)


WHOLE: dict[str, Callable[[Path], object]] = {
    "grey.png": lambda path: _pillow(path, "L"),
    "grey with alpha.png": lambda path: _pillow(path, "LA"),
    "transparent.png": _transparent,
    "palette.png": lambda path: Pillow.fromarray(COLOUR).quantize(256).save(path),
    "cmyk.jpg": lambda path: _pillow(path, "CMYK", quality=95),
    "cmyk.tif": lambda path: _pillow(path, "CMYK"),
    "grey.jpg": lambda path: _pillow(path, "L", quality=95),
    "progressive.jpg": lambda path: _pillow(path, quality=95, progressive=True),
    "sixteen bits.png": lambda path: _deep(path, 16),
    "sixteen bits grey.png": lambda path: _deep(path, 16, colour=False),
    "sixteen bits.tif": lambda path: _deep(path, 16),
    "twelve of sixteen bits.png": lambda path: _deep(path, 12),
    "ten of sixteen bits.tif": lambda path: _deep(path, 10, colour=False),
    "animated.gif": _animated,
    "animated.png": _animated,
    "animated.webp": _animated,
    "pages.tif": _animated,
    "turned.jpg": _turned,
    "turned.png": _turned,
    "turned.tif": _turned,
}


def huge_png(path: Path) -> None:
    """20,000 × 20,000 pixels in a few bytes: one that decodes before it looks asks for 1.2 gigabytes."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in ((b"IHDR", header), (b"IDAT", b""), (b"IEND", b""))))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def huge_jpeg(path: Path) -> None:
    """The same as a JPEG: its frame header says so, the rest is of a small picture."""
    _pillow(path, quality=90)
    jpeg = path.read_bytes()
    at = jpeg.index(b"\xff\xc0") + 5
    path.write_bytes(jpeg[:at] + struct.pack(">HH", 20_000, 20_000) + jpeg[at + 4 :])


def _cut(path: Path) -> None:
    _pillow(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "dot.png": (lambda path: Pillow.new("RGB", (1, 1)).save(path), "too small: 1×1"),
    "dot.jpg": (lambda path: Pillow.new("RGB", (1, 1)).save(path), "too small: 1×1"),
    "huge.png": (huge_png, "20000×20000"),
    "huge.jpg": (huge_jpeg, "20000×20000"),
    "cut.jpg": (_cut, "the JPEG is cut short"),
    "cut.png": (_cut, "the PNG is cut short"),
    "cut.webp": (_cut, "cannot be decoded"),
    "cut.tif": (_cut, "not a picture|cannot be decoded"),
    "cut.bmp": (_cut, "cannot be decoded"),
    "text.jpg": (lambda path: path.write_text("a delivery note, renamed"), "not a picture of a known format"),
    "page.png": (lambda path: path.write_text("<html>login</html>"), "not a picture of a known format"),
    "empty.jpg": (Path.touch, "empty"),
}
