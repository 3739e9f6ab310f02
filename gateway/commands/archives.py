"""Where a command finds the gate's past passages, and in which language it answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from gateway.commands.lane_files import load_or_exit
from gateway.look import i18n

Command = TypeVar("Command", bound=Callable[..., Any])

SERVICE_FOLDER: Final = Path("/var/lib/gateway")  # as systemd/gateway.service has it


def folder_option(command: Command) -> Command:
    """`--folder` and `--site`: the store, or the lane file that names it."""
    folder = click.option(
        "--folder",
        type=click.Path(path_type=Path),
        envvar="GATEWAY_STORE",
        help=f"The folder of the gate's store.  [default: what --site names, else {SERVICE_FOLDER}; env GATEWAY_STORE]",
    )
    return folder(command)


def store_folder(folder: Path | None, site_file: Path | None) -> Path:
    """The store that the options name."""
    if folder is not None:
        return folder
    return load_or_exit(site_file).store.folder if site_file else SERVICE_FOLDER


def _known(_context: click.Context, _option: click.Parameter, text: str) -> str:
    language = i18n.known_language(text)
    if language is None:
        raise click.BadParameter("zh or en")
    return language


def language_option(command: Command) -> Command:
    """`--lang zh` or `--lang en`."""
    option = click.option(
        "--lang", "language", metavar="zh|en", default="zh", show_default=True, callback=_known, help="The language of the answer."
    )
    return option(command)
