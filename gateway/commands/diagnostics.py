"""`gateway diagnostics`: what support needs to know of a site, in one file without secrets."""

from pathlib import Path

import click

from gateway.model.clock import utc_now
from gateway.site.diagnostics import write_diagnostics


@click.command()
@click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def diagnostics(site_file: Path, file: Path | None) -> None:
    """Write versions, the lane file, the store in numbers and the log's latest lines into FILE, for support.

    No secret goes in, no order and no picture; no device is opened, and the service may be running.
    """
    now = utc_now()
    path = file or Path(f"{site_file.stem}-{now:%Y%m%dT%H%M%SZ}.diagnostics.zip")
    try:
        write_diagnostics(path, site_file, now)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from error
    click.echo(str(path))
