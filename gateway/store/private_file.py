"""A secret in a file: whole or not there at all, also after a power cut, and readable by its owner only."""

import os
import tempfile
from pathlib import Path

from gateway.store.connection import flush_folder


def write_private(path: Path, secret: bytes) -> None:
    """With mode 0600, in place of what was there; it is on the disk when this returns. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")  # 0600
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(path.parent)
