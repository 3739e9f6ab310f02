"""`gateway platform key`: what programs prove themselves with at a platform. Works on its database beside the running service."""

import os
from pathlib import Path
from typing import Final

import click
from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.commands.platform_database import data_option, database_option, operator, write
from gateway.look.columns import columns
from gateway.look.i18n import _
from gateway.look.times import taipei
from gateway.model.clock import utc_now
from gateway.platform.accounts import keys
from gateway.platform.accounts.keys import LONGEST_DAYS, MOST_PER_MINUTE, USUAL_DAYS, USUAL_PER_MINUTE, Key, NewKey
from gateway.platform.accounts.roles import CUSTOMS_PROGRAMS, Right
from gateway.platform.accounts.store import Act, note

HEADS: Final = ("id", "name", "firm", "scopes", "a minute", "made", "good until", "last used", "standing")


@click.group()
def key() -> None:
    """The keys of programs: of firms' systems, and of Customs' own."""


@key.command("add")
@data_option
@database_option
@click.option("--firm", metavar="BAN", help="The firm whose data alone the key reaches.  [default: everybody's, for Customs]")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(sorted(right.value for right in CUSTOMS_PROGRAMS)),
    multiple=True,
    required=True,
    help="May be repeated.",
)
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=USUAL_DAYS, show_default=True, help="How long it is good.")
@click.option(
    "--per-minute", type=click.IntRange(1, MOST_PER_MINUTE), default=USUAL_PER_MINUTE, show_default=True, help="Requests."
)
@click.argument("name")
def add_command(
    *, data_dir: Path, database: str | None, firm: str | None, scopes: tuple[str, ...], days: int, per_minute: int, name: str
) -> None:
    """Make a key, called NAME, and print it, this once."""
    try:
        new = NewKey(name=name, firm=firm, scopes=frozenset(map(Right, scopes)), days=days, per_minute=per_minute)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))} {e['msg']}".strip() for e in error.errors(include_input=False))
        raise click.ClickException(wrong) from None

    def work(connection: Connection) -> tuple[Key, str] | None:
        now = utc_now()
        made = keys.add(connection, new, operator(), now, os.urandom)
        if made:
            note(connection, Act(now, operator(), _("made a key"), keys.described(made[0])))
        return made

    made = write(data_dir, database, work)
    if made is None:
        raise click.ClickException(f"there are {keys.MOST_OF_ONE_FIRM} good keys of this firm: revoke one first")
    click.echo(f"{keys.described(made[0])}, until {taipei(made[0].expires_at)} Taipei time")
    click.echo(f"The key, shown this once: {made[1]}")


@key.command("list")
@data_option
@database_option
def list_command(data_dir: Path, database: str | None) -> None:
    """List the keys, the newest first. Times in Taipei."""
    now = utc_now()
    there = write(data_dir, database, lambda connection: keys.all_keys(connection, None))
    for line in columns(
        [HEADS, *((*_row(one), "good" if one.good(now) else "revoked" if one.revoked_at else "over") for one in there)]
    ):
        click.echo(line)


@key.command("revoke")
@data_option
@database_option
@click.argument("key_id", metavar="ID")
def revoke_command(data_dir: Path, database: str | None, key_id: str) -> None:
    """From the next request on, the key ID is good for nothing."""

    def work(connection: Connection) -> Key | None:
        now = utc_now()
        revoked = keys.revoke(connection, key_id, None, now)
        if revoked:
            note(connection, Act(now, operator(), _("revoked a key"), keys.described(revoked)))
        return revoked

    revoked = write(data_dir, database, work)
    if revoked is None:
        raise click.ClickException(f"there is no key {key_id}")
    click.echo(f"{revoked.id} {revoked.name}: revoked")


def _row(one: Key) -> tuple[str, ...]:
    return (
        one.id,
        one.name,
        one.firm or "–",
        " ".join(one.scopes),
        str(one.per_minute),
        taipei(one.made_at),
        taipei(one.expires_at),
        taipei(one.last_used_at),
    )
