"""`gateway staff`: who may decide at the exception desk. PINs and badges are asked for on the terminal, never given as words."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
from pydantic import ValidationError

from gateway.commands.lane_files import load_or_exit
from gateway.display.desk.staff import (
    BADGE_LENGTHS,
    Person,
    Role,
    Staff,
    hash_pin,
    normalise_badge,
    pin_problem,
    read_staff,
    write_staff,
)
from gateway.display.errors import StaffFileError
from gateway.look import i18n
from gateway.look.columns import columns
from gateway.look.i18n import _, gettext

HEADS: Final = (_("Staff number"), _("Name"), _("Role"), _("PIN"), _("Badges"))
ROLES: Final = {Role.OFFICER: _("officer"), Role.SUPERVISOR: _("supervisor")}

_site = click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")


@click.group()
def staff() -> None:
    """Those who may decide at the gate's exception desk (例外處理台)."""


@staff.command("add")
@_site
@click.option("--name", required=True, help="The person's name, as records bear it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.OFFICER.value, show_default=True)
@click.option("--badge", "with_badge", is_flag=True, help="Ask for a badge: hold it to a reader that types.")
@click.option("--no-pin", is_flag=True, help="A badge only.")
@click.argument("staff_id")
def add_command(*, site_file: Path, name: str, role: str, with_badge: bool, no_pin: bool, staff_id: str) -> None:
    """Add the person of the staff number STAFF_ID, or set name, role and PIN anew; badges are added to those there."""
    path = _file_of(site_file)
    if no_pin and not with_badge:
        raise click.UsageError("without a PIN a person needs a --badge")
    pin = "" if no_pin else _asked("PIN", pin_problem)
    badge = _asked("Badge", _badge_problem) if with_badge else ""
    there = _staff_of(path)
    known = there.person(staff_id)
    badges = known.badges if known else ()
    if badge and there.badge_hash(badge) not in badges:
        badges = (*badges, there.badge_hash(badge))
    try:
        person = Person(
            staff_id=staff_id, name=name, role=Role(role), pin=hash_pin(pin, os.urandom) if pin else None, badges=badges
        )
        _write(path, there.and_person(person))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'staff'}: {e['msg']}" for e in error.errors(include_input=False))
        raise click.ClickException(wrong) from None
    click.echo(f"{person.called}: {role}")


@staff.command("list")
@_site
@click.option(
    "--language", type=click.Choice(i18n.LANGUAGES), default=i18n.DEFAULT_LANGUAGE, show_default=True, help="Of the table."
)
def list_command(site_file: Path, language: str) -> None:
    """List who may decide, and how each is known."""
    people = _read(_file_of(site_file)).people
    with i18n.speaking(language):
        rows = [
            (one.staff_id, one.name, gettext(ROLES[one.role]), "✓" if one.pin else "–", str(len(one.badges)))
            for one in sorted(people, key=lambda person: person.staff_id)
        ]
        for line in columns([tuple(gettext(head) for head in HEADS), *rows]):
            click.echo(line)


@staff.command("remove")
@_site
@click.argument("staff_id")
def remove_command(site_file: Path, staff_id: str) -> None:
    """Take the person of the staff number STAFF_ID away; it counts at once, without a restart."""
    path = _file_of(site_file)
    there = _read(path)
    person = there.person(staff_id)
    if person is None:
        raise click.ClickException(f"{path}: nobody has the staff number {staff_id}")
    _write(path, there.without(staff_id))
    click.echo(f"{person.called}: removed")


def _asked(what: str, problem: Callable[[str], str]) -> str:
    """Typed twice on the terminal, unseen."""
    answer: str = click.prompt(what, hide_input=True, confirmation_prompt=True).strip()
    if wrong := problem(answer):
        raise click.ClickException(wrong)
    return answer


def _badge_problem(badge: str) -> str:
    if len(badge) in BADGE_LENGTHS and len(normalise_badge(badge)) in BADGE_LENGTHS:
        return ""
    return f"a badge is {BADGE_LENGTHS.start} to {BADGE_LENGTHS.stop - 1} letters and digits"


def _file_of(site_file: Path) -> Path:
    desk = load_or_exit(site_file).desk
    if desk is None:
        raise click.ClickException(f"{site_file}: the site has no `desk`, and so no staff file")
    return desk.staff


def _read(path: Path) -> Staff:
    try:
        return read_staff(path)
    except StaffFileError as error:
        raise click.ClickException(str(error)) from error


def _staff_of(path: Path) -> Staff:
    return _read(path) if path.exists() else Staff.nobody(os.urandom)


def _write(path: Path, people: Staff) -> None:
    try:
        write_staff(path, people)
    except StaffFileError as error:
        raise click.ClickException(str(error)) from error
