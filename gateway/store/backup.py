"""A gate's store in one file, taken while the service runs, and put back on another PC.

    backup.json                   whose it is, and of when
    gate.sqlite3, …               every database of the folder, each as it was at one moment
    signing.key, *.json           the gate's own key; the staff file, where it lies in the folder
    pictures/SHA256.jpg           pictures

A ZIP of mode 0600. **The gate's key is in it**: who has the file can sign in the gate's name.
"""

import hashlib
import os
import re
import shutil
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.model.clock import UtcTime
from gateway.model.wire import Name
from gateway.store import outbox, schema
from gateway.store.connection import BUSY_TIMEOUT_S, connect, naming
from gateway.store.durable_file import flush_folder, whole_file
from gateway.store.errors import BackupFileError, RestoreError, StoreCorruptError, StoreError
from gateway.store.folder_lock import FolderLock, private_folder
from gateway.store.pictures import PictureFolder, picture_names, picture_place
from gateway.store.resumption import latest, resume
from gateway.store.signing_key import FILE_NAME as KEY

CONTENTS: Final = "backup.json"
DATABASE: Final = "gate.sqlite3"
MOST_PICTURE_BYTES: Final = 64 << 20  # a picture of a gate camera has some 1 MB
_DATABASES: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.sqlite3")
_FILES: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]*\.json|{re.escape(KEY)}")
_PICTURES: Final = re.compile(r"pictures/([0-9a-f]{64})\.jpg")
# What `zipfile` raises for broken files besides OSError; RuntimeError where it wants a password.
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)


class _Contents(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(1, ge=1, le=1)
    gate: Name
    made_at: UtcTime


@dataclass(frozen=True, slots=True)
class Backup:
    """What was put into the file."""

    gate: str
    pictures: int
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Restored:
    """What lies in the folder now. `spoilt`: pictures that are not what their name says, and were left out."""

    gate: str
    made_at: datetime
    next_sequence: int
    waiting: int
    pictures: int
    spoilt: tuple[str, ...]


def write_backup(path: Path, folder: Path, now: datetime, *, all_pictures: bool) -> Backup:
    """Copy the store in `folder` into the file `path`, whole or not at all. The service that owns the store may be running.

    `all_pictures` False: only those that the platform has not got yet. Raises StoreError, StoreCorruptError for a damaged store.
    """
    if not (folder / DATABASE).is_file():
        raise StoreError(folder, f"no gate's store is here ({DATABASE}); name the folder that `store` in the lane file names")
    with naming(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as place:
        copies = [_copied(database, Path(place) / database.name, path) for database in _lying_in(folder, _DATABASES)]
        gate, unsent = _look(Path(place) / DATABASE)
        kept = picture_names(folder / "pictures") if all_pictures else unsent
        with whole_file(path) as whole, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(CONTENTS, _Contents(gate=gate, made_at=now).model_dump_json(indent=1))
            for one in (*copies, *_lying_in(folder, _FILES)):
                file.write(one, one.name)
            pictures = sum(_put_picture(file, folder / "pictures", sha256) for sha256 in sorted(kept))
        return Backup(gate, pictures, path.stat().st_size)


def _lying_in(folder: Path, names: re.Pattern[str]) -> list[Path]:
    return sorted(one for one in folder.iterdir() if names.fullmatch(one.name) and one.name != CONTENTS)


def _copied(database: Path, copy: Path, path: Path) -> Path:
    """SQLite's own online backup: one moment of the database, however much is written to it meanwhile."""
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as source, closing(sqlite3.connect(copy)) as target:
        with naming(database):
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with naming(path):
            source.backup(target)
        _make_sure_of_soundness(target, database)
    return copy


def _make_sure_of_soundness(connection: sqlite3.Connection, database: Path) -> None:
    with naming(database):
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise StoreCorruptError(database, f"damaged ({answer}), so this is no backup that could be restored")


def _look(database: Path) -> tuple[str, frozenset[str]]:
    """The gate's name, and the pictures that the platform has not got."""
    with naming(database), closing(sqlite3.connect(database)) as connection:
        gate = connection.execute("SELECT name FROM gate WHERE id = 1").fetchone()[0]
        return gate, outbox.unsent_pictures(connection)


def _put_picture(file: zipfile.ZipFile, pictures: Path, sha256: str) -> bool:
    try:
        file.write(picture_place(pictures, sha256), f"pictures/{sha256}.jpg", zipfile.ZIP_STORED)
    except FileNotFoundError:
        return False  # the service has removed it meanwhile
    return True


def restore_backup(path: Path, folder: Path, now: datetime) -> Restored:
    """Make `folder` the store of the backup's gate, whole or not at all. What the gate committed after the backup may be at the
    platform: the restored store counts on behind all of it (`gateway/store/resumption.py`).

    Raises BackupFileError for what is no backup, RestoreError where a store is there already or this PC's clock is behind the
    backup, StoreVersionError for a newer gateway's, StoreError.
    """
    with _opened(path) as file:
        contents, names = _contents(file, path), _names(file, path)
        private_folder(folder)
        lock = FolderLock(folder)
        lock.take()
        try:
            taken = [name for name in names.others if (folder / name).exists()]
            if taken:
                raise RestoreError(folder, f"{', '.join(taken)} is there already: put the old store aside, or name another folder")
            if now < contents.made_at:
                raise RestoreError(path, f"is of {contents.made_at}, and this PC's clock says {now}: set the clock first")
            with naming(folder):
                return _put_back(file, names, contents, folder, now)
        finally:
            lock.release()


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    with naming(path):
        try:
            with zipfile.ZipFile(path) as file:
                yield file
        except StoreError:
            raise
        except _BROKEN as error:
            raise BackupFileError(path, f"no backup of a gate, or a damaged one: {error}") from error


def _contents(file: zipfile.ZipFile, path: Path) -> _Contents:
    try:
        with file.open(CONTENTS) as stream:
            return _Contents.model_validate_json(stream.read(1 << 16))
    except KeyError:
        raise BackupFileError(path, f"no backup of a gate: holds no {CONTENTS}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BackupFileError(path, f"{CONTENTS}: {'.'.join(map(str, first['loc']))} {first['msg']}") from None


@dataclass(frozen=True, slots=True)
class _Names:
    others: tuple[str, ...]  # databases, key, staff file
    pictures: tuple[str, ...]  # SHA-256


def _names(file: zipfile.ZipFile, path: Path) -> _Names:
    """What there is to put back. Raises BackupFileError for a name that no backup has: nothing is written outside the folder."""
    others, pictures = [], []
    for name in file.namelist():
        if picture := _PICTURES.fullmatch(name):
            pictures.append(picture[1])
        elif name != CONTENTS and name not in others and (_DATABASES.fullmatch(name) or _FILES.fullmatch(name)):
            others.append(name)
        elif name != CONTENTS:
            raise BackupFileError(path, f"holds {name!r}, which no backup does")
    missing = {DATABASE, KEY} - set(others)
    if missing:
        raise BackupFileError(path, f"holds no {', '.join(sorted(missing))}")
    return _Names(tuple(others), tuple(pictures))


def _put_back(file: zipfile.ZipFile, names: _Names, contents: _Contents, folder: Path, now: datetime) -> Restored:
    """The database comes last: without it there is no store. What came before it goes again where something fails."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as place, ExitStack() as undo:
        database = Path(place) / DATABASE
        _unpack(file, database)
        next_sequence, waiting = _ready(database, contents.gate, now)
        for name in names.others:
            if name != DATABASE:
                undo.callback((folder / name).unlink, missing_ok=True)
                with whole_file(folder / name) as whole, file.open(name) as packed:
                    shutil.copyfileobj(packed, whole)
        spoilt = tuple(_put_pictures_back(file, names.pictures, PictureFolder(folder / "pictures")))
        database.rename(folder / DATABASE)
        flush_folder(folder)
        undo.pop_all()
    kept = len(names.pictures) - len(spoilt)
    return Restored(contents.gate, contents.made_at, next_sequence, waiting, kept, spoilt)


def _unpack(file: zipfile.ZipFile, database: Path) -> None:
    with file.open(database.name) as packed, database.open("xb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
        unpacked.flush()
        os.fsync(unpacked.fileno())


def _ready(database: Path, gate: str, now: datetime) -> tuple[int, int]:
    """Hold the unpacked database against what the backup says of it, and let it count on; its next number, and what waits."""
    with naming(database), closing(connect(database)) as connection:
        _make_sure_of_soundness(connection, database)
        connection.execute("BEGIN IMMEDIATE")
        schema.migrate(connection, schema.STORE, database)
        owner = connection.execute("SELECT name FROM gate WHERE id = 1").fetchone()
        if owner is None or owner["name"] != gate:
            raise BackupFileError(database, f"is not the store of gate {gate!r}, whose backup it says it is")
        newest = latest(connection)
        if newest is not None and now < newest:
            raise RestoreError(database, f"holds a record of {newest}, and this PC's clock says {now}: set the clock first")
        next_sequence = resume(connection, now)
        connection.execute("COMMIT")
        return next_sequence, outbox.count_waiting(connection)


def _put_pictures_back(file: zipfile.ZipFile, names: Iterable[str], pictures: PictureFolder) -> Iterator[str]:
    """Gives the names of those that are not what their name says."""
    for sha256 in names:
        jpeg = _picture(file, sha256)
        if hashlib.sha256(jpeg).hexdigest() == sha256:
            pictures.keep(jpeg)
        else:
            yield sha256


def _picture(file: zipfile.ZipFile, sha256: str) -> bytes:
    """The packed bytes, or none where they are damaged: a backup is not worthless for the sake of a picture."""
    try:
        with file.open(f"pictures/{sha256}.jpg") as packed:
            return packed.read(MOST_PICTURE_BYTES)
    except _BROKEN:
        return b""
