"""One service per store folder: a lock that the system itself releases when the process ends, however it ends."""

import fcntl
import os
from pathlib import Path
from typing import Final

from gateway.store.connection import naming
from gateway.store.durable_file import flush_folder
from gateway.store.errors import StoreLockedError

PRIVATE_FOLDER: Final = 0o700
PRIVATE_FILE: Final = 0o600


def private_folder(folder: Path) -> None:
    """Make the folder, or take group and world out of an existing one: pictures and licences are personal data.

    Its name is durable, too: what is flushed inside is lost with a folder whose own name is not (fsync(2)).
    """
    with naming(folder):
        made = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for one in made or [folder]:  # also when it was there: a process killed a moment ago may have made it
            flush_folder(one.parent)
        if folder.stat().st_mode & 0o777 != PRIVATE_FOLDER:
            folder.chmod(PRIVATE_FOLDER)


class FolderLock:
    """Held from `take` to `release`. The holder's process number stands in the file, so that the error can name it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "in-use.lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises StoreLockedError when another store, in this process or another, holds the folder."""
        with naming(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
                os.close(descriptor)
                raise StoreLockedError(self._path.parent, f"already in use by process {holder}: stop that service first") from None
            self._descriptor = descriptor
            self._sign(descriptor)

    def _sign(self, descriptor: int) -> None:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
