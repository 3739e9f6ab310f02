"""Pictures from outside: JPEG and PNG, checked before a decoder sees them, and JPEG for the evidence."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.ocr.errors import PictureError
from gateway.ocr.frame import Image

# A hostile header can ask for gigabytes. 64 million pixels is four times a 4K camera twice over and every phone's
# photograph, and is 192 MB developed; 32 MiB is more than the JPEG of such a picture at any sensible quality.
MAX_PIXELS: Final = 64_000_000
MAX_PICTURE_BYTES: Final = 32 * 1024 * 1024
MIN_SIDE: Final = 8  # pixels; nothing can be read in less
EVIDENCE_QUALITY: Final = 88  # JPEG, 0 to 100: strokes of small characters stay sharp, a 720p frame takes about 150 kB

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"IEND\xaeB`\x82"
_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_START_OF_SCAN: Final = 0xDA
KNOWN_ENDS: Final = (_SOI, _PNG)  # what begins like this has an end that can be looked for
_STANDALONE: Final = {0x01, *range(0xD0, 0xD9)}  # markers without a length (T.81 table B.1)
_START_OF_FRAME: Final = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # all SOFn; DHT, JPG and DAC lie between them


def _jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from the frame header (ITU-T T.81 §B.2.2). Raises PictureError; a JPEG cut short is told here."""
    at, size = 2, (0, 0)
    while at + 4 <= len(jpeg):
        if jpeg[at] != 0xFF:
            raise PictureError("the JPEG is damaged: no marker where one must stand")
        marker = jpeg[at + 1]
        if marker == 0xFF or marker in _STANDALONE:  # fill byte, or nothing behind it
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(jpeg[at + 2 : at + 4])
        if marker in _START_OF_FRAME and at + 9 <= len(jpeg):
            size = int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])
        if marker == _START_OF_SCAN:
            # Entropy-coded data never holds FF D9, so an end marker behind the scan header ends this picture.
            if jpeg.find(_EOI, at) < 0:
                raise PictureError("the JPEG is cut short: its end is missing")
            return size
        at += 2 + max(length, 2)
    raise PictureError("the JPEG is cut short: it ends in its header")


def _png_size(png: bytes) -> tuple[int, int]:
    if len(png) < 24 or png[12:16] != b"IHDR":
        raise PictureError("the PNG is damaged: its header is missing")
    if _PNG_END not in png[-64:]:
        raise PictureError("the PNG is cut short: its end is missing")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def picture_size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels as the header says, without decoding. Raises PictureError."""
    if not picture:
        raise PictureError("the picture is empty")
    if len(picture) > MAX_PICTURE_BYTES:
        raise PictureError(f"the picture is larger than {MAX_PICTURE_BYTES // 1024**2} MiB")
    if picture.startswith(_SOI):
        width, height = _jpeg_size(picture)
    elif picture.startswith(_PNG):
        width, height = _png_size(picture)
    else:
        raise PictureError("neither JPEG nor PNG")
    check_size(width, height)
    return width, height


def check_size(width: int, height: int) -> None:
    """Raises PictureError for a size in which nothing can be read, and for more than MAX_PIXELS."""
    if min(width, height) < MIN_SIDE:
        raise PictureError(f"the picture is too small: {width}×{height} pixels")
    if width * height > MAX_PIXELS:
        raise PictureError(f"the picture has {width}×{height} pixels, more than {MAX_PIXELS // 1_000_000} million")


def decode_picture(picture: bytes) -> Image:
    """A JPEG or PNG as blue-green-red pixels, turned upright where its EXIF data says so. Raises PictureError."""
    picture_size(picture)
    return developed_file(picture)


def developed_file(content: bytes) -> Image:
    """Any format that the decoder knows, as `decode_picture` gives it; of an animation the first frame. Raises PictureError.

    Whoever calls this has looked at the header: `check_size`.
    """
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error as error:
        raise PictureError(f"the picture cannot be decoded: {error.err}") from error
    if image is None:
        raise PictureError("the picture cannot be decoded: its content is damaged")
    return _eight_bits(image)


def _eight_bits(image: NDArray[Any]) -> Image:
    """16-bit pictures by the bits that they use: cameras with 10 or 12 bits store them in 16, and would come out black."""
    if image.dtype == np.uint16:
        spare = max(int(image.max()).bit_length() - 8, 0)
        return (image >> spare).astype(np.uint8)
    if image.dtype != np.uint8:
        raise PictureError(f"the picture has pixels of a kind that is not read: {image.dtype}")
    return image


def encode_jpeg(image: Image) -> bytes:
    """The JPEG that is kept as evidence."""
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, EVIDENCE_QUALITY])
    return bytes(jpeg)
