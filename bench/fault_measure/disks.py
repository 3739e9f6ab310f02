"""Small file systems of our own: one to fill up or to make read-only (tmpfs), one to crash (ext4 in a file)."""

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# ext4's own ioctl for testing crashes, as xfstests uses it (fs/ext4/ext4.h, EXT4_IOC_SHUTDOWN): from now on every write fails, and
# what was not flushed never reaches the disk, the journal included (EXT4_GOING_FLAGS_NOLOGFLUSH).
SHUTDOWN: Final = 0x8004587D
WITHOUT_JOURNAL: Final = 2


class NoDiskError(Exception):
    """This user may not mount a file system here, or a tool is missing."""


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        raise NoDiskError(f"{command[0]} is not installed") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise NoDiskError(said[-1] if said else f"{command[0]} fails") from None


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of `size` bytes in memory. Raises NoDiskError."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


def remount(folder: Path, mode: str) -> None:
    """`ro` or `rw`. Raises NoDiskError."""
    _run("mount", "-o", f"remount,{mode}", str(folder))


class CrashableDisk:
    """An ext4 file system in a file, mounted at `folder` between `mount` and `unmount`."""

    def __init__(self, image: Path, folder: Path, mib: int) -> None:
        """Raises NoDiskError."""
        self.folder: Final = folder
        self._image = image
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(mib << 20)
        _run("mkfs.ext4", "-q", str(image))

    def mount(self) -> None:
        """The journal is replayed. Raises NoDiskError."""
        _run("mount", "-o", "loop", str(self._image), str(self.folder))

    def unmount(self) -> None:
        _run("umount", str(self.folder))

    def crash(self) -> None:
        """As if the power were cut now, as far as this file system can tell."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_JOURNAL))
        finally:
            os.close(descriptor)
