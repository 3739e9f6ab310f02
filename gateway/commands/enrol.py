"""`gateway enrol`: a gate PC gets its certificate from the platform."""

import asyncio
from pathlib import Path

import click

from gateway.commands.lane_files import load_or_exit
from gateway.look.times import taipei
from gateway.model.enrolment_code import EnrolmentCode
from gateway.model.errors import EnrolmentCodeError
from gateway.store.errors import StoreError
from gateway.uplink.enrolment import enrol
from gateway.uplink.errors import UplinkError


@click.command("enrol")
@click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
@click.argument("code")
def enrol_command(site_file: Path, code: str) -> None:
    """Enrol this gate with the one-time CODE of `gateway platform gate approve`. Run it as the service's own user.

    A service that runs takes the certificate without a restart, and renews it by itself from then on.
    """
    site = load_or_exit(site_file)
    if site.platform is None:
        raise click.ClickException(f"{site_file}: the site has no `platform`")
    try:
        identity = asyncio.run(enrol(site.platform, site.store.folder, site.name, EnrolmentCode.parse(code)))
    except (EnrolmentCodeError, UplinkError, StoreError) as error:
        raise click.ClickException(str(error)) from error
    ends = identity.certificate.not_valid_after_utc
    click.echo(f"gate {site.name} is enrolled: {identity.path}")
    click.echo(f"its certificate ends at {taipei(ends)} Taipei time and is renewed from {taipei(identity.renewal_due)} on")
