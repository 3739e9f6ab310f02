"""A camera's verdict at its mounting as a printed table, in the language being spoken."""

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.display.mounting_words import ADVICE, CRITERIA, MARK_OF, RESULTS, SUBJECTS, bound, conclusions, shown
from gateway.look.columns import columns
from gateway.look.i18n import _, filled_in, gettext
from gateway.look.marks import MARKS
from gateway.ocr.mounting.findings import Finding
from gateway.ocr.mounting.looks import Subject
from gateway.ocr.mounting.verdict import MountingVerdict

SHOWN_NUMBERS: Final = 8  # of the numbers read most often; a busy lane shows dozens


def verdict_table(verdict: MountingVerdict) -> str:
    """What was read, every criterion with its limits and what to do, and what it comes to."""
    return "\n".join([*_what_was_read(verdict), *_criteria(verdict), "", *conclusions(verdict)])


def _what_was_read(verdict: MountingVerdict) -> Iterator[str]:
    width, height = verdict.picture_size
    size = {"frames": verdict.frames, "width": width, "height": height}
    if verdict.seconds:
        seconds = f"{verdict.seconds:.1f}"
        yield filled_in(_("%(frames)s frames of %(width)s×%(height)s in %(seconds)s s"), **size, seconds=seconds)
    else:
        yield filled_in(_("%(frames)s frames of %(width)s×%(height)s"), **size)
    for number in verdict.numbers[:SHOWN_NUMBERS]:
        counts = {"frames": number.frames, "accepted": number.accepted}
        yield f"  {number.text}  {filled_in(_('read in %(frames)s frames, relied on in %(accepted)s'), **counts)}"
    if verdict.view_mm:
        yield filled_in(
            _("The lane's region is at most %(metres)s m wide at the box number."), metres=f"{verdict.view_mm / 1000:.1f}"
        )


def _criteria(verdict: MountingVerdict) -> Iterator[str]:
    """One column layout for all groups, so that the eye runs down it; what to do stands below its row."""
    heads = ("", gettext("Criterion"), gettext("Measured"), gettext("Needed"), gettext("Better"))
    lines = iter(columns([heads, *(_row(finding) for finding in verdict.findings)]))
    yield from ("", next(lines))
    for subject in Subject:
        findings = [finding for finding in verdict.findings if finding.subject is subject]
        yield from _group(gettext(SUBJECTS[subject]), findings, lines)


def _group(title: str, findings: Sequence[Finding], lines: Iterator[str]) -> Iterator[str]:
    if findings:
        yield title
    for finding in findings:
        yield next(lines)
        if ADVICE[finding.advice]:
            yield f"    → {gettext(ADVICE[finding.advice])}"


def _row(finding: Finding) -> tuple[str, ...]:
    limit = finding.limit
    return (
        f"{MARKS[MARK_OF[finding.result]].symbol} {gettext(RESULTS[finding.result])}",
        gettext(CRITERIA[finding.criterion]),
        shown(finding.value, limit.unit),
        bound(limit, limit.needed),
        bound(limit, limit.wanted),
    )
