"""Reading picture files: one at a time, in the order given, each with its result or its error. Memory holds one picture."""

import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image as Header
from PIL import UnidentifiedImageError

from gateway.model.observation import ContainerRead, PlateRead
from gateway.ocr.errors import FolderError, PictureError
from gateway.ocr.geometry import Image
from gateway.ocr.picture import KNOWN_ENDS, MAX_PICTURE_BYTES, check_size, developed_file, picture_size
from gateway.ocr.reader import Only, Reader
from gateway.ocr.reads import FoundContainer, FoundPlate, ImageReads

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
MAX_FILE_BYTES: Final = 8 * MAX_PICTURE_BYTES  # uncompressed formats, and phones that add a film to the picture
NOTHING_READ: Final = ImageReads()
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)  # pictures of a folder carry no trustworthy time; their order is all that counts


@dataclass(frozen=True, slots=True)
class PictureResult:
    """One file: what was read in it and how long that took (decoding not counted), or why it could not be read."""

    path: Path
    reads: ImageReads = NOTHING_READ
    size: tuple[int, int] = (0, 0)  # width, height, pixels
    elapsed_ms: float = 0.0
    error: str | None = None


def pictures_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as given, folders as the pictures in them, by name. Raises FolderError for a folder without pictures."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(entry for entry in path.iterdir() if entry.is_file() and entry.suffix.lower() in SUFFIXES)
        if not inside:
            raise FolderError(f"{path}: no pictures in this folder")
        yield from inside


def load_picture(path: Path) -> Image:
    """Decode a file, turned as its EXIF says, as 8-bit blue green red; of an animation the first frame. Raises PictureError."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PictureError(f"the file is larger than {MAX_FILE_BYTES // 1024**2} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(error.strerror or str(error)) from error
    if not content:
        raise PictureError("the file is empty")
    _check_header(path)
    try:
        return developed_file(content)
    except PictureError:
        if content.startswith(KNOWN_ENDS):
            picture_size(content)  # a picture cut short says so
        raise


def _check_header(path: Path) -> None:
    """Look at the header only, so that a picture that is too large is never decoded."""
    limit, Header.MAX_IMAGE_PIXELS = Header.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF data and the like: what matters is whether it decodes
            with Header.open(path) as header:
                width, height = header.size
    except UnidentifiedImageError as error:
        raise PictureError("not a picture of a known format") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureError(f"cannot be decoded: {error}") from error
    finally:
        Header.MAX_IMAGE_PIXELS = limit
    check_size(width, height)


def warm_up(reader: Reader) -> None:
    """Read an empty picture, so that the first real one is not charged for what is done once."""
    reader.read(np.full((540, 960, 3), 127, dtype=np.uint8))


def read_pictures(reader: Reader, paths: Iterable[Path], only: Only | None) -> Iterator[PictureResult]:
    """Read files one by one; a file that cannot be read gives its error, and the next is read."""
    for path in paths:
        try:
            image = load_picture(path)
        except PictureError as error:
            yield PictureResult(path, error=str(error))
            continue
        began = time.perf_counter()
        reads = reader.read(image, only)
        elapsed = (time.perf_counter() - began) * 1000
        yield PictureResult(path, reads, (image.shape[1], image.shape[0]), elapsed)


def observations(results: Iterable[PictureResult]) -> list[ContainerRead | PlateRead]:
    """The reads of one vehicle's pictures, each file a camera of its own, for fusing."""
    found: list[ContainerRead | PlateRead] = []
    for result in results:
        every: tuple[FoundContainer | FoundPlate, ...] = (*result.reads.containers, *result.reads.plates)
        found += [read.observation(result.path.name, EPOCH, result.size) for read in every]
    return found


def as_json(result: PictureResult) -> dict[str, Any]:
    """One line of `gateway read --json`."""
    if result.error is not None:
        return {"file": str(result.path), "error": result.error}
    return {
        "file": str(result.path),
        "elapsed_ms": round(result.elapsed_ms, 1),
        "containers": [_container(found) for found in result.reads.containers],
        "plates": [_plate(found) for found in result.reads.plates],
    }


def _container(found: FoundContainer) -> dict[str, Any]:
    return {
        "number": found.number,
        "confidence": found.confidence,
        "accepted": found.accepted,
        "check_digit_valid": found.check_digit_valid,
        "size_type": found.size_type,
        "box": found.box,
    }


def _plate(found: FoundPlate) -> dict[str, Any]:
    return {
        "number": found.number,
        "text": found.text,
        "confidence": found.confidence,
        "accepted": found.accepted,
        "box": found.box,
    }
