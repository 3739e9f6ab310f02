"""`gateway platform account`: who may sign in at the platform. Passwords are asked for on the terminal, never given as words."""

import os
from pathlib import Path
from typing import Final

import click
from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.commands.platform_database import data_option, database_option, operator, write
from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, gettext
from gateway.model.clock import utc_now
from gateway.platform.accounts import second_factor, store, trail
from gateway.platform.accounts.passwords import hash_password, password_problem
from gateway.platform.accounts.roles import TITLES, Role
from gateway.platform.accounts.store import Account, Act, Secrets
from gateway.platform.accounts.trail import Wanted

HEADS: Final = (_("Login"), _("Name"), _("Role"), _("Firm"), _("Second factor"), _("Open"))


@click.group()
def account() -> None:
    """Those who may sign in at the platform."""


@account.command("add")
@data_option
@database_option
@click.option("--name", required=True, help="The person's name, as records bear it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--firm", metavar="BAN", help="The firm of a firm_manager or firm_clerk: they see its data only.")
@click.option("--no-second-factor", is_flag=True, help="A password only; not for a platform that others can reach.")
@click.argument("login")
def add_command(
    *, data_dir: Path, database: str | None, name: str, role: str, firm: str | None, no_second_factor: bool, login: str
) -> None:
    """Make the account LOGIN, or set its name, role, password and second factor anew; it is signed out everywhere."""
    try:
        made = Account(login=login, name=name, role=Role(role), firm=firm)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise click.ClickException(wrong) from None
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if problem := password_problem(password, login):
        raise click.ClickException(problem)
    key = None if no_second_factor else second_factor.new_key(os.urandom)
    secrets = Secrets(hash_password(password, os.urandom), key)

    def work(connection: Connection) -> None:
        now = utc_now()
        store.put(connection, made, secrets, now)
        store.note(connection, Act(now, operator(), _("set an account"), f"{made.called}: {role}"))

    write(data_dir, database, work)
    click.echo(f"{made.called}: {role}")
    if key:
        click.echo(f"Key for the authenticator app, shown this once: {key}")
        click.echo(second_factor.address(login, key))


@account.command("list")
@data_option
@database_option
@click.option(
    "--language", type=click.Choice(i18n.LANGUAGES), default=i18n.DEFAULT_LANGUAGE, show_default=True, help="Of the table."
)
def list_command(data_dir: Path, database: str | None, language: str) -> None:
    """List the accounts."""
    there = write(data_dir, database, store.all_accounts)
    with i18n.speaking(language):
        rows = [
            (one.login, one.name, gettext(TITLES[one.role]), one.firm or "–", "✓" if factor else "–", "✓" if one.active else "–")
            for one, factor in there
        ]
        for line in columns([tuple(gettext(head) for head in HEADS), *rows]):
            click.echo(line)


@account.command("close")
@data_option
@database_option
@click.argument("login")
def close_command(data_dir: Path, database: str | None, login: str) -> None:
    """Close the account LOGIN at once, wherever it is signed in. What it decided keeps its name."""

    def work(connection: Connection) -> bool:
        now = utc_now()
        store.note(connection, Act(now, operator(), _("closed an account"), login))
        return store.close(connection, login, now)

    if not write(data_dir, database, work):
        raise click.ClickException(f"there is no open account {login}")
    click.echo(f"{login}: closed")


@account.command("trail")
@data_option
@database_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most lines.")
def trail_command(data_dir: Path, database: str | None, limit: int) -> None:
    """The audit trail: what people did, the latest first. Times in UTC."""
    for line in write(data_dir, database, lambda connection: trail.read(connection, Wanted(), limit=limit)):
        act = line.act
        click.echo(f"{act.at.isoformat(timespec='seconds')}  {act.who}  {act.act}  {act.about}".rstrip())
