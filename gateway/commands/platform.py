"""`gateway platform`: the central platform, its accounts and keys, and the gates that belong to it."""

import asyncio
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr, ValidationError

from gateway.commands.logs import begin_logging, log_format_option
from gateway.commands.platform_accounts import account
from gateway.commands.platform_database import data_option, database_option
from gateway.commands.platform_gates import gate
from gateway.commands.platform_keys import key
from gateway.commands.platform_orders import orders
from gateway.platform.errors import StartError
from gateway.platform.serve import serve as serve_platform
from gateway.platform.settings import PlatformSettings


@click.group()
def platform() -> None:
    """The central platform."""


platform.add_command(account)
platform.add_command(gate)
platform.add_command(orders)
platform.add_command(key)


@platform.command()
@data_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; beyond this machine only with a token file and TLS.",
)
@click.option("--port", type=int, default=8080, show_default=True, help="Port to listen on; 0 takes any free one.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with the token that gates and depots must send.")
@click.option(
    "--tls-name",
    "tls_names",
    multiple=True,
    help="Speak TLS under this name or address, with a certificate of the platform's own authority. May be given several times.",
)
@click.option("--tls-certificate", type=click.Path(path_type=Path), help="Speak TLS with this certificate and its chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The private key of that certificate (PEM).")
@click.option("--behind-tls-proxy", is_flag=True, help="A proxy before it speaks TLS: allow clear text beyond this machine.")
@click.option("--require-certificates", is_flag=True, help="Gates come by their certificates only, no longer by the token.")
@click.option(
    "--webhook-network",
    "webhook_networks",
    multiple=True,
    help="Network to which webhooks may lead beside the public internet, like 192.0.2.0/24. May be given several times.",
)
@log_format_option
@database_option
def serve(*, database: str | None, log_format: str, **given: Any) -> None:
    """Take orders, serve them to gates, take and show confirmations. Runs until it is told to stop."""
    begin_logging(log_format)
    try:
        settings = PlatformSettings(database_url=SecretStr(database) if database else None, **given)
        asyncio.run(serve_platform(settings, on_ready=lambda address: click.echo(f"platform at {address}")))
    except ValidationError as error:
        first = error.errors()[0]
        raise click.ClickException(f"{': '.join(filter(None, ('.'.join(map(str, first['loc'])), first['msg'])))}") from None
    except StartError as error:
        raise click.ClickException(str(error)) from error
