"""`gateway platform`: the central platform."""

import asyncio
import logging
from pathlib import Path

import click
from pydantic import SecretStr, ValidationError

from gateway.commands.platform_accounts import account
from gateway.platform.errors import StartError
from gateway.platform.serve import serve as serve_platform
from gateway.platform.settings import PlatformSettings


@click.group()
def platform() -> None:
    """The central platform."""


platform.add_command(account)


@platform.command()
@click.option(
    "--data",
    "data_dir",
    type=click.Path(path_type=Path),
    default=Path("var/platform"),
    show_default=True,
    help="Folder of the database and the pictures.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; beyond this machine only with a token file."
)
@click.option("--port", type=int, default=8080, show_default=True, help="Port to listen on; 0 takes any free one.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with the token that gates and depots must send.")
@click.option("--database", help="SQLAlchemy address of another database.  [default: one SQLite file in the data folder]")
def serve(*, data_dir: Path, host: str, port: int, token_file: Path | None, database: str | None) -> None:
    """Take orders, serve them to gates, take and show confirmations. Runs until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = PlatformSettings(
            data_dir=data_dir, host=host, port=port, token_file=token_file, database_url=SecretStr(database) if database else None
        )
        asyncio.run(serve_platform(settings, on_ready=lambda address: click.echo(f"platform at {address}")))
    except ValidationError as error:
        first = error.errors()[0]
        raise click.ClickException(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except StartError as error:
        raise click.ClickException(str(error)) from error
