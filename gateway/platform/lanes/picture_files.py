"""Pictures on disk, named by their SHA-256. A file is there whole and durable, or it is not there at all.

A picture is written beside its place, flushed to the disk, and moved there; then the folder is flushed, so that the name
survives a power cut as well. Only then may its row be written and the gate be told.
"""

import errno
import logging
from pathlib import Path
from typing import Final

from gateway.platform.durable_file import flush_folder, write_durably
from gateway.platform.errors import StoreFullError, UnavailableError

NO_ROOM: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
logger = logging.getLogger(__name__)


class PictureFiles:
    """The folder of pictures. Every method waits for the disk: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """Make the folder, and clear away what a crash left half-written. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob("*/.incoming-*"):
            left.unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the picture lies. `sha256` must be 64 hex digits: the caller has checked it."""
        return self._folder / sha256[:2] / f"{sha256}.jpg"

    def holds(self, sha256: str, size: int) -> bool:
        """Whether the file is there in its full size, in bytes."""
        try:
            return self.path(sha256).stat().st_size == size
        except OSError:
            return False

    def keep(self, sha256: str, data: bytes) -> None:
        """Raises StoreFullError or UnavailableError, and then nothing is left behind."""
        place = self._ready(sha256)
        try:
            write_durably(data, place)
        except OSError as error:
            raise _refusal(sha256, error) from error

    # Pictures that come in pieces. What has come lies beside the picture's place, until the platform is started anew: a power cut
    # may leave a file that is longer than what was written of it.

    def begun(self, sha256: str) -> int:
        """How many bytes of the picture have come."""
        try:
            return self._unfinished(sha256).stat().st_size
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise _refusal(sha256, error) from error

    def add(self, sha256: str, piece: bytes) -> None:
        """Put a piece behind what has come. Raises StoreFullError or UnavailableError; the picture begins anew then."""
        self._ready(sha256)
        unfinished = self._unfinished(sha256)
        try:
            with unfinished.open("ab") as file:
                file.write(piece)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise _refusal(sha256, error) from error

    def finish(self, sha256: str) -> bytes:
        """What has come, which is no longer kept."""
        unfinished = self._unfinished(sha256)
        try:
            data = unfinished.read_bytes()
            unfinished.unlink(missing_ok=True)
        except OSError as error:
            raise _refusal(sha256, error) from error
        return data

    def _unfinished(self, sha256: str) -> Path:
        return self.path(sha256).with_name(f".incoming-{sha256}")

    def _ready(self, sha256: str) -> Path:
        """The picture's place, its folder made."""
        place = self.path(sha256)
        try:
            if not place.parent.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
                flush_folder(self._folder)
        except OSError as error:
            raise _refusal(sha256, error) from error
        return place


def _refusal(sha256: str, error: OSError) -> StoreFullError | UnavailableError:
    logger.error("picture %s cannot be stored: %s", sha256, error)
    if error.errno in NO_ROOM:
        return StoreFullError("The platform's disk is full; the picture was not stored. Send again later.")
    return UnavailableError("The platform's disk cannot be written; the picture was not stored. Send again later.")
