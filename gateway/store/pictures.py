"""Pictures on disk, named by their SHA-256: `ab/abcdef….jpg`. A name that is given out is durable.

A picture is written beside its place, flushed, renamed and its folder flushed: after a power cut it is whole or absent.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.store.connection import free_bytes, naming
from gateway.store.durable_file import UNFINISHED, flush_folder, whole_file
from gateway.store.errors import PictureError, StoreFullError
from gateway.store.folder_lock import private_folder

PARTS: Final = 256  # folders, by the first two hex digits
SHA256: Final = re.compile(r"[0-9a-f]{64}")


def picture_place(folder: Path, sha256: str) -> Path:
    """Where a picture of this name lies, or would lie, in a folder of pictures."""
    return folder / sha256[:2] / f"{sha256}.jpg"


def picture_names(folder: Path) -> Iterator[str]:
    """The SHA-256 of every picture in a folder of pictures."""
    return (place.stem for place in folder.glob("??/*.jpg") if SHA256.fullmatch(place.stem))


class PictureFolder:
    """May be used from many threads at once. `reserve_bytes` of the disk are left free for the records."""

    def __init__(self, folder: Path, reserve_bytes: int = 0) -> None:
        """Make the folder and its 256 parts at once, so that keeping a picture never has to flush two folders."""
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        private_folder(folder)
        with naming(folder):
            for part in range(PARTS):
                (folder / f"{part:02x}").mkdir(mode=0o700, exist_ok=True)
            flush_folder(folder)

    def keep(self, jpeg: bytes) -> str:
        """Store one picture and return its SHA-256, lower-case hex. The same picture twice is one file.

        Raises StoreFullError when there is no room, PictureError for no bytes at all, StoreError for any other failure.
        """
        if not jpeg:
            raise PictureError(self._folder, "an empty picture cannot be kept")
        sha256 = hashlib.sha256(jpeg).hexdigest()
        place = self._place(sha256)
        with naming(place):
            if _is_whole(place, len(jpeg)):
                flush_folder(place.parent)  # another thread may have renamed it a moment ago
            else:
                self._make_sure_of_room(len(jpeg))
                with whole_file(place) as file:
                    file.write(jpeg)
        return sha256

    def path(self, sha256: str) -> Path | None:
        """Where the picture lies; None when it is not kept, or when this is no SHA-256."""
        if not SHA256.fullmatch(sha256):
            return None
        place = self._place(sha256)
        return place if place.is_file() else None

    def read(self, sha256: str) -> bytes:
        """The picture. Raises LookupError when it is not kept, OSError when this disk cannot read it."""
        place = self.path(sha256)
        if place is None:
            raise LookupError(sha256)
        return place.read_bytes()

    def sweep(self) -> int:
        """Remove what a killed process left half-written. Only for the one that holds the store's lock."""
        left = list(self._folder.glob(f"??/*{UNFINISHED}"))
        with naming(self._folder):
            for unfinished in left:
                unfinished.unlink(missing_ok=True)
        return len(left)

    def _place(self, sha256: str) -> Path:
        return picture_place(self._folder, sha256)

    def _make_sure_of_room(self, size: int) -> None:
        if self._reserve_bytes and free_bytes(self._folder) < self._reserve_bytes + size:
            raise StoreFullError(self._folder, "no space left for pictures: make room on this disk; records are still kept")


def _is_whole(place: Path, size: int) -> bool:
    try:
        return place.stat().st_size == size
    except FileNotFoundError:
        return False
