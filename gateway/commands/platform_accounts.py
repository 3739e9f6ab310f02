"""`gateway platform account`: who may sign in at the platform. Passwords are asked for on the terminal, never given as words."""

import asyncio
import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import click
from pydantic import SecretStr, ValidationError
from sqlalchemy import Connection

from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, gettext
from gateway.model.clock import utc_now
from gateway.platform.accounts import second_factor, store
from gateway.platform.accounts.passwords import hash_password, password_problem
from gateway.platform.accounts.roles import TITLES, Role
from gateway.platform.accounts.store import Account, Act, Secrets
from gateway.platform.database import Database
from gateway.platform.errors import Refusal, StartError
from gateway.platform.settings import PlatformSettings

T = TypeVar("T")
HEADS: Final = (_("Login"), _("Name"), _("Role"), _("Second factor"), _("Open"))

_data = click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path),
    default=Path("var/platform"),
    show_default=True,
    help="Folder of the platform's database.",
)
_database = click.option("--database", help="SQLAlchemy address of another database.  [default: the file in the data folder]")


@click.group()
def account() -> None:
    """Those who may sign in at the platform."""


@account.command("add")
@_data
@_database
@click.option("--name", required=True, help="The person's name, as records bear it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--no-second-factor", is_flag=True, help="A password only; not for a platform that others can reach.")
@click.argument("login")
def add_command(*, data_dir: Path, database: str | None, name: str, role: str, no_second_factor: bool, login: str) -> None:
    """Make the account LOGIN, or set its name, role, password and second factor anew; it is signed out everywhere."""
    try:
        made = Account(login=login, name=name, role=Role(role))
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
        store.note(connection, Act(now, _operator(), "set an account", f"{made.called}: {role}"))

    _write(data_dir, database, work)
    click.echo(f"{made.called}: {role}")
    if key:
        click.echo(f"Key for the authenticator app, shown this once: {key}")
        click.echo(second_factor.address(login, key))


@account.command("list")
@_data
@_database
@click.option(
    "--language", type=click.Choice(i18n.LANGUAGES), default=i18n.DEFAULT_LANGUAGE, show_default=True, help="Of the table."
)
def list_command(data_dir: Path, database: str | None, language: str) -> None:
    """List the accounts."""
    there = _write(data_dir, database, store.all_accounts)
    with i18n.speaking(language):
        rows = [
            (one.login, one.name, gettext(TITLES[one.role]), "✓" if factor else "–", "✓" if one.active else "–")
            for one, factor in there
        ]
        for line in columns([tuple(gettext(head) for head in HEADS), *rows]):
            click.echo(line)


@account.command("close")
@_data
@_database
@click.argument("login")
def close_command(data_dir: Path, database: str | None, login: str) -> None:
    """Close the account LOGIN at once, wherever it is signed in. What it decided keeps its name."""

    def work(connection: Connection) -> bool:
        now = utc_now()
        store.note(connection, Act(now, _operator(), "closed an account", login))
        return store.close(connection, login, now)

    if not _write(data_dir, database, work):
        raise click.ClickException(f"there is no open account {login}")
    click.echo(f"{login}: closed")


@account.command("trail")
@_data
@_database
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most lines.")
def trail_command(data_dir: Path, database: str | None, limit: int) -> None:
    """The audit trail: what people did, the latest first. Times in UTC."""
    for act in _write(data_dir, database, lambda connection: store.trail(connection, limit)):
        click.echo(f"{act.at.isoformat(timespec='seconds')}  {act.who}  {act.act}  {act.about}".rstrip())


def _operator() -> str:
    return f"command line ({getpass.getuser()})"


def _write(data_dir: Path, database: str | None, work: Callable[[Connection], T]) -> T:
    """One transaction in the platform's database, which is brought up to date before. The platform may run meanwhile."""

    async def run() -> T:
        there = Database(PlatformSettings(data_dir=data_dir, database_url=SecretStr(database) if database else None).url)
        await there.open()
        try:
            return await there.write(work)
        finally:
            await there.close()

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return asyncio.run(run())
    except OSError as error:
        raise click.ClickException(f"data folder {data_dir}: {error.strerror}") from error
    except (StartError, Refusal) as error:
        raise click.ClickException(str(error)) from error
