"""A disk whose power may be cut after any event: what was flushed is there; what was not is there, or not, or a part of it.

The model is the strict one of POSIX, not that of one file system: a flushed file keeps its contents, its name only once its
folder has been flushed too. Names of one folder survive in the order in which they were given, as every journal keeps them. Of
writes without a flush any sectors may survive, in any order; where a file has grown and its new part was never written, there is
rubbish. A sector is old or new, never mixed, and its neighbours are not touched (SQLite's SQLITE_IOCAP_POWERSAFE_OVERWRITE says
the same).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

from bench.fault_measure.file_trace import Event, Flushed, Made, Removed, Renamed, Truncated, Written

SECTOR: Final = 512  # of old disks; 4096 is what new ones write at once
PAGE: Final = 4096


class Cut(StrEnum):
    """What survives of the writes that were not flushed."""

    NOTHING = "nothing unflushed"
    EVERYTHING = "everything unflushed"
    BEGINNING = "a beginning, torn in a sector"
    SECTORS = "any 512-byte sectors"
    PAGES = "any 4096-byte pages"


@dataclass(slots=True)
class _File:
    """Contents on the disk, and what is still on its way there. A folder has names instead."""

    kept: bytearray = field(default_factory=bytearray)
    pending: list[Written | Truncated] = field(default_factory=list)


class CrashedDisk:
    """Fed with events; `survivors` may be asked in between."""

    def __init__(self, root: Path, *, flushes: bool = True) -> None:
        """`flushes=False`: a disk that says that it has flushed and has not."""
        self._root = str(root)
        self._flushes = flushes
        self._files: dict[str, _File] = {}  # as the running system sees it, by path
        self._folders = {self._root}
        self._kept: dict[str, _File | None] = {}  # names on the disk; None: a folder
        self._pending: dict[str, list[Event]] = {}  # names on their way, by folder
        self._made: dict[Event, _File | None] = {}

    def happen(self, event: Event) -> None:
        match event:
            case Made(path, folder):
                self._name(path, event, None if folder else _File())
            case Renamed(path, to):
                moved = self._files.pop(path)
                self._files[to] = moved
                self._pending.setdefault(_folder(path), []).append(event)
            case Removed(path):
                self._files.pop(path, None)
                self._pending.setdefault(_folder(path), []).append(event)
            case Written(path) | Truncated(path):
                if path in self._files:  # else it was removed and is still open somewhere
                    self._files[path].pending.append(event)
            case Flushed(path) if self._flushes:
                self._flush(path)

    def _name(self, path: str, event: Made, file: _File | None) -> None:
        if file is None:
            self._folders.add(path)
        else:
            self._files[path] = file
        self._pending.setdefault(_folder(path), []).append(event)
        self._made[event] = file

    def _flush(self, path: str) -> None:
        if path in self._folders:
            for event in self._pending.pop(path, ()):
                self._settle(self._kept, event)
        elif path in self._files:
            file = self._files[path]
            for event in file.pending:
                _apply(file.kept, event)
            file.pending.clear()

    def _settle(self, names: dict[str, _File | None], event: Event) -> None:
        match event:
            case Made(path):
                names[path] = self._made[event]
            case Renamed(path, to):
                names[to] = names.pop(path)
            case Removed(path):
                names.pop(path, None)

    def survivors(self, cut: Cut, rng: Random) -> dict[str, bytes | None]:
        """Files (contents) and folders (None) that are there when the power is back, by path."""
        names = dict(self._kept)
        for events in self._pending.values():
            for event in events[: _how_many(cut, len(events), rng)]:
                self._settle(names, event)
        there = {path: file for path, file in names.items() if self._reachable(path, names)}
        return {path: None if file is None else _contents(file, cut, rng) for path, file in there.items()}

    def _reachable(self, path: str, names: dict[str, _File | None]) -> bool:
        folder = _folder(path)
        return folder == self._root or (folder in names and self._reachable(folder, names))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _how_many(cut: Cut, most: int, rng: Random) -> int:
    if cut is Cut.NOTHING:
        return 0
    return most if cut is Cut.EVERYTHING else rng.randint(0, most)


def _apply(contents: bytearray, event: Written | Truncated, rubbish: Callable[[int], bytes] = bytes) -> None:
    if isinstance(event, Truncated):
        del contents[event.length :]
        contents.extend(rubbish(event.length - len(contents)) if event.length > len(contents) else b"")
        return
    if event.offset > len(contents):
        contents.extend(rubbish(event.offset - len(contents)))
    contents[event.offset : event.offset + len(event.data)] = event.data


def _contents(file: _File, cut: Cut, rng: Random) -> bytes:
    contents = bytearray(file.kept)
    if cut is Cut.NOTHING:
        return bytes(contents)
    for event in _surviving(file.pending, cut, rng):
        _apply(contents, event, bytes if cut is Cut.EVERYTHING else rng.randbytes)
    return bytes(contents)


def _surviving(pending: list[Written | Truncated], cut: Cut, rng: Random) -> Iterable[Written | Truncated]:
    if cut is Cut.EVERYTHING:
        yield from pending
    elif cut is Cut.BEGINNING:
        count = rng.randint(0, len(pending))
        yield from pending[:count]
        last = pending[count] if count < len(pending) else None
        if isinstance(last, Written):
            pieces = list(_pieces(last, SECTOR))
            yield from pieces[: rng.randrange(len(pieces))]
    else:
        size = SECTOR if cut is Cut.SECTORS else PAGE
        for event in pending:
            for piece in _pieces(event, size) if isinstance(event, Written) else (event,):
                if rng.random() < 0.5:
                    yield piece


def _pieces(event: Written, size: int) -> Iterable[Written]:
    """The write cut at the sectors' edges in the file."""
    at, end = event.offset, event.offset + len(event.data)
    while at < end:
        until = min((at // size + 1) * size, end)
        yield Written(event.path, at, event.data[at - event.offset : until - event.offset])
        at = until
