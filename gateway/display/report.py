"""The report of a replay: one folder that any browser opens from disk, in both languages, with every picture beside it."""

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from gateway.display.errors import ReportError
from gateway.display.replay_notes import FrameNote, ReadNote, ReplayReport
from gateway.display.report_sections import PassageSection, Timings, pictures_of, section_of, timings_of
from gateway.display.screens import screen_environment, static_folder
from gateway.look import i18n, pages

__all__ = ["FrameNote", "Picture", "ReadNote", "ReplayReport", "write_report"]

Picture = Callable[[str], bytes]
"""Gives the JPEG of a SHA-256. Raises LookupError or OSError where there is none."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def write_report(folder: Path, report: ReplayReport, picture: Picture) -> Path:
    """Write the report into `folder`, made if need be, and give the path of its `index.html`.

    A picture that `picture` does not have is left out and the page says so. Raises ReportError when a file cannot be written.
    """
    sections = [section_of(passage, report.frames, report.latency_ms.get(passage.passage_id)) for passage in report.passages]
    index = folder / "index.html"
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        kept = _copy_pictures(folder / "pictures", pictures_of(sections), picture)
        _copy_look(folder)
        index.write_text(_page(report, sections, kept), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{error.filename or folder}: {error.strerror or error}") from error
    return index


def _copy_pictures(folder: Path, wanted: Iterable[str], picture: Picture) -> frozenset[str]:
    """Copies what there is and gives the names of what was copied."""
    kept = set()
    for sha in wanted:
        jpeg = _picture(sha, picture)
        if jpeg is not None:
            (folder / f"{sha}.jpg").write_bytes(jpeg)
            kept.add(sha)
    return frozenset(kept)


def _picture(sha: str, picture: Picture) -> bytes | None:
    # The name comes from a record and becomes a path: nothing but a SHA-256 may.
    if not _SHA256.fullmatch(sha):
        return None
    try:
        return picture(sha)
    except (LookupError, OSError):
        return None


def _copy_look(folder: Path) -> None:
    """Stylesheet, script and fonts, addressed beside the page: it is opened from disk."""
    shutil.copytree(pages.static_folder() / "fonts", folder / "fonts", dirs_exist_ok=True)
    shutil.copyfile(pages.static_folder() / "look.js", folder / "look.js")
    report_css = (static_folder() / "report.css").read_text(encoding="utf-8")
    display_css = (static_folder() / "display.css").read_text(encoding="utf-8")
    css = "\n".join((pages.stylesheet(), display_css, report_css)).replace('url("/look/', 'url("')
    (folder / "report.css").write_text(css, encoding="utf-8")


def _page(report: ReplayReport, sections: list[PassageSection], kept: frozenset[str]) -> str:
    environment = screen_environment().overlay()
    timings: Timings = timings_of(report.frames, report.latency_ms)
    bodies = {
        language: pages.render(
            environment,
            "report_body.html",
            language,
            report=report,
            sections=sections,
            timings=timings,
            kept=kept,
            pictures="pictures/",
        )
        for language in i18n.LANGUAGES
    }
    return pages.render(environment, "report.html", i18n.DEFAULT_LANGUAGE, report=report, bodies=bodies)
