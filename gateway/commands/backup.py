"""`gateway backup` and `gateway restore`: a gate's store in one file, and that file on a new PC."""

from pathlib import Path

import click

from gateway.commands.archives import SERVICE_FOLDER, store_folder
from gateway.commands.explain import printable
from gateway.model.clock import utc_now
from gateway.store.backup import restore_backup, write_backup
from gateway.store.errors import StoreError

_site = click.option("--site", "site_file", type=click.Path(path_type=Path), help="The lane file that names the store.")
_store = click.option(
    "--store",
    "folder",
    type=click.Path(path_type=Path),
    envvar="GATEWAY_STORE",
    help=f"The folder of the store.  [default: what --site names, else {SERVICE_FOLDER}; env GATEWAY_STORE]",
)


@click.command()
@_site
@_store
@click.option("--unsent-pictures", is_flag=True, help="Only the pictures that the platform has not got yet.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(*, site_file: Path | None, folder: Path | None, unsent_pictures: bool, file: Path) -> None:
    """Copy a gate's store into FILE, in place of an older one. The service may be running. The gate's key is in it."""
    try:
        made = write_backup(file, store_folder(folder, site_file), utc_now(), all_pictures=not unsent_pictures)
    except StoreError as error:
        raise click.ClickException(printable(str(error))) from error
    click.echo(f"{file}: gate {made.gate}, {made.pictures} pictures, {made.size / 1e6:.1f} MB; the gate's key is in it")


@click.command()
@_site
@_store
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(*, site_file: Path | None, folder: Path | None, file: Path) -> None:
    """Make the backup FILE the store of this PC. Run it as the service's user, with the clock set and the old PC switched off."""
    place = store_folder(folder, site_file)
    try:
        restored = restore_backup(file, place, utc_now())
    except StoreError as error:
        raise click.ClickException(printable(str(error))) from error
    click.echo(f"{place}: gate {restored.gate} as of {restored.made_at:%Y-%m-%d %H:%M:%SZ}, {restored.pictures} pictures")
    click.echo(f"{restored.waiting} records wait for the platform. The next one is No. {restored.next_sequence}: the platform will")
    click.echo("say that the gate's evidence chain has a gap before it.")
    for sha256 in restored.spoilt:
        click.echo(f"Picture {sha256} is damaged in the backup and was left out", err=True)
