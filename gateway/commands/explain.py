"""`gateway explain`: what a lane saw of one passage, what it held against what, why it decided so, and how long that took."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from pydantic import BaseModel

from gateway.commands.archives import folder_option, language_option, store_folder
from gateway.display.explanation import Explanation, Why, explain
from gateway.display.observed import ObservedLine, said_of
from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, filled_in, gettext
from gateway.look.marks import MARKS, Mark
from gateway.look.times import taipei
from gateway.look.words import RESULTS, SUBJECTS, seen_words
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Ruling
from gateway.model.passage import Passage
from gateway.model.reasons import REASONS, Reason
from gateway.model.sealing import Sealing
from gateway.model.verdict import Check, Verdict
from gateway.store.archive import Archive, Told
from gateway.store.errors import StoreError
from gateway.store.outbox import RecordState

_WHY: Final = {
    Why.AT_ONCE: _("at once, the evidence was enough"),
    Why.HELD: _("after it had stood as long as the rules ask"),
    Why.PATIENCE: _("when the lane's patience ended"),
    Why.LEFT: _("when the vehicle left"),
}
_STATES: Final = {
    RecordState.WAITING: _("waits to be sent"),
    RecordState.ACKNOWLEDGED: _("the platform has it"),
    RecordState.CONFLICT: _("the platform holds another record under this number"),
    RecordState.REFUSED: _("the platform refused it"),
}
_PROOFS: Final = {
    "vehicle_seal": _("heard by radio, inserted and locked"),
    "passive_seal": _("its chip was read"),
    "none": _("not proven by a device"),
}
_ROLES: Final = {"doors": _("doors"), "seal": _("seal area"), "plate": _("plate")}


@click.command("explain")
@click.argument("passage")
@click.argument("lane", required=False, default="")
@click.option("--site", "site_file", type=click.Path(path_type=Path), help="The lane file that names the store.")
@folder_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@language_option
def explain_command(*, passage: str, lane: str, site_file: Path | None, folder: Path | None, as_json: bool, language: str) -> None:
    """Explain the verdict on PASSAGE: an id, the beginning of one, `last`, or `last LANE`. The service may be running."""
    try:
        with Archive.open(store_folder(folder, site_file)) as archive, i18n.speaking(language):
            found = explain(archive.find(f"{passage} {lane}"))
            if as_json:
                click.echo(json.dumps(_json(found), ensure_ascii=False))
            else:
                click.echo(as_text(found))
    except StoreError as error:
        raise click.ClickException(printable(str(error))) from error


def printable(line: str) -> str:
    """Without what would steer the terminal: names and numbers come from outside."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def said(verdict: Verdict | None) -> str:
    """`▲ 轉人工 (REFER): BOX_UNREAD`, in the language being spoken."""
    if verdict is None:
        return gettext(_("undecided"))
    mark = MARKS[Mark(verdict.outcome.value)]
    reasons = f": {', '.join(verdict.reasons)}" if verdict.reasons else ""
    return f"{mark.symbol} {gettext(mark.word)} ({verdict.outcome}){reasons}"


def as_text(found: Explanation) -> str:
    """The whole explanation for people, in the language being spoken."""
    return "\n".join(printable(line) for line in _text(found))


# For people ----------------------------------------------------------------------------------------------------------


def _text(found: Explanation) -> Iterator[str]:
    passage = found.passage
    yield said(passage.verdict)
    yield from columns(
        [
            (gettext(_("Passage")), passage.passage_id),
            (gettext(_("Gate")), found.stored.gate),
            (gettext(_("Lane")), passage.lane),
            (gettext(_("Vehicle arrived")), taipei(passage.opened_at)),
            (gettext(_("Orders")), ", ".join(passage.verdict.orders) if passage.verdict and passage.verdict.orders else "–"),
        ]
    )
    yield from _reasons(passage.verdict.reasons if passage.verdict else ())
    yield from _section(_("What was seen"), _seen(found))
    yield from _section(_("Checks"), _checks(passage.verdict.checks if passage.verdict else ()))
    yield from _section(_("Timing"), _timing(found))
    yield from _section(_("Rules of the lane"), _rules(passage.rules))
    yield from _section(_("Ruling of a person"), _ruling(passage, passage.ruling) if passage.ruling else ())
    yield from _section(_("Green light taken back"), _withdrawn(passage, passage.withdrawn) if passage.withdrawn else ())
    yield from _section(_("Confirmation of sealing"), _sealing(found.sealing) if found.sealing else ())
    yield from _section(_("Sent to the platform"), _told(found.stored.told))
    if not found.decides_alike:
        yield ""
        yield filled_in(_("Today's program decides otherwise from this record: %(verdict)s"), verdict=said(found.way.verdict))


def _section(title: str, lines: Iterator[str] | tuple[()]) -> Iterator[str]:
    """A section that has nothing to say is left out."""
    body = list(lines)
    if body:
        yield ""
        yield gettext(title)
        yield from (f"  {line}" for line in body)


def _reasons(reasons: tuple[Reason, ...]) -> Iterator[str]:
    for reason in reasons:
        yield f"  {gettext(REASONS[reason].title)} ({reason}): {gettext(REASONS[reason].action)}"


def _after(seconds: float) -> str:
    return f"{seconds:+.2f} s"


def _seen(found: Explanation) -> Iterator[str]:
    """Observations, and between them what the lane would have decided from there on, and when it did."""
    passage = found.passage
    between = [(turn.observations, turn.at, f"→ {said(turn.verdict)}") for turn in found.way.turns]
    if passage.verdict:
        given = " ".join(("=", gettext(_("Verdict")), said(passage.verdict)))
        between.append((found.way.used, passage.verdict.decided_at, given))
    if passage.withdrawn:
        taken_back = " ".join(("=", gettext(_("Green light taken back")), said(passage.withdrawn)))
        between.append((_taken_back_after(passage, passage.withdrawn), passage.withdrawn.decided_at, taken_back))
    rows = []
    for line in found.lines:
        while between and between[0][0] <= line.first:
            rows.append(_between(passage, *between.pop(0)[1:]))
        rows.append((_after(line.after_s), line.device, _observed(line)))
    rows += [_between(passage, at, text) for _used, at, text in between]
    yield from columns(rows) if rows else ()


def _taken_back_after(passage: Passage, withdrawn: Verdict) -> int:
    """So many observations had the lane taken when it took back its green."""
    until = [place for place, seen in enumerate(passage.observations, start=1) if seen.at == withdrawn.decided_at]
    return until[-1] if until else len(passage.observations)


def _between(passage: Passage, at: datetime, text: str) -> tuple[str, str, str]:
    return _after((at - passage.opened_at).total_seconds()), "", text


def _observed(line: ObservedLine) -> str:
    repeated = filled_in(_("%(count)s times until %(time)s"), count=line.count, time=_after(line.until_s)) if line.count > 1 else ""
    details = ", ".join(filter(None, (line.detail, repeated)))
    return f"{line.what} ({details})" if details else line.what


def _checks(checks: tuple[Check, ...]) -> Iterator[str]:
    if not checks:
        return
    heads = (_("Check"), _("Expected"), _("Seen"), _("Result"), _("Source"), _("Reason"), _("Order"))
    rows = [
        (
            gettext(SUBJECTS[check.subject]),
            check.expected or "–",
            seen_words(check) or "–",
            gettext(RESULTS[check.result]),
            check.source or "–",
            check.reason or "–",
            check.order or "–",
        )
        for check in checks
    ]
    yield from columns([tuple(gettext(head) for head in heads), *rows])


def _timing(found: Explanation) -> Iterator[str]:
    timing = found.timing
    if timing is None:
        return
    seen = found.passage.observations[timing.needed]
    needed = f"{seen.device}: {said_of(seen)[1]}"
    rows = [
        (gettext(_("Stood since")), _after(timing.needed_s), needed),
        (gettext(_("Decided")), _after(timing.decided_s), gettext(_WHY[timing.why])),
        (gettext(_("Held for")), f"{timing.held_s:.2f} s", ""),
    ]
    if timing.stored_s is not None:
        rows.append((gettext(_("Stored")), f"{timing.stored_s:.2f} s", gettext(_("after the verdict; light and barrier follow"))))
    if timing.closed_s is not None:
        rows.append((gettext(_("Vehicle is gone")), _after(timing.closed_s), ""))
    yield from columns(rows)


def _rules(rules: LaneRules) -> Iterator[str]:
    """What the lane file set comes first; the rest is as the program has it."""
    standard = LaneRules()
    chosen = {name for name in LaneRules.model_fields if getattr(standard, name) != getattr(rules, name)}
    shown = {**rules.model_dump(mode="json", exclude={"policy"}), "policy": rules.policy.id}
    texts = {name: f"{name}: {value}" for name, value in shown.items()}
    if chosen:
        yield " ".join((gettext(_("Set in the lane file:")), ", ".join(text for name, text in texts.items() if name in chosen)))
    yield " ".join((gettext(_("As delivered:")), ", ".join(text for name, text in texts.items() if name not in chosen)))


def _sealing(sealing: Sealing) -> Iterator[str]:
    by_whom = (
        _("Confirmed by %(person)s at lane %(lane)s, %(place)s, %(time)s")
        if sealing.person
        else _("Confirmed by lane %(lane)s, %(place)s, %(time)s")
    )
    yield filled_in(
        by_whom,
        person=sealing.person,
        lane=sealing.confirmed_by,
        place=sealing.place,
        time=taipei(sealing.at),
    )
    for order in sealing.orders:
        yield f"{order.order_number}  {order.container}  {order.size_type}".rstrip()
        for seal in order.seals:
            when = f"  {seal.device} {taipei(seal.at, 'millisecond')}" if seal.at else ""
            yield f"  {seal.kind} {seal.number}: {gettext(_PROOFS[seal.proof])}{when}"
    for picture in sealing.pictures:
        yield f"{gettext(_ROLES[picture.role])}: {picture.sha256}  {picture.device} {taipei(picture.at, 'millisecond')}"


def _ruling(passage: Passage, ruling: Ruling) -> Iterator[str]:
    said_so = _("%(person)s approved") if ruling.approved else _("%(person)s refused")
    yield f"{filled_in(said_so, person=ruling.person)} ({ruling.proof}, {ruling.device}, {taipei(ruling.at)})"
    yield ": ".join((gettext(_("Reason")), ruling.reason))
    if ruling.order:
        yield ": ".join((gettext(_("Order")), ruling.order))
    for one in ruling.corrections:
        yield filled_in(_("Corrected: %(read)s is %(corrected)s"), read=one.read or "–", corrected=one.corrected)
    if passage.weighed:
        weighed = (
            _("With it the lane decides: %(verdict)s; the approval waives that")
            if _is_waived(ruling, passage.weighed)
            else _("With it the lane decides: %(verdict)s")
        )
        yield filled_in(weighed, verdict=said(passage.weighed))
        yield from _changed(passage, passage.weighed)


def _is_waived(ruling: Ruling, weighed: Verdict) -> bool:
    return ruling.approved and bool(weighed.reasons)


def _withdrawn(passage: Passage, withdrawn: Verdict) -> Iterator[str]:
    yield f"{taipei(withdrawn.decided_at)}  {said(withdrawn)}"
    yield from _reasons(withdrawn.reasons)
    yield from _changed(passage, withdrawn)


def _changed(passage: Passage, later: Verdict) -> Iterator[str]:
    """The checks that came out otherwise than at the verdict."""
    before = passage.verdict.checks if passage.verdict else ()
    yield from _checks(tuple(check for check in later.checks if check not in before))


def _told(told: tuple[Told, ...]) -> Iterator[str]:
    for one in told:
        settled = f" ({taipei(one.settled_at)})" if one.settled_at else ""
        yield " ".join((gettext(_("No.")), f"{one.sequence}:", gettext(_STATES[one.state]))) + settled


# For programs --------------------------------------------------------------------------------------------------------


def _json(found: Explanation) -> dict[str, Any]:
    passage = found.passage
    return {
        "passage": passage.passage_id,
        "gate": found.stored.gate,
        "lane": passage.lane,
        "opened_at": passage.opened_at.isoformat(),
        "closed_at": passage.closed_at.isoformat() if passage.closed_at else None,
        "verdict": _dumped(passage.verdict),
        "what_to_do": {reason: gettext(REASONS[reason].action) for reason in (passage.verdict.reasons if passage.verdict else ())},
        "observations": [asdict(line) for line in found.lines],
        "turns": [
            {
                "after_s": (turn.at - passage.opened_at).total_seconds(),
                "observations": turn.observations,
                "verdict": turn.verdict.outcome.value,
                "reasons": list(turn.verdict.reasons),
            }
            for turn in found.way.turns
        ],
        "timing": asdict(found.timing) if found.timing else None,
        "rules": passage.rules.model_dump(mode="json"),
        "sealing": _dumped(found.sealing),
        "ruling": _dumped(passage.ruling),
        "weighed": _dumped(passage.weighed),
        "withdrawn": _dumped(passage.withdrawn),
        "told": [{"sequence": one.sequence, "state": one.state.value} for one in found.stored.told],
        "decides_alike": found.decides_alike,
    }


def _dumped(part: BaseModel | None) -> dict[str, Any] | None:
    return part.model_dump(mode="json") if part else None
