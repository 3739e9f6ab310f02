"""One engine in a process of its own, so that its memory is its own: `python -m bench.reading_measure.worker ENGINE`.

It says `Hello`, answers each path on its standard input with a `Record`, and at the end of input says `Farewell`.
"""

import argparse
import os
import resource
import sys
from pathlib import Path
from typing import Final, TextIO

import cv2
import numpy as np
from pydantic import BaseModel

from bench.reading_measure import engines
from bench.reading_measure.records import Farewell, Hello, Record
from gateway.ocr.errors import OcrError, PictureError
from gateway.ocr.photographs import load_picture

EMPTY_LANE: Final = (540, 960, 3)  # read once before the first picture, which shall not be charged for what is done once


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("engine")
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    answers = answers_stream()
    if args.threads:
        keep_to(args.threads)
    try:
        engine = engines.load(args.engine, args.threads)
    except OcrError as error:
        _say(answers, Hello(unavailable=str(error)))
        return
    engine.read("", np.full(EMPTY_LANE, 127, dtype=np.uint8))
    _say(answers, Hello(description=engine.description))
    for line in sys.stdin:
        _say(answers, _record(engine, Path(line.rstrip("\n"))))
    _say(answers, Farewell(peak_mib=peak_mib()))


def answers_stream() -> TextIO:
    """Where answers go. What libraries print goes to standard error instead of between them."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _say(answers: TextIO, line: BaseModel) -> None:
    answers.write(line.model_dump_json() + "\n")
    answers.flush()


def keep_to(threads: int) -> None:
    """As on a machine with so many cores: an engine that starts more threads gains nothing by it."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    cv2.setNumThreads(threads)


def _record(engine: engines.Engine, path: Path) -> Record:
    try:
        image = load_picture(path)
    except PictureError as error:
        return Record(file=path.name, error=str(error))
    return engine.read(path.name, image)


def peak_mib() -> float:
    """The most memory this process held since it was started, or the largest program that it ran, MiB.

    Linux's own mark for this process: the one of `getrusage` may still be that of the process which started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    main()
