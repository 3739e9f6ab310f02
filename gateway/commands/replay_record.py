"""`gateway replay --record`: stored passages decided again from their records alone, also by other rules than their day's."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from pydantic import ValidationError

from gateway.commands.explain import printable, said
from gateway.lane.retrace import retrace, what_if
from gateway.look.columns import columns
from gateway.look.i18n import _, filled_in, gettext
from gateway.model.lane_rules import LaneRules
from gateway.model.passage import Passage
from gateway.model.policy import Policy
from gateway.model.verdict import Check, Verdict
from gateway.site.checked_yaml import CheckedYamlError, load_checked
from gateway.store.archive import Archive
from gateway.store.errors import StoreCorruptError, StoreError

ALL: Final = "all"
SHOWN: Final = 30  # kinds of difference in the table; the rest is summed up


@dataclass(frozen=True, slots=True)
class Changes:
    """What shall be otherwise than on the day of the record; without any of it the record must give its own verdict again."""

    rules: Mapping[str, Any]

    def decide(self, passage: Passage) -> Verdict | None:
        """What the record gives now."""
        if not self.rules:
            return retrace(passage).verdict
        return what_if(passage, passage.rules.model_copy(update=dict(self.rules)))

    def same(self, before: Verdict | None, now: Verdict | None) -> bool:
        """Unchanged, to the byte; under other rules, which may decide at another time, what was decided and why."""
        if before is None or now is None or not self.rules:
            return before == now
        return before.gist == now.gist


def changes(pairs: Sequence[str], rules_file: Path | None, policy_file: Path | None) -> Changes:
    """The changes that `--rules-file` and, over it, `--policy` and `--rules KEY=VALUE` ask for. Raises ClickException naming each
    key."""
    found: dict[str, Any] = {}
    try:
        if rules_file:
            rules = load_checked(rules_file, LaneRules, "rules")
            found |= {name: getattr(rules, name) for name in rules.model_fields_set}
        if policy_file:
            found["policy"] = load_checked(policy_file, Policy, "policy")
        given = dict(_pair(text) for text in pairs)
        rules = LaneRules.model_validate(given)
    except CheckedYamlError as error:
        raise click.ClickException("\n".join(error.problems)) from error
    except ValidationError as error:
        raise click.ClickException("\n".join(_problem(dict(one)) for one in error.errors(include_url=False))) from error
    return Changes(found | {name: getattr(rules, name) for name in given})


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise click.ClickException(f"--rules {text!r}: expected KEY=VALUE, such as patience_s=30")
    return key.strip(), value.strip()


def _problem(error: Mapping[str, Any]) -> str:
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"--rules {name}: unknown key; there are {', '.join(LaneRules.model_fields)}"
    return f"--rules {name}={error['input']}: {error['msg']}"


def replay_one(folder: Path, address: str, changed: Changes, as_json: bool) -> bool:
    """Decide one passage again and say what differs. Returns whether nothing does. Raises ClickException."""
    try:
        with Archive.open(folder) as archive:
            passage = archive.find(address).passage
    except StoreError as error:
        raise click.ClickException(printable(str(error))) from error
    now = changed.decide(passage)
    same = changed.same(passage.verdict, now)
    lines = _json_lines(passage, now, same) if as_json else _lines(passage, now, same)
    click.echo("\n".join(lines if as_json else map(printable, lines)))
    return same


def _json_lines(passage: Passage, now: Verdict | None, same: bool) -> Iterator[str]:
    body = {
        "passage": passage.passage_id,
        "same": same,
        "recorded": passage.verdict.model_dump(mode="json") if passage.verdict else None,
        "now": now.model_dump(mode="json") if now else None,
    }
    yield json.dumps(body, ensure_ascii=False)


def _lines(passage: Passage, now: Verdict | None, same: bool) -> Iterator[str]:
    outcome = _("same verdict") if same else _("another verdict")
    yield f"{passage.passage_id}  {gettext(outcome)}: {said(now)}"
    if same:
        return
    yield filled_in(_("On record: %(verdict)s"), verdict=said(passage.verdict))
    if passage.verdict and now:
        if passage.verdict.orders != now.orders:
            before, after = (", ".join(verdict.orders) or "–" for verdict in (passage.verdict, now))
            yield " ".join((gettext(_("Orders")), before, "→", after))
        if passage.verdict.decided_at != now.decided_at:
            later = (now.decided_at - passage.verdict.decided_at).total_seconds()
            yield filled_in(_("Decided at another time: %(seconds)s s"), seconds=f"{later:+.2f}")
        yield from _checks(passage.verdict.checks, now.checks)


def _checks(before: Sequence[Check], now: Sequence[Check]) -> Iterator[str]:
    """The checks that are not on both sides."""
    for mark, ours, theirs in (("−", before, now), ("+", now, before)):
        for check in ours:
            if check not in theirs:
                because = f" {check.reason}" if check.reason else ""
                yield f"  {mark} {check.subject}: {check.expected or '–'} / {check.seen or '–'} {check.result}{because}"


@dataclass(slots=True)
class Tally:
    """How many passages gave what; of each kind of difference the first passage's id. Grows with the kinds, not with passages."""

    same: int = 0
    undecided: int = 0
    unreadable: list[str] = field(default_factory=list)  # the first few
    unreadable_count: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def different(self) -> int:
        return self.kinds.total()

    def note(self, passage: Passage, now: Verdict | None, same: bool) -> None:
        if same:
            self.same += 1
            self.undecided += passage.verdict is None
            return
        kind = (_short(passage.verdict), _short(now))
        self.kinds[kind] += 1
        self.examples.setdefault(kind, passage.passage_id)

    def note_unreadable(self, error: StoreCorruptError) -> None:
        self.unreadable_count += 1
        if len(self.unreadable) < SHOWN:
            self.unreadable.append(error.detail)


def _short(verdict: Verdict | None) -> str:
    return " ".join((verdict.outcome, *verdict.reasons)) if verdict else "–"


def replay_all(folder: Path, since: datetime | None, lane: str, changed: Changes, as_json: bool) -> bool:
    """Decide every passage again and count. Returns whether all were readable and none differs. Raises ClickException."""
    tally = Tally()
    try:
        with Archive.open(folder) as archive:
            for passage_id in archive.since(since, lane):
                try:
                    passage = archive.one(passage_id).passage
                except StoreCorruptError as error:
                    tally.note_unreadable(error)
                    continue
                now = changed.decide(passage)
                tally.note(passage, now, changed.same(passage.verdict, now))
    except StoreError as error:
        raise click.ClickException(printable(str(error))) from error
    click.echo("\n".join(map(printable, _tally_json(tally) if as_json else _tally_lines(tally))))
    return not tally.different and not tally.unreadable_count


def _tally_json(tally: Tally) -> Iterator[str]:
    kinds = [
        {"recorded": before, "now": now, "count": count, "example": tally.examples[before, now]}
        for (before, now), count in tally.kinds.most_common()
    ]
    body = {"same": tally.same, "undecided": tally.undecided, "different": tally.different, "unreadable": tally.unreadable_count}
    yield json.dumps({**body, "kinds": kinds}, ensure_ascii=False)


def _tally_lines(tally: Tally) -> Iterator[str]:
    counts = {"same": tally.same, "different": tally.different, "undecided": tally.undecided, "unreadable": tally.unreadable_count}
    yield filled_in(
        _("%(same)s same (%(undecided)s of them undecided), %(different)s different, %(unreadable)s not readable"), **counts
    )
    rows = [(str(count), before, "→", now, tally.examples[before, now]) for (before, now), count in tally.kinds.most_common(SHOWN)]
    if rows:
        heads = ("", _("On record"), "", _("Now"), _("For instance"))
        yield from columns([tuple(gettext(head) if head else "" for head in heads), *rows])
    if len(tally.kinds) > SHOWN:
        rest = tally.different - sum(count for _kind, count in tally.kinds.most_common(SHOWN))
        yield filled_in(_("%(count)s more of other kinds"), count=rest)
    yield from tally.unreadable
