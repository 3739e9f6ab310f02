"""`gateway platform orders`: hand in orders and find them, over the platform's interface as any other program does."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from gateway.client import Access, Client, ClientError, RefusedError
from gateway.client.access import read_token

T = TypeVar("T")


@click.group()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Address of the platform.")
@click.option("--token-file", type=click.Path(path_type=Path), help="File with a program's key, or the platform's token.")
@click.option("--ca-file", type=click.Path(path_type=Path), help="What signed the platform's certificate (PEM).")
@click.pass_context
def orders(context: click.Context, url: str, token_file: Path | None, ca_file: Path | None) -> None:
    """Hand in orders, and find them."""
    try:
        context.obj = Access(url, token=read_token(token_file) if token_file else "", ca_file=ca_file)
    except ClientError as error:
        raise click.ClickException(str(error)) from None


@orders.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def send(access: Access, files: tuple[Path, ...]) -> None:
    """Hand in the R12 messages of JSON FILES, each one message or a list of them. Exit status 1 if one was refused."""
    messages = [(f"{file} {place}", message) for file in files for place, message in enumerate(_messages(file), 1)]
    refused = _run(access, lambda platform: _send_all(platform, messages))
    if refused:
        raise click.ClickException(f"{refused} of {len(messages)} refused")


@orders.command("list")
@click.option("--q", default="", help="Part of an order number, box, plate or driver's name.")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="How many at most.")
@click.pass_obj
def list_orders(access: Access, q: str, most: int) -> None:
    """Print orders, the newest first."""
    _run(access, lambda platform: _list(platform, q, most))


def _messages(file: Path) -> list[Mapping[str, Any]]:
    try:
        read = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise click.ClickException(f"{file}: {error}") from None
    messages = read if isinstance(read, list) else [read]
    if not all(isinstance(one, dict) for one in messages):
        raise click.ClickException(f"{file}: wants one JSON object, or a list of them")
    return messages


async def _send_all(platform: Client, messages: list[tuple[str, Mapping[str, Any]]]) -> int:
    """How many were refused."""
    refused = 0
    for name, message in messages:
        try:
            receipt = await platform.send_order(message)
        except RefusedError as error:
            refused += 1
            click.echo(f"{name}: refused: {error}")
        else:
            click.echo(f"{name}: {receipt.order_number} {'was here already' if receipt.repeated else 'stored'}")
            for warning in receipt.warnings:
                click.echo(f"{name}: {warning.field}: {warning.message}")
    return refused


async def _list(platform: Client, q: str, most: int) -> None:
    left = most
    async for state in platform.orders(direction="newest", q=q):
        order = state.order
        click.echo(
            f"{order.order_number}  {order.container.number if order.container else '-'}  {order.vehicle.plate}  {state.state}"
        )
        left -= 1
        if not left:
            return


def _run(access: Access, work: Callable[[Client], Awaitable[T]]) -> T:
    async def with_client() -> T:
        async with Client.opened(access) as platform:
            return await work(platform)

    try:
        return asyncio.run(with_client())
    except ClientError as error:
        raise click.ClickException(str(error)) from None
