"""All engines over the same pictures in one run: each picture is read by one engine after the other, never by two at once.

So whatever else the machine does meanwhile hits all alike. Who begins changes from picture to picture.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from bench.reading_measure.records import Farewell, Hello, Record

ROOT: Final = Path(__file__).resolve().parents[2]
Progress = Callable[[int, int], None]  # (pictures done, of how many)


class WorkerEndedError(Exception):
    """An engine's process ended where it should have answered; the message says with which status."""


@dataclass(slots=True)
class Run:
    """What came of one engine. `records` by picture; `unavailable` says why it was not measured, or not to the end."""

    engine: str
    threads: int | None
    description: str = ""
    unavailable: str = ""
    records: dict[Path, Record] = field(default_factory=dict)
    peak_mib: float = 0.0


class Worker:
    """The process of one engine, seen from here."""

    def __init__(self, engine: str, threads: int | None, python: str) -> None:
        command = [python, "-m", "bench.reading_measure.worker", engine]
        command += ["--threads", str(threads)] if threads else []
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT
        )

    def hello(self) -> Hello:
        """Wait until the engine is ready. Raises WorkerEndedError, as do the others."""
        return Hello.model_validate_json(self._line())

    def read(self, picture: Path) -> Record:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{picture}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        return Record.model_validate_json(self._line())

    def farewell(self) -> Farewell:
        """End of work."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return Farewell.model_validate_json(self._line())

    def end(self) -> None:
        """Let go of the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        return line

    def _ended(self) -> WorkerEndedError:
        return WorkerEndedError(f"its process ended with status {self._process.wait()}")


def measure(
    engines: Sequence[str],
    pictures: Sequence[Path],
    threads: int | None,
    progress: Progress,
    pythons: Mapping[str, str] | None = None,
) -> list[Run]:
    """Read all pictures with all engines. An engine that is not available, or whose process ends, says so in its `Run`.

    `pythons`: the interpreter of an engine whose packages lie elsewhere. Raises OSError where that cannot be started.
    """
    runs = [Run(engine, threads) for engine in engines]
    workers = {run.engine: Worker(run.engine, threads, (pythons or {}).get(run.engine, sys.executable)) for run in runs}
    try:
        for run in runs:
            _try(run, _greet, workers[run.engine])
        for done, picture in enumerate(pictures):
            ready = [run for run in runs if not run.unavailable]
            first = done % max(len(ready), 1)
            for run in ready[first:] + ready[:first]:
                _try(run, partial(_read, picture=picture), workers[run.engine])
            progress(done + 1, len(pictures))
        for run in runs:
            _try(run, _part, workers[run.engine])
    finally:
        for worker in workers.values():
            worker.end()
    return runs


def _try(run: Run, step: Callable[[Run, Worker], None], worker: Worker) -> None:
    if run.unavailable:
        return
    try:
        step(run, worker)
    except WorkerEndedError as error:
        run.unavailable = f"{error}, after {len(run.records)} pictures"


def _greet(run: Run, worker: Worker) -> None:
    hello = worker.hello()
    run.description, run.unavailable = hello.description, hello.unavailable


def _read(run: Run, worker: Worker, picture: Path) -> None:
    run.records[picture] = worker.read(picture)


def _part(run: Run, worker: Worker) -> None:
    run.peak_mib = worker.farewell().peak_mib
