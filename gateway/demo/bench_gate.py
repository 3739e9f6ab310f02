"""The gate as `gateway run` serves it, but that its clock can be set, and that it reads placards where it is told to.

`python -m gateway.demo.bench_gate SITE [--placards]`. Each line on its standard input is by how many seconds its clock is ahead of
the true time from then on. Everything else is the gate's own.
"""

import asyncio
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click

from gateway.model.clock import utc_now
from gateway.simulator.placards import PlacardReader
from gateway.site.lane_file import load_site
from gateway.site.run import run_site

STDIN: Final = 0


class SettableClock:
    """A gate PC's clock, as somebody sets it."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def set_by(self, line: str) -> None:
        self._ahead = timedelta(seconds=float(line))


async def serve(site_file: Path, placards: bool) -> None:
    clock = SettableClock()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        told = os.read(STDIN, 4096).decode()
        if told:
            clock.set_by(told.splitlines()[-1])
        else:
            loop.remove_reader(STDIN)  # whoever sets it is gone

    loop.add_reader(STDIN, listen)
    await run_site(load_site(site_file), clock, PlacardReader() if placards else None)


@click.command()
@click.argument("site_file", type=click.Path(path_type=Path))
@click.option("--placards", is_flag=True)
def main(site_file: Path, placards: bool) -> None:
    """Serve a rehearsed site until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    asyncio.run(serve(site_file, placards))


if __name__ == "__main__":
    main()
