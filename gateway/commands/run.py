"""`gateway run`: the lanes of one site, as a service."""

import asyncio
import logging
from pathlib import Path

import click

from gateway.commands.lane_files import load_or_exit
from gateway.commands.logs import begin_logging, log_format_option
from gateway.ocr.errors import OcrError
from gateway.seal_reader.errors import SealReaderError
from gateway.site.run import run_site
from gateway.store.errors import StoreError
from gateway.uplink.errors import UplinkError

START_ERRORS = (StoreError, OcrError, SealReaderError, UplinkError, OSError)


@click.command()
@click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
@log_format_option
def run(site_file: Path, log_format: str) -> None:
    """Serve all lanes of a site until told to stop."""
    begin_logging(log_format)
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # an error a try; the gate itself says once that a module is lost
    config = load_or_exit(site_file)
    try:
        asyncio.run(run_site(config))
    except START_ERRORS as error:
        raise click.ClickException(str(error)) from error
