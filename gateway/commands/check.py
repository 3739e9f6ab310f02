"""`gateway check`: every configured device in one table."""

import asyncio
from pathlib import Path
from typing import Final

import click

from gateway.commands.lane_files import load_or_exit
from gateway.look.columns import columns
from gateway.model.clock import utc_now
from gateway.model.device import DeviceReport
from gateway.site.checks import check_site

HEADS: Final = ("", "device", "type", "address", "ms", "what it is", "remark")


@click.command()
@click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
def check(site_file: Path) -> None:
    """Open each configured device, say what it is and whether it answers. Status 1 if one does not."""
    site = load_or_exit(site_file)
    reports = asyncio.run(check_site(site, utc_now))
    click.echo("\n".join(columns([HEADS, *(_row(report) for report in reports)])))
    silent = [report.device for report in reports if not report.answers]
    click.echo(f"{len(reports) - len(silent)} of {len(reports)} devices answer" + (f"; not: {', '.join(silent)}" if silent else ""))
    raise SystemExit(1 if silent else 0)


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
