"""A file that is there whole and durable, or not there at all: written beside its place, flushed, and moved there.

Then the folder is flushed, so that the name survives a power cut as well.
"""

import os
import tempfile
from pathlib import Path


def flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(data: bytes, place: Path, *, anew: bool = False) -> None:
    """With mode 0600, in place of what was there. `anew`: only where nothing is. Raises OSError, FileExistsError then."""
    handle, name = tempfile.mkstemp(prefix=".incoming-", dir=place.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if anew:
            place.hardlink_to(unfinished)
        else:
            unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(place.parent)
