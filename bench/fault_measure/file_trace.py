"""What a process did to the files of one folder, in order: its system calls as strace(1) tells of them.

A call counts from its end: a write is in the page cache, a flush has reached the disk, when it returns. What the process said on
its standard output counts from its beginning, which is the harder reading.
"""

import asyncio
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from bench.fault_measure.children import ROOT

CALLS: Final = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,msync,"
    "rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,mmap"
)


class UnknownCallError(Exception):
    """A call that changes files in a way that this bench does not know: nothing can be concluded."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file or, with `folder`, a folder that was not there."""

    path: str
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    path: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    path: str
    length: int


@dataclass(frozen=True, slots=True)
class Flushed:
    path: str


@dataclass(frozen=True, slots=True)
class Renamed:
    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Removed:
    path: str


@dataclass(frozen=True, slots=True)
class Said:
    line: str


Event = Made | Written | Truncated | Flushed | Renamed | Removed | Said

_CALL: Final = re.compile(r"(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(?:<[^>]*>)?(?: \(.*\)| E\w+ .*)?$")
_SAID: Final = re.compile(r'write\(1<[^>]*>, ("(?:\\x[0-9a-f]{2})*")')
_BEGUN: Final = re.compile(r" *(.*) <unfinished \.\.\.>$")
_RESUMED: Final = re.compile(r" *<\.\.\. \w+ resumed>(.*)$")
_DESCRIPTOR: Final = re.compile(r"^(?:\d+|AT_FDCWD)<([^>]*)>(?:\(deleted\))?$")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


def available() -> bool:
    return shutil.which("strace") is not None


async def traced(trace: Path, *arguments: str) -> None:
    """Run a module of ours under strace until it ends. Raises ChildProcessError."""
    flags = ("-f", "-y", "-xx", "-s", str(1 << 20), "-e", f"trace={CALLS}", "-e", "signal=none", "--seccomp-bpf")
    command = ("strace", *flags, "-o", str(trace), sys.executable, "-B", "-m", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise ChildProcessError(errors.decode(errors="replace").strip()[-300:])


class _Part(Enum):
    """Of a call: strace tells of it in one line, or in two where another thread called meanwhile."""

    WHOLE = auto()
    BEGINNING = auto()
    END = auto()  # told with its beginning


def _calls(lines: Iterator[str]) -> Iterator[tuple[str, _Part]]:
    begun: dict[str, str] = {}
    for line in lines:
        pid, _, call = line.partition(" ")
        if unfinished := _BEGUN.match(call):
            begun[pid] = unfinished[1]
            yield unfinished[1], _Part.BEGINNING
        elif resumed := _RESUMED.match(call):
            yield begun.pop(pid) + resumed[1], _Part.END
        else:
            yield call.strip(), _Part.WHOLE


def _text(quoted: str) -> bytes:
    found = _TEXT.fullmatch(quoted.strip())
    if found is None or found[2]:
        raise UnknownCallError(f"a text that strace cut off or did not tell: {quoted[:80]}")
    return bytes.fromhex(found[1].replace("\\x", ""))


def _descriptor(word: str) -> str:
    """The path that a descriptor stands for; empty for one that has none."""
    found = _DESCRIPTOR.match(word.strip())
    return _text(f'"{found[1]}"').decode() if found and found[1].startswith("\\x") else ""


class Trace:
    """The events of one folder; what happened elsewhere is left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._at: dict[str, int] = {}  # of files that are written one piece after another
        self._there: set[str] = set()

    def _ours(self, path: str) -> bool:
        return path == self._folder or path.startswith(self._folder + "/")

    def events(self, trace: Path) -> Iterator[Event]:
        """Raises UnknownCallError."""
        with trace.open(encoding="ascii") as lines:
            for call, part in _calls(line.rstrip("\n") for line in lines):
                if said := _SAID.match(call):
                    if part is not _Part.END:
                        yield from (Said(line) for line in _text(said[1]).decode().splitlines())
                elif part is not _Part.BEGINNING and not call.startswith(("+++", "---")):
                    found = _CALL.match(call)
                    if found is None:
                        raise UnknownCallError(call[:120])
                    if int(found[3], 0) >= 0:
                        yield from self._event(found[1], found[2], int(found[3], 0))

    def _event(self, name: str, rest: str, result: int) -> Iterator[Event]:
        arguments = rest.split(", ")
        if name in {"openat", "open", "creat"}:
            yield from self._opened(name, arguments)
        elif name in {"rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat"}:
            yield from self._named(name, arguments)
        elif name in {"write", "pwrite64"}:
            path = _descriptor(arguments[0])
            if self._ours(path):
                yield self._written(path, name, arguments, result)
        elif name == "ftruncate" and self._ours(path := _descriptor(arguments[0])):
            yield Truncated(path, int(arguments[1], 0))
        elif name in {"fsync", "fdatasync"} and self._ours(path := _descriptor(arguments[0])):
            yield Flushed(path)
        elif name == "mmap":
            path = _descriptor(arguments[4]) if len(arguments) > 4 else ""
            if self._ours(path) and "MAP_SHARED" in rest and "PROT_WRITE" in rest and not path.endswith("-shm"):
                raise UnknownCallError(f"{path} is written through memory")
        elif name not in {"ftruncate", "fsync", "fdatasync"} and self._mentions(arguments):
            raise UnknownCallError(f"{name}({rest[:120]})")

    def _mentions(self, arguments: list[str]) -> bool:
        texts = [_text(word).decode() for word in arguments if word.startswith('"')]
        return any(map(self._ours, [*texts, *map(_descriptor, arguments)]))

    def _opened(self, name: str, arguments: list[str]) -> Iterator[Event]:
        base, path_word, flags = (
            (arguments[0], arguments[1], arguments[2]) if name == "openat" else ("", arguments[0], arguments[1])
        )
        path = self._absolute(base, path_word)
        if not self._ours(path):
            return
        if "O_CREAT" in flags and path not in self._there:
            self._there.add(path)
            yield Made(path)
        if "O_TRUNC" in flags:
            yield Truncated(path, 0)
        self._at[path] = 0

    def _absolute(self, base: str, path_word: str) -> str:
        path = _text(path_word).decode()
        return path if path.startswith("/") else f"{_descriptor(base)}/{path}"

    def _written(self, path: str, name: str, arguments: list[str], result: int) -> Written:
        data = _text(arguments[1])[:result]
        if name == "pwrite64":
            return Written(path, int(arguments[3], 0), data)
        offset = self._at.get(path, 0)
        self._at[path] = offset + result
        return Written(path, offset, data)

    def _named(self, name: str, arguments: list[str]) -> Iterator[Event]:
        at = name.endswith(("at", "at2"))
        path = self._absolute(*(arguments[:2] if at else ("", arguments[0])))
        if not self._ours(path):
            return
        if name.startswith("rename"):
            to = self._absolute(*(arguments[2:4] if at else ("", arguments[1])))
            self._there.discard(path)
            self._there.add(to)
            yield Renamed(path, to)
        elif name.startswith("unlink"):
            self._there.discard(path)
            yield Removed(path)
        else:
            yield Made(path, folder=True)
