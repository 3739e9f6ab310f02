"""Everything that one run found, in rows: for the report and, as JSON, for other programs."""

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.reading_measure import calibration
from bench.reading_measure.calibration import Bin
from bench.reading_measure.corpus import Picture
from bench.reading_measure.counting import Figures, by_passage, by_picture, share
from bench.reading_measure.engines import STOCK
from bench.reading_measure.interleaved import Run
from bench.reading_measure.streams import Carried

ALL: Final = "all"
PASSAGES: Final = "passages"
LAYOUT: Final = "layout"
LIGHT: Final = "light"


@dataclass(frozen=True, slots=True)
class Row:
    """One engine over some pictures: all of a kind, its passages, or those of one layout or light (`value`)."""

    kind: str
    split: str
    value: str
    engine: str
    figures: Figures
    to_stock: float | None  # its median time as a multiple of stock RapidOCR's over the same pictures


@dataclass(frozen=True, slots=True)
class StageCost:
    """Where the time goes: mean milliseconds a picture, and in which share of the pictures the stage was needed (0 to 1)."""

    kind: str
    engine: str
    stage: str
    mean_ms: float
    needed: float


@dataclass(frozen=True, slots=True)
class ThreadCost:
    """What a picture costs on so many cores."""

    engine: str
    kind: str
    threads: int
    pictures: int
    median_ms: float | None
    peak_mib: float


@dataclass(slots=True)
class Results:
    """One run. Engines that were not available are in `runs` only."""

    source: str
    begun: datetime
    load_before: float  # processes that wanted a core, mean of a minute; above nought the machine was not quiet
    runs: list[Run]
    rows: list[Row] = field(default_factory=list)
    stages: list[StageCost] = field(default_factory=list)
    threads: list[ThreadCost] = field(default_factory=list)
    cameras: list[Carried] = field(default_factory=list)
    calibration: dict[str, list[Bin]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "begun": self.begun.isoformat(timespec="seconds"),
            "machine": machine(),
            "load_before": self.load_before,
            "engines": [
                {"engine": run.engine, "description": run.description, "unavailable": run.unavailable, "peak_mib": run.peak_mib}
                for run in self.runs
            ],
            "figures": [
                {"kind": row.kind, "split": row.split, "value": row.value, "engine": row.engine}
                | row.figures.as_json()
                | {"to_stock": row.to_stock}
                for row in self.rows
            ],
            "stages": [asdict(row) for row in self.stages],
            "threads": [asdict(row) for row in self.threads],
            "cameras": [
                asdict(row) | {"frames_in_time": row.frames_in_time, "verdicts_in_time": row.verdicts_in_time}
                for row in self.cameras
            ],
            "calibration": {kind: [asdict(made) for made in found] for kind, found in self.calibration.items()},
        }


def machine() -> dict[str, str | int]:
    """What the figures depend on, without the machine's name."""
    packages = {name: version(name) for name in ("openvino", "opencv-python-headless", "numpy")}
    return {"processor": _processor(), "cores": len(os.sched_getaffinity(0)), "python": platform.python_version(), **packages}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def load_now() -> float:
    return round(os.getloadavg()[0], 2)


Count = Callable[[Iterable[Picture], Mapping[Path, Any]], Figures]


def rows(pictures: Sequence[Picture], runs: Sequence[Run], lights: Mapping[Path, str]) -> list[Row]:
    """Each kind as a whole, its passages, and each layout and light, where there is more than one."""
    measured = [run for run in runs if run.records]
    made: list[Row] = []
    for kind, ours in _grouped(pictures, lambda picture: picture.kind).items():
        made += _compared(kind, ALL, "", ours, measured, by_picture)
        if any(picture.passage for picture in ours):
            made += _compared(kind, PASSAGES, "", ours, measured, by_passage)
        for split, groups in (
            (LAYOUT, _grouped(ours, lambda picture: picture.layout)),
            (LIGHT, _grouped(ours, lambda picture: lights.get(picture.path, ""))),
        ):
            if len(groups) > 1:
                for value, few in sorted(groups.items(), key=lambda group: -len(group[1])):
                    made += _compared(kind, split, value, few, measured, by_picture)
    return made


def _grouped(pictures: Iterable[Picture], key: Callable[[Picture], str]) -> dict[str, list[Picture]]:
    groups: dict[str, list[Picture]] = {}
    for picture in pictures:
        groups.setdefault(key(picture), []).append(picture)
    return groups


def _compared(kind: str, split: str, value: str, pictures: Sequence[Picture], runs: Sequence[Run], count: Count) -> list[Row]:
    figures = {run.engine: count(pictures, run.records) for run in runs}
    stock = figures[STOCK].median_ms if STOCK in figures else None
    return [Row(kind, split, value, engine, found, _times(found.median_ms, stock)) for engine, found in figures.items()]


def _times(ms: float | None, stock: float | None) -> float | None:
    return round(ms / stock, 3) if ms is not None and stock else None


def stage_costs(pictures: Sequence[Picture], runs: Sequence[Run]) -> list[StageCost]:
    """Of every engine whose stages are timed."""
    made = []
    for kind, ours in _grouped(pictures, lambda picture: picture.kind).items():
        for run in runs:
            timed = [record for picture in ours if (record := run.records.get(picture.path)) and record.stages]
            for stage in sorted({stage for record in timed for stage in record.stages}):
                spent = [record.stages[stage] for record in timed if stage in record.stages]
                made.append(_stage_cost(kind, run.engine, stage, spent, len(timed)))
            if timed:
                rest = [(record.elapsed_ms or 0.0) - sum(record.stages.values()) for record in timed]
                made.append(_stage_cost(kind, run.engine, "all the rest", rest, len(timed)))
    return made


def _stage_cost(kind: str, engine: str, stage: str, spent: Sequence[float], pictures: int) -> StageCost:
    return StageCost(kind, engine, stage, round(sum(spent) / pictures, 1), share(len(spent), pictures))


def thread_costs(pictures: Sequence[Picture], runs: Sequence[Run]) -> list[ThreadCost]:
    made = []
    for kind, ours in _grouped(pictures, lambda picture: picture.kind).items():
        for run in (run for run in runs if run.records and run.threads):
            median_ms = by_picture(ours, run.records).median_ms
            made.append(ThreadCost(run.engine, kind, run.threads or 0, len(ours), median_ms, round(run.peak_mib, 1)))
    return made


def calibrated(pictures: Sequence[Picture], run: Run) -> dict[str, list[Bin]]:
    """One engine's confidences, by kind."""
    groups = _grouped(pictures, lambda picture: picture.kind)
    return {kind: calibration.bins(calibration.reads(ours, run.records)) for kind, ours in groups.items()}
