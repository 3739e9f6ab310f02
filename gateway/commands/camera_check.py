"""`gateway camera-check`: whether a camera suffices at its mounting, and what to do if it does not."""

import json
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import click

from gateway.commands.lane_files import camera_or_exit, lane_or_exit, load_or_exit, recorded
from gateway.display.errors import ReportError
from gateway.display.mounting_report import MountingReport, write_mounting_report
from gateway.display.mounting_table import verdict_table
from gateway.look import i18n
from gateway.model.clock import utc_now
from gateway.model.device import KeepPicture
from gateway.ocr.cameras.camera import Camera, Clocks
from gateway.ocr.errors import OcrError
from gateway.ocr.mounting.findings import Finding
from gateway.ocr.mounting.looks import FrameLook, Looker
from gateway.ocr.mounting.verdict import MountingVerdict, judge
from gateway.ocr.mounting.watching import LiveWatch, RecordedWatch, Watch
from gateway.ocr.photographs import warm_up
from gateway.ocr.reader import Reader
from gateway.site.lane_file import LaneConfig
from gateway.store.pictures import PictureFolder

CLOCKS: Final = Clocks(utc_now)


@click.command("camera-check")
@click.option("--site", "site_file", type=click.Path(path_type=Path), required=True, help="The lane file of the site.")
@click.option("--lane", "lane_name", required=True, help="The lane of the camera, as it is named in the lane file.")
@click.option(
    "--video",
    type=click.Path(exists=True, path_type=Path),
    help="A recorded video, a folder of pictures or a picture of this camera, in place of the camera itself.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=20,
    show_default=True,
    help="How long to watch; let trucks pass meanwhile.",
)
@click.option(
    "--report", "folder", type=click.Path(path_type=Path), help="Write a page with pictures of what is wrong into this folder."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--language", type=click.Choice(i18n.LANGUAGES), default=i18n.DEFAULT_LANGUAGE, show_default=True, help="Of the table."
)
@click.argument("camera_name", metavar="CAMERA")
def camera_check(
    *,
    site_file: Path,
    lane_name: str,
    video: Path | None,
    seconds: float,
    folder: Path | None,
    as_json: bool,
    language: str,
    camera_name: str,
) -> None:
    """Watch CAMERA and say whether height, angle, sharpness, light and rate of its pictures suffice. Status 1 if they do not."""
    site = load_or_exit(site_file)
    lane = lane_or_exit(site, lane_name)
    camera = camera_or_exit(lane, camera_name)
    watch: Watch = LiveWatch(camera, CLOCKS, seconds)
    if video:
        camera = recording = recorded(camera, video)
        watch = RecordedWatch(recording, CLOCKS, seconds)
    try:
        reader = Reader.load(site.reading.engine, site.reading.threads * site.reading.parallel)  # one read at a time
    except OcrError as error:
        raise click.ClickException(str(error)) from error
    warm_up(reader)
    with ExitStack() as stack:
        pictures = (
            PictureFolder(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-camera-")))) if folder else None
        )
        verdict = _watched(camera, watch, reader, pictures.keep if pictures else _not_kept, seconds)
        if folder and pictures:
            report = MountingReport(
                site=site.name,
                lane=lane.name,
                title_zh=lane.title.zh_TW,
                title_en=lane.title.en,
                camera=camera.name,
                address=camera.address,
                engine=site.reading.engine,
                made_at=utc_now(),
                verdict=verdict,
            )
            _report(folder, report, pictures)
    if as_json:
        click.echo(json.dumps(_as_json(lane, camera, verdict), ensure_ascii=False))
    else:
        with i18n.speaking(language):
            click.echo(f"{lane.name} · {camera.name} · {camera.address}\n{verdict_table(verdict)}")
    sys.exit(0 if verdict.suffices else 1)


def _not_kept(_jpeg: bytes) -> str:
    return ""


def _watched(camera: Camera, watch: Watch, reader: Reader, keep: KeepPicture, seconds: float) -> MountingVerdict:
    """Watch and judge. A camera that gives no usable picture at all is an error, not a verdict."""
    looker = Looker(camera, reader, keep)
    looks: list[FrameLook] = []
    with closing(watch.frames()) as frames:
        for frame, at_s in frames:
            looks.append(looker.look(frame, at_s))
            _progress(looks, at_s, seconds)
    if sys.stderr.isatty():
        click.echo(err=True)
    if not looks:
        raise click.ClickException(str(watch.stream.failure or f"camera {camera.name}: sends no usable picture"))
    return judge(looks, watch.stream, camera)


def _progress(looks: list[FrameLook], at_s: float, seconds: float) -> None:
    """One line that keeps being written over; into a file nothing."""
    if sys.stderr.isatty():
        read = sum(bool(look.numbers) for look in looks)
        latest = next((number.text for look in reversed(looks) for number in look.numbers), "–")
        click.echo(f"\r{at_s:5.1f} / {seconds:g} s   {len(looks)} frames, {read} with a number   {latest:<14}", nl=False, err=True)


def _report(folder: Path, report: MountingReport, pictures: PictureFolder) -> None:
    try:
        page = write_mounting_report(folder, report, pictures.read)
    except ReportError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"report: {page}", err=True)


def _as_json(lane: LaneConfig, camera: Camera, verdict: MountingVerdict) -> dict[str, Any]:
    return {
        "lane": lane.name,
        "camera": camera.name,
        "address": camera.address,
        "suffices": verdict.suffices,
        "failure": verdict.failure or None,
        "seconds": round(verdict.seconds, 2),
        "frames": verdict.frames,
        "picture_size": verdict.picture_size,
        "view_mm": round(verdict.view_mm) if verdict.view_mm else None,
        "unread": list(verdict.unread),
        "numbers": [
            {"kind": number.subject, "number": number.text, "frames": number.frames, "accepted": number.accepted}
            for number in verdict.numbers
        ],
        "criteria": [_finding_json(finding) for finding in verdict.findings],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "criterion": finding.criterion,
        "subject": finding.subject,
        "result": finding.result,
        "value": None if finding.value is None else round(finding.value, 3),
        "unit": finding.limit.unit,
        "needed": finding.limit.needed,
        "wanted": finding.limit.wanted,
        "at_least": finding.limit.at_least,
        "advice": finding.advice,
    }
