"""`gateway seals`: which vehicle seals are heard, what one says of itself, and locking and unlocking it."""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from gateway.commands.lane_files import load_or_exit
from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, filled_in, gettext
from gateway.model.clock import TAIPEI, utc_now
from gateway.seal_reader.errors import LinkLostError, SealReaderError
from gateway.seal_reader.profile import SealFlag, SealFrame
from gateway.seal_reader.receipts import Receipt, Result
from gateway.seal_reader.seal_link import FIND_S
from gateway.seal_reader.tokens import Action
from gateway.site.seals import HeardSeal, Scan, SealDesk, scan
from gateway.store.errors import StoreError

T = TypeVar("T")

HEADS: Final = (_("Seal"), _("Serial"), _("State"), _("Battery"), _("Strength (dBm)"), _("Frames"))
TROUBLES: Final = {
    SealFlag.SHELL_OPENED: _("Shell opened"),
    SealFlag.CABLE_CUT: _("Cable cut"),
    SealFlag.OPENED_WHILE_SEALED: _("Opened while sealed"),
    SealFlag.MOTOR_STUCK: _("Motor stuck"),
    SealFlag.LOW_BATTERY: _("Battery low"),
    SealFlag.WRONG_CREDENTIAL: _("Wrong credential"),
}
OUTCOMES: Final = {
    "heard": _("heard"),
    "late": _("late"),
    "forged": _("forged"),
    "replayed": _("replayed"),
    "unknown": _("key not known"),
}
ACTIONS: Final = {Action.LOCK: _("Lock"), Action.UNLOCK: _("Unlock"), Action.CLEAR: _("Clear")}
RESULTS: Final = {Result.DONE: _("done"), Result.MOTOR_STUCK: _("Motor stuck"), Result.NO_PLUG: _("no plug to lock")}

_site = click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
_json = click.option("--json", "as_json", is_flag=True, help="JSON, one object a line.")
_language = click.option(
    "--language", type=click.Choice(i18n.LANGUAGES), default=i18n.DEFAULT_LANGUAGE, show_default=True, help="Of the table."
)
_receiver = click.option("--receiver", help="The receiver of type bluez to connect through.  [default: the first]")
_find = click.option(
    "--find-s", type=click.FloatRange(0.1, 600), default=FIND_S, show_default=True, help="Seconds to look for the seal."
)


@click.group()
def seals() -> None:
    """Vehicle seals (車機封條) within earshot of a site's receivers."""


@seals.command("scan")
@_site
@click.option("--seconds", type=click.FloatRange(0.1, 3600), default=10, show_default=True, help="How long to listen.")
@_json
@_language
def scan_command(site_file: Path, seconds: float, as_json: bool, language: str) -> None:
    """List the seals that are heard, forged ones too. Status 1 if a receiver does not work."""
    site = load_or_exit(site_file)
    found = _run(lambda: scan(site, utc_now, seconds))
    heard = sorted(found.seals.values(), key=lambda seal: (-max(seal.rssi.values(), default=-999.0), seal.serial))
    with i18n.speaking(language):
        for line in (json.dumps(_seal_json(seal), ensure_ascii=False) for seal in heard) if as_json else _table(heard):
            click.echo(line)
    _say_lost(found)
    raise SystemExit(1 if found.lost else 0)


@seals.command("show")
@_site
@_receiver
@_find
@_json
@_language
@click.argument("seal")
def show_command(*, site_file: Path, receiver: str | None, find_s: float, as_json: bool, language: str, seal: str) -> None:
    """Connect to SEAL (its number, or its serial), show its state and its last receipt."""
    site = load_or_exit(site_file)
    frame, receipt = _run(lambda: SealDesk(site, seal, receiver, find_s).status())
    if as_json:
        click.echo(json.dumps({"frame": _frame_json(frame), "receipt": _receipt_json(receipt) if receipt else None}))
        return
    with i18n.speaking(language):
        click.echo("\n".join(columns([(gettext(_("Serial")), str(frame.serial)), *_frame_rows(frame)])))
        click.echo("\n".join(_receipt_lines(receipt)) if receipt else gettext(_("No receipt yet")))


def _command(action: Action) -> None:
    """`gateway seals lock` and `gateway seals unlock`."""

    @seals.command(action.name.lower(), help=f"{action.name.capitalize()} SEAL with a token for this once; print its receipt.")
    @_site
    @click.option("--order", required=True, help="Number of the CN order (貨櫃運送單).")
    @click.option("--operator", required=True, help="Who commands: stands in token and receipt, at most 16 ASCII characters.")
    @_receiver
    @_find
    @_json
    @_language
    @click.argument("seal")
    def command(
        *,
        site_file: Path,
        order: str,
        operator: str,
        receiver: str | None,
        find_s: float,
        as_json: bool,
        language: str,
        seal: str,
    ) -> None:
        site = load_or_exit(site_file)
        receipt = _run(lambda: SealDesk(site, seal, receiver, find_s).command(action, order, operator, utc_now, os.urandom))
        if as_json:
            click.echo(json.dumps(_receipt_json(receipt), ensure_ascii=False))
        else:
            with i18n.speaking(language):
                click.echo("\n".join(_receipt_lines(receipt)))
        raise SystemExit(0 if receipt.result is Result.DONE else 1)


_command(Action.LOCK)
_command(Action.UNLOCK)


def _run(begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it; what goes wrong is said in one line, with status 1."""
    try:
        return asyncio.run(begin())
    except LinkLostError as error:
        unsure = "; whether the seal obeyed is not known: `gateway seals show` reads its receipt" if error.uncertain else ""
        raise click.ClickException(f"{error}{unsure}") from error
    except (SealReaderError, StoreError) as error:
        raise click.ClickException(str(error)) from error


def _say_lost(found: Scan) -> None:
    for detail in found.lost.values():
        click.echo(detail, err=True)


def _table(heard: list[HeardSeal]) -> list[str]:
    if not heard:
        return [gettext(_("No seal was heard"))]
    return columns([tuple(gettext(head) for head in HEADS), *(_row(seal) for seal in heard)])


def _row(seal: HeardSeal) -> tuple[str, ...]:
    strengths = sorted(seal.rssi.items(), key=lambda heard: -heard[1])
    return (
        seal.number or "–",
        str(seal.serial),
        _state(seal.frame.flags) if seal.frame else "–",
        f"{seal.frame.battery_percent} %" if seal.frame else "–",
        ", ".join(f"{receiver} {rssi:.0f}" for receiver, rssi in strengths) or "–",
        ", ".join(f"{gettext(OUTCOMES[what])} {count}" for what, count in seal.frames.items()),
    )


def _state(flags: SealFlag) -> str:
    """Plug and lock are two states."""
    inserted, locked = SealFlag.PLUG_INSERTED in flags, SealFlag.MOTOR_LOCKED in flags
    words = [_("Inserted, not locked")] if inserted and not locked else [_("Inserted") if inserted else _("Not inserted")]
    words += [_("Locked")] if locked else []
    words += [word for flag, word in TROUBLES.items() if flag in flags]
    return "、".join(map(gettext, words)) if i18n.current_language() == "zh_TW" else ", ".join(map(gettext, words))


def _frame_rows(frame: SealFrame) -> list[tuple[str, str]]:
    return [
        (gettext(_("State")), _state(frame.flags)),
        (gettext(_("Battery")), f"{frame.battery_percent} %"),
        (gettext(_("Events")), str(frame.events)),
    ]


def _receipt_lines(receipt: Receipt) -> list[str]:
    done = filled_in(
        _("Receipt: %(action)s, %(result)s, %(time)s"),
        action=gettext(ACTIONS[receipt.action]),
        result=gettext(RESULTS[receipt.result]),
        time=f"{receipt.at.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}",
    )
    return [
        done,
        *columns(
            [
                (gettext(_("Order")), receipt.order or "–"),
                (gettext(_("Operator")), receipt.operator or "–"),
                (gettext(_("State")), _state(receipt.flags)),
                (gettext(_("Token")), receipt.token_id.hex()),
            ]
        ),
    ]


def _seal_json(seal: HeardSeal) -> dict[str, Any]:
    return {
        "serial": seal.serial,
        "number": seal.number,
        "frame": _frame_json(seal.frame) if seal.frame else None,
        "rssi": seal.rssi,
        "strongest": seal.strongest,
        "frames": dict(seal.frames),
    }


def _frame_json(frame: SealFrame) -> dict[str, Any]:
    return asdict(frame) | {"flags": _flag_names(frame.flags)}


def _receipt_json(receipt: Receipt) -> dict[str, Any]:
    return asdict(receipt) | {
        "action": receipt.action.name.lower(),
        "result": receipt.result.name.lower(),
        "at": receipt.at.isoformat(),
        "flags": _flag_names(receipt.flags),
        "token_id": receipt.token_id.hex(),
    }


def _flag_names(flags: SealFlag) -> list[str]:
    return [(flag.name or "").lower() for flag in SealFlag if flag in flags]
