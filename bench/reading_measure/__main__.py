"""`python bench/reading.py`: the command line."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

from bench.reading_measure import calibration, corpus, gallery, rendered, report, results
from bench.reading_measure.corpus import CorpusError, Picture
from bench.reading_measure.counting import numbers_in
from bench.reading_measure.engines import KNOWN, OURS
from bench.reading_measure.interleaved import ROOT, Run, measure
from bench.reading_measure.results import Results
from bench.reading_measure.streams import Carried
from gateway.model.clock import utc_now

ENGINES = "ours,rapidocr,easyocr,tesseract"


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/reading.py", description="Our reading engine beside others, on the same labelled pictures, in one run."
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--photos", type=Path, metavar="DIR", help="folders of labelled photographs, one a kind")
    source.add_argument("--rendered", type=int, metavar="N", help="render so many pictures of trucks instead")
    parser.add_argument("--seed", type=int, default=1, help="of what is rendered, and of --sample (default 1)")
    parser.add_argument(
        "--kinds", type=_names(corpus.KINDS), default=list(corpus.KINDS), metavar="KIND,…", help=", ".join(corpus.KINDS)
    )
    parser.add_argument("--engines", type=_names(KNOWN), default=ENGINES.split(","), metavar="ENGINE,…", help=f"default {ENGINES}")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="only N pictures of every kind, and the whole passages they are from"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="cores for every engine (default: as many as it takes by itself)")
    parser.add_argument(
        "--python",
        type=_interpreter,
        action="append",
        default=[],
        metavar="ENGINE=FILE",
        help="the engine's own interpreter, if any",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="the report, Markdown (default: standard output)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures")
    parser.add_argument("--reads", type=Path, metavar="DIR", help="what every engine read, one JSON object a picture")
    parser.add_argument(
        "--calibration", type=Path, metavar="SVG", help="our engine's confidences: a reliability plot, and its table"
    )
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="the worst of our failures, rendered pictures only")
    cost = parser.add_argument_group("what it costs; 0 leaves a part out")
    cost.add_argument("--thread-counts", type=_counts, default=[1, 2], metavar="N,…", help="default 1,2")
    cost.add_argument("--thread-sample", type=int, default=30, metavar="N", help="pictures of every kind (default 30)")
    cost.add_argument("--cameras", type=_counts, default=[1, 4, 16], metavar="N,…", help="default 1,4,16")
    cost.add_argument("--camera-seconds", type=float, default=120.0, metavar="S", help="for each number of cameras (default 120)")
    cost.add_argument("--camera-cores", type=int, default=2, metavar="N", help="of the gate PC (default 2)")
    args = parser.parse_args(given)
    if args.gallery and not args.rendered:
        parser.error("--gallery needs --rendered: photographs are not shown")
    if args.calibration and OURS not in args.engines:
        parser.error(f"--calibration needs the engine {OURS!r}")
    return args


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def split(text: str) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in text.split(",")))
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(known)}")
        return names

    return split


def _interpreter(text: str) -> tuple[str, str]:
    engine, _, python = text.partition("=")
    if not os.access(python, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text}: not ENGINE=INTERPRETER")
    return engine, os.path.abspath(python)


def _counts(text: str) -> list[int]:
    return [count for count in map(int, text.split(",")) if count > 0]


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        try:
            pictures = _pictures(args, Path(folder))
        except CorpusError as error:
            raise SystemExit(str(error)) from error
        found, ours = _measured(args, pictures)
        _write(args, pictures, found, ours)


def _pictures(args: argparse.Namespace, folder: Path) -> list[Picture]:
    if args.rendered:
        pictures = []
        for done, labelled in enumerate(rendered.render(folder, args.rendered, args.seed), start=1):
            pictures += labelled
            _progress("rendered", done, args.rendered)
        pictures = [picture for picture in pictures if picture.kind in args.kinds]
    else:
        pictures = corpus.load(args.photos, args.kinds)
    return corpus.sample(pictures, args.sample, args.seed) if args.sample else pictures


def _measured(args: argparse.Namespace, pictures: Sequence[Picture]) -> tuple[Results, Run | None]:
    """All figures, and our engine's run where it was asked for."""
    source = f"{args.rendered} rendered pictures, seed {args.seed}" if args.rendered else "Labelled photographs"
    begun, load = utc_now(), results.load_now()
    runs = measure(args.engines, _paths(pictures), args.threads, partial(_progress, "read"), dict(args.python))
    lights = {path: corpus.light_of(path) for path in _paths(pictures)}
    found = Results(source + (f", a sample of {args.sample} a kind" if args.sample else ""), begun, load, runs)
    found.rows, found.stages = results.rows(pictures, runs, lights), results.stage_costs(pictures, runs)
    found.threads = _thread_costs(args, pictures, [run.engine for run in runs if run.records])
    found.cameras = _cameras(args)
    ours = next((run for run in runs if run.engine == OURS), None)
    if args.calibration and ours:
        found.calibration = results.calibrated(pictures, ours)
    return found, ours


def _paths(pictures: Sequence[Picture]) -> list[Path]:
    """Every picture once, in an order by chance: what changes on the machine meanwhile hits all kinds alike."""
    paths = list(dict.fromkeys(picture.path for picture in pictures))
    Random(0).shuffle(paths)
    return paths


def _thread_costs(args: argparse.Namespace, pictures: Sequence[Picture], engines: Sequence[str]) -> list[results.ThreadCost]:
    few = corpus.sample(pictures, args.thread_sample, args.seed) if args.thread_sample else []
    cores = len(os.sched_getaffinity(0))
    costs = []
    for count in args.thread_counts if few else []:
        if count > cores:
            print(f"{count} threads are not measured: there are {cores} cores", file=sys.stderr)
            continue
        runs = measure(engines, _paths(few), count, partial(_progress, f"read on {count} threads"), dict(args.python))
        costs += results.thread_costs(few, runs)
    return costs


def _cameras(args: argparse.Namespace) -> list[Carried]:
    """In a process of its own, kept to the gate PC's cores."""
    if not args.cameras or not args.camera_seconds:
        return []
    command = [sys.executable, "-m", "bench.reading_measure.streams", "--seconds", str(args.camera_seconds)]
    command += ["--cores", str(args.camera_cores), "--seed", str(args.seed), "--cameras", *map(str, args.cameras)]
    print("cameras: rendering the films", file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    if done.returncode:
        print(f"cameras were not measured: the process ended with status {done.returncode}", file=sys.stderr)
    return [Carried(**json.loads(line)) for line in done.stdout.splitlines()]


def _write(args: argparse.Namespace, pictures: Sequence[Picture], found: Results, ours: Run | None) -> None:
    page = report.markdown(found)
    if args.out:
        args.out.write_text(page, encoding="utf-8")
    else:
        print(page)
    if args.json:
        args.json.write_text(json.dumps(found.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if args.calibration:
        args.calibration.write_text(calibration.plot(found.calibration), encoding="utf-8")
    if args.reads:
        _write_reads(args.reads, pictures, found.runs)
    if args.gallery and ours:
        count = gallery.write(args.gallery, gallery.failures(pictures, ours.records))
        print(f"gallery: {count} pictures", file=sys.stderr)


def _write_reads(folder: Path, pictures: Sequence[Picture], runs: Sequence[Run]) -> None:
    """One file an engine and kind, in the form of `gateway read --json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for run in runs:
        for kind in dict.fromkeys(picture.kind for picture in pictures):
            records = [run.records[picture.path] for picture in pictures if picture.kind == kind and picture.path in run.records]
            lines = []
            for record in records:
                field = "containers" if kind == "containers" else "plates"
                numbers = [number.model_dump() for number in numbers_in(record, kind)]
                lines.append(json.dumps({"file": record.file, "elapsed_ms": record.elapsed_ms, field: numbers}) + "\n")
            (folder / f"{run.engine}-{kind}.jsonl").write_text("".join(lines), encoding="utf-8")


def _progress(what: str, done: int, count: int) -> None:
    if sys.stderr.isatty() or done == count or done % 50 == 0:
        print(f"{what} {done} of {count}", end="\r" if sys.stderr.isatty() and done < count else "\n", file=sys.stderr)


if __name__ == "__main__":
    main()
