"""`gateway check`: every configured device in one table, or a test of the lamps, or of the I/O modules' watchdogs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from gateway.commands.lane_files import load_or_exit
from gateway.look.columns import columns
from gateway.model.clock import utc_now
from gateway.model.device import DeviceReport
from gateway.site.checks import check_site
from gateway.site.lane_file import SiteConfig
from gateway.site.signal_tests import out_of_service, try_lights, try_watchdogs
from gateway.store.errors import StoreError

HEADS: Final = ("", "device", "type", "address", "ms", "what it is", "remark")


@click.command()
@click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
@click.option("--lights", is_flag=True, help="Show red, amber and green at each lane in turn; only while `gateway run` does not.")
@click.option(
    "--watchdog",
    is_flag=True,
    help="Fall silent and see whether each I/O module makes itself safe; only while `gateway run` does not.",
)
def check(site_file: Path, lights: bool, watchdog: bool) -> None:
    """Open each configured device, say what it is and whether it answers. Status 1 if one does not.

    With --lights or --watchdog the lamps and the I/O modules' watchdogs are tried instead. No barrier is opened.
    """
    site = load_or_exit(site_file)
    if lights or watchdog:
        _print(_try(site, lights, watchdog), "tests", "passed")
    else:
        _print(asyncio.run(check_site(site, utc_now)), "devices", "answer")


def _try(site: SiteConfig, lights: bool, watchdog: bool) -> tuple[DeviceReport, ...]:
    async def tried() -> tuple[DeviceReport, ...]:
        reports = await try_lights(site, utc_now, asyncio.sleep) if lights else ()
        return reports + (await try_watchdogs(site, asyncio.sleep) if watchdog else ())

    try:
        with out_of_service(site):
            return asyncio.run(tried())
    except StoreError as error:
        raise click.ClickException(str(error)) from error


def _print(reports: Sequence[DeviceReport], what: str, done: str) -> None:
    """The table and its sum; ends the command with status 1 if something failed."""
    click.echo("\n".join(columns([HEADS, *(_row(report) for report in reports)])))
    failed = [report.device for report in reports if not report.answers]
    click.echo(f"{len(reports) - len(failed)} of {len(reports)} {what} {done}" + (f"; not: {', '.join(failed)}" if failed else ""))
    raise SystemExit(1 if failed else 0)


def _row(report: DeviceReport) -> tuple[str, ...]:
    mark = "●" if report.answers else "✕"
    return (
        mark,
        report.device,
        report.type,
        report.address,
        f"{report.elapsed_ms:.0f}",
        report.identity or "–",
        report.detail or "–",
    )
