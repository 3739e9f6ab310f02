"""What the commands about a platform share: where its data is, and one transaction in its database beside the running service."""

import asyncio
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from pydantic import SecretStr
from sqlalchemy import Connection

from gateway.platform.database import Database
from gateway.platform.errors import Refusal, StartError
from gateway.platform.settings import PlatformSettings

T = TypeVar("T")

data_option = click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path),
    default=Path("var/platform"),
    show_default=True,
    help="Folder of the database, the pictures and the certificates.",
)
database_option = click.option(
    "--database",
    envvar="GATEWAY_PLATFORM_DATABASE",
    show_envvar=True,
    help="PostgreSQL: postgresql://USER@HOST/DATABASE?password_file=FILE.  [default: one SQLite file in the data folder]",
)


def operator() -> str:
    """Who is at the command line, as the audit trail has it."""
    return f"command line ({getpass.getuser()})"


def write(data_dir: Path, database: str | None, work: Callable[[Connection], T]) -> T:
    """One transaction in the platform's database, which is brought up to date before. The platform may run meanwhile."""

    async def run() -> T:
        there = Database(PlatformSettings(data_dir=data_dir, database_url=SecretStr(database) if database else None).url)
        await there.open()
        try:
            return await there.write(work)
        finally:
            await there.close()

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return asyncio.run(run())
    except OSError as error:
        raise click.ClickException(f"data folder {data_dir}: {error.strerror}") from error
    except (StartError, Refusal) as error:
        raise click.ClickException(str(error)) from error
