"""Files that are there under their name whole, or not at all: also after a full disk, a kill or a power cut."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

UNFINISHED: Final = ".unfinished"  # how the name of a file ends until it is whole; a kill may leave one behind


@contextmanager
def whole_file(place: Path) -> Iterator[IO[bytes]]:
    """Write beside `place` (mode 0600); when the block ends well, the file is durably there, in place of any older one.

    Where the block or the disk fails, nothing is left but what was there before. Raises OSError.
    """
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=UNFINISHED)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(place)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(place.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in it durable: a file that was renamed is there under its new name after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
