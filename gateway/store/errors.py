"""What can go wrong with the gate's store.

StoreError                  base; every message names the file or folder
├── StoreLockedError        another service has this store open
├── StoreCorruptError       something in it is damaged, or is no store at all
│   └── StoreDamagedError   the database itself: it is rebuilt at the next start
├── StoreSchemaError        the tables are not as this gateway makes them
├── StoreVersionError       a newer gateway wrote this file
├── StoreGateError          the store belongs to another gate
├── BackupFileError         a file that is no backup, or a damaged one
├── RestoreError            a backup that cannot be restored here: the folder is taken, or the clock is behind
├── StoreFullError          no space left; nothing of the refused write was kept
├── StoreBusyError          another program holds a write lock on the file
├── StoreClosedError        used after it was closed
├── NoPassageError          no passage of that name is stored
├── AmbiguousPassageError   several passages bear a name that begins so
├── UnsignedError           a confirmation that no gate signed
├── EvidenceFileError       a file that is no evidence file, or cannot be read as one
├── UnconfirmableError      a passage that cannot become a confirmation
└── PictureError            a picture that cannot be kept
"""

from pathlib import Path


class StoreError(RuntimeError):
    """Base of everything this room raises. `path` is the file or folder that it is about."""

    def __init__(self, path: Path, detail: str) -> None:
        self.path = path
        self.detail = detail
        super().__init__(f"{path}: {detail}")


class StoreLockedError(StoreError):
    pass


class StoreCorruptError(StoreError):
    pass


class StoreDamagedError(StoreCorruptError):
    pass


class StoreSchemaError(StoreError):
    pass


class StoreVersionError(StoreError):
    pass


class StoreGateError(StoreError):
    pass


class StoreFullError(StoreError):
    pass


class StoreBusyError(StoreError):
    pass


class StoreClosedError(StoreError):
    pass


class NoPassageError(StoreError):
    pass


class AmbiguousPassageError(StoreError):
    pass


class UnconfirmableError(StoreError):
    pass


class UnsignedError(StoreError):
    pass


class EvidenceFileError(StoreError):
    pass


class BackupFileError(StoreError):
    pass


class RestoreError(StoreError):
    pass


class PictureError(StoreError):
    pass
