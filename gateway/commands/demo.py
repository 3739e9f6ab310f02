"""`gateway demo`: the whole thing on one machine, with simulated trucks."""

import asyncio
import logging
import signal
import time
from pathlib import Path

import click

from gateway.commands.lane_files import load_or_exit
from gateway.commands.rehearsal_folder import run_in
from gateway.demo.demonstration import Demonstration, DemoSettings
from gateway.demo.desk_person import LOGIN, STAFF_ID
from gateway.demo.table import table
from gateway.model.clock import utc_now

DEFAULT_SITE = Path("lane_config/kaohsiung-ct4-b116.yaml")


@click.command()
@click.option(
    "--trucks", type=click.IntRange(1, 10_000), help="Run this many trucks, print a table, and end. Without it: run until Ctrl-C."
)
@click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path),
    default=DEFAULT_SITE,
    show_default=True,
    help="The lane file to rehearse.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same trucks.")
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder for stores and logs; kept.  [default: a temporary one, removed]",
)
@click.option("--platform-outage", is_flag=True, help="Kill the platform half-way and start it again after the last truck.")
def demo(*, trucks: int | None, site_file: Path, seed: int, folder: Path | None, platform_outage: bool) -> None:
    """Start the platform, one gate and simulated trucks: everything on this machine, nothing to install."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    site = load_or_exit(site_file)
    run_in(folder, "gateway-demo-", lambda where: _run(DemoSettings(site, where, seed, trucks, platform_outage)))


async def _run(settings: DemoSettings) -> int:
    begun = time.monotonic()
    task = asyncio.current_task()
    if task:  # told to stop, it stops what it started, too
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    click.echo("starting the platform, the gate and the simulator …")
    async with Demonstration.running(settings, utc_now) as demo:
        click.echo(f"gate screen  閘口畫面  {demo.parts.screen_url}")
        click.echo(f"platform     中央平台  {demo.parts.platform_url}")
        click.echo(f"folder       資料夾    {settings.folder}")
        if demo.parts.pin:
            click.echo(f"to decide    例外處理  staff number 員工編號 {STAFF_ID}, PIN {demo.parts.pin} (of this run only 僅限本次)")
            click.echo(
                f"  from afar  遠端處理  {demo.parts.platform_url}/desk  login 帳號 {LOGIN}, password 密碼 {demo.parts.password}"
            )
        click.echo()
        if settings.trucks is None:
            click.echo("All trucks and devices are simulated. Ctrl-C ends.  車輛與設備皆為模擬，按 Ctrl-C 結束。")
            await demo.endless(click.echo)
            return 0
        rows = await demo.unattended(settings.trucks, click.echo)
        memory = demo.parts.gate.peak_memory_mib()
    good = sum(not row.problem for row in rows)
    click.echo(f"\n{table(rows)}\n")
    click.echo(f"{good} of {len(rows)} passages ended as the scenario says (simulated trucks), in {time.monotonic() - begun:.1f} s")
    if memory:
        click.echo(f"peak memory of the gate's process: {memory:.0f} MiB")
    return 0 if good == len(rows) == settings.trucks else 1
