"""Lane files on the command line: load or say what is wrong; `gateway config`."""

from pathlib import Path

import click

from gateway.site.lane_file import LaneFileError, SiteConfig, load_site, schema


def load_or_exit(path: Path) -> SiteConfig:
    """The checked lane file; otherwise every problem with its file and line, and exit status 1."""
    try:
        return load_site(path)
    except LaneFileError as error:
        raise click.ClickException("\n".join(error.problems)) from error


@click.group()
def config() -> None:
    """Check lane files, and describe them to editors."""


@config.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check lane files without opening any device."""
    failed = False
    for path in paths:
        try:
            site = load_site(path)
        except LaneFileError as error:
            failed = True
            click.echo("\n".join(error.problems), err=True)
        else:
            click.echo(f"{path}: {site.name}, {len(site.lanes)} lanes")
    raise SystemExit(1 if failed else 0)


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of lane files, for editors that check while you type."""
    click.echo(schema())
