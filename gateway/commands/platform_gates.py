"""`gateway platform gate`: which gates belong to a platform. Works on its database beside the running service."""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from gateway.commands.platform_database import data_option, database_option, operator, write
from gateway.look.columns import columns
from gateway.look.i18n import _
from gateway.look.times import taipei
from gateway.model.clock import utc_now
from gateway.model.enrolment_code import EnrolmentCode
from gateway.model.wire import Name
from gateway.platform.accounts.store import Act, note
from gateway.platform.errors import PlatformError
from gateway.platform.gates import store
from gateway.platform.gates.authority import open_authority
from gateway.platform.gates.store import MOST_WRONG_CODES, GateStanding

HEADS: Final = ("gate", "standing", "since", "certificate until", "code until", "evidence key")
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


@click.group()
def gate() -> None:
    """The gates that belong to this platform. Run these as the platform's own user."""


@gate.command("approve")
@data_option
@database_option
@click.argument("name")
def approve_command(data_dir: Path, database: str | None, name: str) -> None:
    """Print a one-time code by which the gate NAME is enrolled, within a day. A code that it had before counts no more."""
    try:
        _NAME.validate_python(name)
    except ValidationError:
        raise click.ClickException(f"{name!r} is no name of a gate: letters, digits and . _ - only, 64 at most") from None
    now = utc_now()
    try:
        authority = open_authority(data_dir, now)
    except PlatformError as error:
        raise click.ClickException(str(error)) from error
    code = EnrolmentCode.new(authority.der, os.urandom)

    def work(connection: Connection) -> datetime:
        note(connection, Act(now, operator(), _("approved a gate"), name))
        return store.approve(connection, name, code.secret, now)

    expires = write(data_dir, database, work)
    click.echo(f"gate {name} may be enrolled once, until {taipei(expires)} Taipei time. On the gate PC:\n")
    click.echo(f"    gateway enrol --site SITE.yaml {code.text}\n")
    fingerprint = authority.certificate.fingerprint(SHA256()).hex(":").upper()
    click.echo(f"The code names this platform's authority: SHA-256 {fingerprint}")


@gate.command("list")
@data_option
@database_option
def list_command(data_dir: Path, database: str | None) -> None:
    """List the gates that are enrolled, approved or revoked."""
    gates = write(data_dir, database, store.standings)
    click.echo("\n".join(columns([HEADS, *(_row(one) for one in gates)])))


@gate.command("revoke")
@data_option
@database_option
@click.argument("name")
def revoke_command(data_dir: Path, database: str | None, name: str) -> None:
    """From now on take nothing more from the gate NAME. It can be approved again."""
    now = utc_now()

    def work(connection: Connection) -> bool:
        there = store.revoke(connection, name, now)
        if there:
            note(connection, Act(now, operator(), _("revoked a gate"), name))
        return there

    if not write(data_dir, database, work):
        raise click.ClickException(f"no gate {name!r} is enrolled or approved here")
    click.echo(f"{name}: revoked")


def _row(one: GateStanding) -> tuple[str, ...]:
    standing = "revoked" if one.revoked_at else "enrolled" if one.enrolled_at else "approved"
    return (
        one.name,
        standing,
        _shown(one.revoked_at or one.enrolled_at),
        _shown(one.certificate_until),
        "locked" if one.wrong >= MOST_WRONG_CODES else _shown(one.code_until),
        one.evidence_key or "—",
    )


def _shown(time: str | None) -> str:
    return taipei(datetime.fromisoformat(time) if time else None)
