"""The page on a camera at its mounting: one file that any browser opens and any mail carries, with pictures of what is wrong."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import gateway
from gateway.display import mounting_words
from gateway.display.errors import ReportError
from gateway.display.screens import screen_environment, static_folder
from gateway.look import i18n, pages
from gateway.model.observation import Quad
from gateway.ocr.mounting.findings import Finding
from gateway.ocr.mounting.limits import Result
from gateway.ocr.mounting.looks import FrameLook, Subject
from gateway.ocr.mounting.verdict import MountingVerdict

Picture = Callable[[str], bytes]
"""Gives the JPEG of a SHA-256. Raises LookupError or OSError where there is none."""

MOST_SCENES: Final = 8  # pictures on the page: more are not looked at, and a mail has its limits
CROP_MARGIN: Final = 0.4  # of the number's smaller side: enough to see what stands around it
SHOWN_FIRST: Final = (Result.FAILS, Result.SCARCE)

_FONT: Final = re.compile(r'url\("/look/(fonts/[\w.-]+\.woff2)"\)')


@dataclass(frozen=True, slots=True)
class MountingReport:
    """A verdict, and which camera it is about."""

    site: str
    lane: str
    title_zh: str
    title_en: str
    camera: str
    address: str  # without any secret
    engine: str
    made_at: datetime
    verdict: MountingVerdict


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Part of a frame, pixels."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Scene:
    """One frame, and what is wrong in it; without findings it is a frame as they are. `crop`: where to look closely.

    `frame` is None for what no single frame shows: the size and the pace of the pictures.
    """

    frame: FrameLook | None
    findings: tuple[Finding, ...]
    quads: tuple[Quad, ...]
    crop: Rectangle | None


def write_mounting_report(folder: Path, report: MountingReport, picture: Picture) -> Path:
    """Write the page into `folder`, made if need be, and give its path. Raises ReportError when it cannot be written.

    A picture that `picture` does not have is left out and the page says so.
    """
    scenes = scenes_of(report.verdict)
    index = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        index.write_text(_page(report, scenes, _inlined(scenes, picture)), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{error.filename or folder}: {error.strerror or error}") from error
    return index


def scenes_of(verdict: MountingVerdict) -> tuple[Scene, ...]:
    """The frames that show what is wrong, failures first; where nothing is, a typical one."""
    wrong = [finding for result in SHOWN_FIRST for finding in verdict.findings if finding.result is result]
    together: dict[tuple[FrameLook | None, Quad | None], list[Finding]] = {}
    for finding in wrong:
        together.setdefault((finding.frame, finding.quad), []).append(finding)
    scenes = [_scene(frame, findings, [quad] if quad else []) for (frame, quad), findings in together.items()][:MOST_SCENES]
    if any(scene.frame for scene in scenes):
        return tuple(scenes)
    return (*scenes, _scene(verdict.typical, [], [number.quad for number in verdict.typical.numbers]))


def _scene(frame: FrameLook | None, findings: Sequence[Finding], quads: Sequence[Quad]) -> Scene:
    return Scene(frame, tuple(findings), tuple(quads), _around(quads[0], frame.size) if frame and quads else None)


def _around(quad: Quad, size: tuple[int, int]) -> Rectangle:
    """The upright rectangle around a number, with a margin, within the frame and at least a pixel each way."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    margin = CROP_MARGIN * min(max(xs) - min(xs), max(ys) - min(ys))
    left, top = max(min(xs) - margin, 0.0), max(min(ys) - margin, 0.0)
    right, bottom = min(max(xs) + margin, size[0]), min(max(ys) + margin, size[1])
    return Rectangle(left, top, max(right - left, 1.0), max(bottom - top, 1.0))


def _inlined(scenes: Sequence[Scene], picture: Picture) -> dict[str, str]:
    """The scenes' pictures as data addresses, each once."""
    inlined = {}
    for sha in {scene.frame.picture for scene in scenes if scene.frame and scene.frame.picture}:
        try:
            inlined[sha] = _data("image/jpeg", picture(sha))
        except (LookupError, OSError):
            continue
    return inlined


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


@cache
def _stylesheet() -> str:
    """Everything that the page needs, its typeface included."""
    own = [(static_folder() / name).read_text(encoding="utf-8") for name in ("display.css", "report.css", "mounting.css")]
    return _FONT.sub(lambda found: f'url("{_font(found[1])}")', "\n".join((pages.stylesheet(), *own)))


def _font(name: str) -> str:
    return _data("font/woff2", (pages.static_folder() / name).read_bytes())


def _page(report: MountingReport, scenes: Sequence[Scene], inlined: dict[str, str]) -> str:
    environment = screen_environment().overlay()
    environment.globals.update(
        advice=mounting_words.ADVICE,
        bound=mounting_words.bound,
        conclusions=mounting_words.conclusions,
        criteria=mounting_words.CRITERIA,
        mark_for=mounting_words.MARK_OF,
        mounting_results=mounting_words.RESULTS,
        mounting_subjects=mounting_words.SUBJECTS,
        shown=mounting_words.shown,
    )
    sizes = {scene.frame.picture: scene.frame.size for scene in scenes if scene.frame}
    context = {"report": report, "verdict": report.verdict, "scenes": scenes, "inlined": inlined, "version": gateway.__version__}
    groups = [(s, [f for f in report.verdict.findings if f.subject is s]) for s in Subject]
    bodies = {
        language: pages.render(environment, "mounting_body.html", language, groups=groups, **context) for language in i18n.LANGUAGES
    }
    return pages.render(
        environment, "mounting.html", i18n.DEFAULT_LANGUAGE, bodies=bodies, sizes=sizes, stylesheet=_stylesheet(), **context
    )
