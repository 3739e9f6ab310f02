"""Where a rehearsal's stores and logs lie, and what becomes of them: kept where they were asked for or where something failed."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

import click

from gateway.demo.platform_client import PlatformRefusedError
from gateway.demo.processes import ProcessError


def run_in(folder: Path | None, prefix: str, rehearsal: Callable[[Path], Coroutine[Any, Any, int]]) -> NoReturn:
    """Run to the end or to Ctrl-C and exit with its status. `folder` None: a temporary one that begins with `prefix`."""
    where = folder or Path(tempfile.mkdtemp(prefix=prefix))
    where.mkdir(parents=True, exist_ok=True)
    try:
        status = asyncio.run(rehearsal(where.resolve()))
    except (ProcessError, PlatformRefusedError) as error:
        raise click.ClickException(f"{error}\nLogs are in {where}") from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        status = 0
    if folder is None and status == 0:
        shutil.rmtree(where, ignore_errors=True)
    elif status:
        click.echo(f"Logs are in {where}")
    raise SystemExit(status)
