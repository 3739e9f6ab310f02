"""Lane files on the command line: load, find a lane and its cameras, or say what is wrong; `gateway config`."""

from pathlib import Path

import click

from gateway.ocr.cameras.camera import Camera
from gateway.ocr.cameras.file import FileCamera
from gateway.site.lane_file import LaneConfig, LaneFileError, SiteConfig, load_site, schema


def load_or_exit(path: Path) -> SiteConfig:
    """The checked lane file; otherwise every problem with its file and line, and exit status 1."""
    try:
        return load_site(path)
    except LaneFileError as error:
        raise click.ClickException("\n".join(error.problems)) from error


def lane_or_exit(site: SiteConfig, name: str) -> LaneConfig:
    """The lane of this name; otherwise the names that there are, and exit status 1."""
    found = next((lane for lane in site.lanes if lane.name == name), None)
    if found is None:
        raise click.ClickException(f"site {site.name} has no lane {name!r}; it has {', '.join(lane.name for lane in site.lanes)}")
    return found


def camera_or_exit(lane: LaneConfig, name: str) -> Camera:
    """The lane's camera of this name; otherwise the names that there are, and exit status 1."""
    found = next((camera for camera in lane.cameras if camera.name == name), None)
    if found is None:
        has = ", ".join(camera.name for camera in lane.cameras) or "none"
        raise click.ClickException(f"lane {lane.name} has no camera {name!r}; it has {has}")
    return found


def recorded(camera: Camera, recording: Path) -> FileCamera:
    """A recording in the camera's place, as fast as it decodes: how it is watched stays as the lane file says."""
    watching = {key: getattr(camera, key) for key in Camera.model_fields if key != "type"}
    return FileCamera(path=recording, realtime=False, **watching)


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
