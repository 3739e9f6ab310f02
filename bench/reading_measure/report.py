"""The results as a Markdown page."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from bench.reading_measure import calibration
from bench.reading_measure.corpus import BRIGHT_FROM, DARK_BELOW
from bench.reading_measure.films import FRAMES_PER_SECOND, LASTS_S, LIGHTS
from bench.reading_measure.results import ALL, LAYOUT, LIGHT, PASSAGES, Results, Row, machine
from bench.reading_measure.streams import GAP_S, IN_TIME_S, Carried

CARRIED_SHARE = 0.95  # of the verdicts must come in time for a number of cameras to count as carried
FIGURES = ("whole", "accepted", "found", "wrong", "ms, median", "ms, 95 %", "× stock")
COUNTED = f"""\
*Whole*: every labelled number accepted and nothing else accepted; misses count, no picture is left out. *Accepted*, *found*:
labelled numbers that were accepted, or read at all. *Wrong*: accepted numbers that no label of the picture names. *ms*: decoding
the file not counted. *× stock*: median time as a multiple of stock RapidOCR's over the same pictures. All engines read each
picture one after the other, in turn, each in a process of its own.

Stock programs promise nothing, so all they find counts as accepted: their text in reading order, joined and filtered by the
grammar (a container number with a valid check digit; a line, or two neighbours in a row, of a form of Taiwanese plates). Light:
*dark* is a median grey level below {DARK_BELOW}, *bright* {BRIGHT_FROM} or more (of 255)."""
CAMERAS = f"""\
Streams of rendered 1280×720 JPEG at {FRAMES_PER_SECOND:g} frames a second, lanes of two cameras ({", ".join(LIGHTS)}), a truck of
{LASTS_S:g} s every {LASTS_S + sum(GAP_S) / 2:g} s in every lane; camera, eye, reader and state machine as in `gateway run`.
*Frames*: a camera's number came within {IN_TIME_S:g} s of the first frame that shows it well enough. *Verdicts*: the lane passed
its truck within {IN_TIME_S:g} s of the last such frame."""


def markdown(results: Results) -> str:
    """The whole page."""
    parts = [
        "# Reading, measured",
        "",
        f"{results.source}; {results.begun:%Y-%m-%d %H:%M} UTC, {_machine()}; load before the run {results.load_before:g}.",
        "",
        *_engines(results),
    ]
    for kind, rows in groupby(results.rows, lambda row: row.kind):
        parts += ["", f"## {kind.replace('_', ' ').capitalize()}", "", *_kind(list(rows))]
    parts += ["", COUNTED, ""]
    for title, lines in (
        ("Where the time goes", _stages(results)),
        ("Memory", _memory(results)),
        ("Cost against threads", _threads(results)),
        ("Cameras", _cameras(results)),
        ("Confidence", _confidence(results)),
    ):
        if lines:
            parts += [f"## {title}", "", *lines, ""]
    return "\n".join(parts)


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(heading), "|" + "---|" * len(heading), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _machine() -> str:
    told = machine()
    packages = ", ".join(f"{name} {told[name]}" for name in ("python", "openvino"))
    return f"{told['cores']} cores of {told['processor']}, {packages}"


def _engines(results: Results) -> list[str]:
    return [
        f"- **{run.engine}**: {run.description}"
        + (f"{'; ' if run.description else ''}not available: {run.unavailable}" * bool(run.unavailable))
        for run in results.runs
    ]


def _kind(rows: Sequence[Row]) -> list[str]:
    parts = table(("", "pictures", *FIGURES), (_row(row, row.engine) for row in rows if row.split == ALL))
    passages = [row for row in rows if row.split == PASSAGES]
    if passages:
        parts += ["", "Passages: the pictures of one truck together; ours fused as in a lane, of stock programs all they read."]
        parts += ["", *table(("", "passages", *FIGURES), (_row(row, row.engine) for row in passages))]
    for split in (LAYOUT, LIGHT):
        few = [row for row in rows if row.split == split]
        if few:
            parts += ["", *table((split, "", "pictures", *FIGURES), (_row(row, row.value or "–", row.engine) for row in few))]
    return parts


def _row(row: Row, *names: str) -> list[str]:
    told = row.figures
    unread = f" ({told.unread} not read)" if told.unread else ""
    shares = ((told.whole, told.units), (told.accepted, told.labelled), (told.found, told.labelled))
    return [
        *names,
        f"{told.units}{unread}",
        *(percent(part / whole) if whole else "–" for part, whole in shares),
        str(told.wrong),
        _ms(told.median_ms),
        _ms(told.p95_ms),
        "–" if row.to_stock is None else f"{row.to_stock:.2f}",
    ]


def percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _ms(ms: float | None) -> str:
    return "–" if ms is None else f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}"


def _stages(results: Results) -> list[str]:
    if not results.stages:
        return []
    rows = ((row.engine, row.kind, row.stage, f"{row.mean_ms:.1f}", percent(row.needed)) for row in results.stages)
    return table(("", "", "stage", "mean ms a picture", "needed in"), rows)


def _memory(results: Results) -> list[str]:
    runs = [run for run in results.runs if run.peak_mib]
    return table(("", "peak, MiB"), ((run.engine, f"{run.peak_mib:.0f}") for run in runs)) if runs else []


def _threads(results: Results) -> list[str]:
    if not results.threads:
        return []
    counts = sorted({row.threads for row in results.threads})
    cells = {(row.engine, row.kind, row.threads): row for row in results.threads}
    pairs = dict.fromkeys((row.engine, row.kind, row.pictures) for row in results.threads)
    rows = []
    for engine, kind, pictures in pairs:
        found = [cells.get((engine, kind, count)) for count in counts]
        memory = max(row.peak_mib for row in found if row)
        rows.append((engine, kind, str(pictures), *(_ms(row.median_ms) if row else "–" for row in found), f"{memory:.0f}"))
    heading = ("", "", "pictures", *(f"ms, {count} thread{'s' * (count > 1)}" for count in counts), "peak, MiB")
    return ["Median milliseconds a picture, the process kept to so many cores.", "", *table(heading, rows)]


def _cameras(results: Results) -> list[str]:
    if not results.cameras:
        return []
    heading = ("cameras", "trucks", "frames", "verdicts", "median", "slowest", "looked at", "processor", "peak, MiB")
    return [CAMERAS, "", *table(heading, (_camera_row(row) for row in results.cameras)), "", _carried(results.cameras)]


def _camera_row(row: Carried) -> tuple[str, ...]:
    came = [latency for latency in row.verdicts if latency is not None]
    looked = 1 - row.frames_dropped / max(row.frames_received, 1)
    return (
        str(row.cameras),
        str(row.trucks),
        percent(row.frames_in_time),
        percent(row.verdicts_in_time),
        f"{statistics.median(came):.2f} s" if came else "–",
        f"{max(came):.2f} s" if came and len(came) == len(row.verdicts) else "never",
        percent(looked),
        percent(row.processor),
        f"{row.peak_mib:.0f}",
    )


def carried(cameras: Iterable[Carried]) -> int:
    """The most cameras of those measured at which, as at all fewer, nearly all verdicts came in time; 0 where none."""
    most = 0
    for row in sorted(cameras, key=lambda row: row.cameras):
        if row.verdicts_in_time < CARRIED_SHARE:
            break
        most = row.cameras
    return most


def _carried(cameras: Sequence[Carried]) -> str:
    counts = ", ".join(str(row.cameras) for row in cameras)
    return (
        f"Of {counts} cameras this machine carries **{carried(cameras)}**: at least {percent(CARRIED_SHARE)} of the verdicts "
        f"within {IN_TIME_S:g} s."
    )


def _confidence(results: Results) -> list[str]:
    return list(_confidences(results))


def _confidences(results: Results) -> Iterator[str]:
    for kind, found in results.calibration.items():
        yield f"{kind}: said and right differ by {percent(calibration.error(found))} on average."
        yield ""
        rows = (
            (
                f"{made.low:g}–{made.high:g}",
                str(made.count),
                f"{made.said:.3f}",
                f"{made.share:.3f}",
                "{:.3f}–{:.3f}".format(*made.interval),
            )
            for made in found
            if made.share is not None
        )
        yield from table(("confidence", "reads", "said, mean", "right", "95 % interval"), rows)
        yield ""
