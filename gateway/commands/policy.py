"""`gateway policy`: which seals an order needs, by which rule and why; and whether a policy file holds together."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

import click

from gateway.commands.lane_files import lane_or_exit, load_or_exit
from gateway.decision.required_seals import Miss, Requirement, required_seals
from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, filled_in, gettext
from gateway.model import codes
from gateway.model.clock import TAIPEI, utc_now
from gateway.model.errors import OrderError
from gateway.model.policy import Condition, Need, Policy, shipped_policy
from gateway.model.seal import PASSIVE_E_SEAL, VEHICLE_SEAL
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.orders.errors import StoredOrderError
from gateway.orders.stored_order import StoredOrder, stored_order
from gateway.site.checked_yaml import CheckedYamlError, load_checked
from gateway.store.errors import StoreError

CONDITIONS: Final = {
    Condition.OPERATION_KIND: _("Operation"),
    Condition.LOAD_KIND: _("Load"),
    Condition.VEHICLE_KIND: _("Vehicle kind"),
    Condition.DISTRICT: _("Customs district"),
    Condition.ORIGIN: _("Origin"),
    Condition.DESTINATION: _("Destination"),
    Condition.MOVE: _("Move"),
    Condition.TRADE_KIND: _("Trade"),
    Condition.CLEARANCE_MODE: _("Clearance mode"),
    Condition.RELEASE_CONDITION: _("Release condition"),
    Condition.NOTE: _("Work instruction's note"),
}
BASES: Final = {
    "law": _("law"),
    "programme": _("programme"),
    "proposal": _("our own proposal: nothing is published"),
}
NEEDS: Final = {Need.NONE: _("No seal"), Need.ANY: _("One of these seals"), Need.ALL: _("Each of these seals")}
_CODED: Final = frozenset({Condition.OPERATION_KIND, Condition.LOAD_KIND, Condition.VEHICLE_KIND, Condition.TRADE_KIND})
_READ: Final = frozenset({PASSIVE_E_SEAL, VEHICLE_SEAL})


@click.group()
def policy() -> None:
    """Which orders need which seal (封條規則)."""


@policy.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check policy files: every error with its line."""
    failed = False
    for path in paths:
        try:
            found = load_checked(path, Policy, "policy")
        except CheckedYamlError as error:
            failed = True
            click.echo("\n".join(error.problems), err=True)
        else:
            click.echo(f"{path}: {found.version}, {len(found.rules)} rules")
    raise SystemExit(1 if failed else 0)


@policy.command()
@click.argument("order")
@click.option("--folder", type=click.Path(path_type=Path), help="A gate's store: ORDER is then an order number in it.")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="A policy file.  [default: the shipped policy]")
@click.option("--site", "site_file", type=click.Path(path_type=Path), help="A lane file: the policy of its lane counts.")
@click.option("--lane", "lane_name", help="The lane of --site.  [default: the first]")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day, Taipei.  [default: today]")
@click.option("--note", "notes", multiple=True, help="A work instruction's note (N5170) for the box, such as B.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(
    *,
    order: str,
    folder: Path | None,
    policy_file: Path | None,
    site_file: Path | None,
    lane_name: str | None,
    day: datetime | None,
    notes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say which rule applies to ORDER and why, and which seals the lane will ask for.

    ORDER is a JSON file with one R12 message, or with --folder an order number.
    """
    used = _policy(policy_file, site_file, lane_name)
    known = _order(order, folder)
    asked = known.order
    at = datetime.combine(day.date(), time(12), TAIPEI) if day else utc_now()
    requirement = required_seals(asked, at, used, [*notes, *known.notes], known.release_conditions)
    if as_json:
        click.echo(json.dumps(_json(asked, at, used, requirement), ensure_ascii=False))
        return
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            click.echo("\n".join(_lines(asked, at, used, requirement)) + "\n")


def _policy(policy_file: Path | None, site_file: Path | None, lane_name: str | None) -> Policy:
    if policy_file and site_file:
        raise click.ClickException("--policy or --site, not both")
    if site_file:
        site = load_or_exit(site_file)
        return (lane_or_exit(site, lane_name) if lane_name else site.lanes[0]).rules.policy
    if policy_file is None:
        return shipped_policy()
    try:
        return load_checked(policy_file, Policy, "policy")
    except CheckedYamlError as error:
        raise click.ClickException("\n".join(error.problems)) from error


def _order(given: str, folder: Path | None) -> StoredOrder:
    """The order, and what the store has for it of other messages."""
    try:
        if folder:
            return stored_order(folder, given.strip().upper())
        parsed = parse_order(json.loads(Path(given).read_text(encoding="utf-8-sig")))
    except (StoreError, StoredOrderError) as error:
        raise click.ClickException(str(error)) from error
    except OrderError as error:
        raise click.ClickException("\n".join(f"{given}: {one.field}: {one.message}" for one in error.errors)) from error
    except OSError as error:
        raise click.ClickException(f"{given}: {error.strerror}; an order number wants --folder") from error
    except json.JSONDecodeError as error:
        raise click.ClickException(f"{given}:{error.lineno}: not JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{given}: not UTF-8 text (byte {error.start})") from error
    for warning in parsed.warnings:
        click.echo(f"{given}: {warning.field}: {warning.message}", err=True)
    return StoredOrder(parsed.order)


def _json(order: TransportOrder, at: datetime, used: Policy, asked: Requirement) -> dict[str, Any]:
    named = [seal.kind for seal in order.seals]
    return {
        "order": order.order_number,
        "date": f"{at.astimezone(TAIPEI):%Y-%m-%d}",
        "policy": used.version,
        "rule": asked.rule.model_dump(mode="json", include={"id", "title", "source", "basis"}),
        "because": {condition: sorted(asked.facts[condition]) for condition in asked.rule.when},
        "need": asked.need,
        "kinds": list(asked.kinds),
        "closures": [closure.model_dump(mode="json") for closure in asked.closures],
        "missing": list(asked.missing(named)),
        "lane_asks_for": [seal.model_dump(mode="json") for seal in order.seals if seal.kind in _READ],
        "not_applied": [
            {"rule": miss.rule.id, "condition": miss.condition, "wanted": list(miss.wanted), "found": list(miss.found)}
            for miss in asked.missed
        ],
    }


def _lines(order: TransportOrder, at: datetime, used: Policy, asked: Requirement) -> Iterator[str]:
    title = asked.rule.title.zh_TW if i18n.current_language() == "zh_TW" else asked.rule.title.en
    kinds = ", ".join(_kind(kind) for kind in asked.kinds)
    missing = asked.missing([seal.kind for seal in order.seals])
    read = [f"{_kind(seal.kind)} {seal.number}" for seal in order.seals if seal.kind in _READ]
    eyes = [f"{_kind(seal.kind)} {seal.number}" for seal in order.seals if seal.kind not in _READ]
    rows = [
        (gettext(_("Order")), f"{order.order_number}  {order.origin} → {order.destination}"),
        (gettext(_("Day")), f"{at.astimezone(TAIPEI):%Y-%m-%d}"),
        (gettext(_("Policy")), used.version),
        (gettext(_("Rule")), f"{asked.rule.id}: {title}"),
        (gettext(_("Source")), f"{asked.rule.source} ({gettext(BASES[asked.rule.basis])})"),
        *((gettext(_("Because")), _fact(condition, asked.facts[condition])) for condition in asked.rule.when),
        (gettext(_("Seals needed")), f"{gettext(NEEDS[asked.need])}{': ' if kinds else ''}{kinds}"),
        *((gettext(_("Closed")), _closure(one.kind, one.instead, f"{one.since}", one.source)) for one in asked.closures),
        *((gettext(_("The lane reads")), seal) for seal in read),
        *((gettext(_("Check by eye")), seal) for seal in eyes),
        (gettext(_("Result")), gettext(_("The order lacks a seal: the lane refers it")) if missing else gettext(_("Fits"))),
    ]
    yield from columns(rows)
    if asked.missed:
        yield gettext(_("Rules before it that do not apply:"))
        yield from (f"  {line}" for line in columns([(miss.rule.id, _why(miss)) for miss in asked.missed]))


def _kind(kind: str) -> str:
    return codes.label("seal_kind", kind, i18n.current_language())


def _closure(kind: str, instead: str, since: str, source: str) -> str:
    return filled_in(
        _("no %(kind)s since %(since)s, %(instead)s instead (%(source)s)"),
        kind=_kind(kind),
        since=since,
        instead=_kind(instead),
        source=source,
    )


def _values(condition: Condition | None, values: Sequence[str]) -> str:
    if condition in _CODED:
        values = [f"{value} {codes.label(condition.value, value, i18n.current_language())}" for value in values]
    return ", ".join(values) or "–"


def _fact(condition: Condition, values: frozenset[str]) -> str:
    return f"{gettext(CONDITIONS[condition])}: {_values(condition, sorted(values))}"


def _why(miss: Miss) -> str:
    if miss.condition is None:
        span = f"{miss.wanted[0]} – {miss.wanted[1]}".strip()
        return filled_in(_("in force %(span)s, not on %(day)s"), span=span, day=miss.found[0])
    return filled_in(
        _("%(what)s: wants %(wanted)s, is %(found)s"),
        what=gettext(CONDITIONS[miss.condition]),
        wanted=_values(miss.condition, miss.wanted),
        found=_values(miss.condition, miss.found),
    )
