"""`gateway replay`: recorded video through the code of a live lane, or stored passages decided again from their records."""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway import __version__
from gateway.commands.answers import answer_json
from gateway.commands.archives import folder_option, language_option, store_folder
from gateway.commands.lane_files import camera_or_exit, lane_or_exit, load_or_exit, recorded
from gateway.commands.replay_record import ALL, changes, replay_all, replay_one
from gateway.display.errors import ReportError
from gateway.display.report import FrameNote, ReadNote, ReplayReport, write_report
from gateway.look import i18n
from gateway.look.marks import MARKS, Mark
from gateway.model.clock import TAIPEI, utc_now
from gateway.model.observation import ContainerRead, PlateRead
from gateway.model.transport_order import TransportOrder
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import OcrError
from gateway.ocr.photographs import warm_up
from gateway.ocr.reader import Reader
from gateway.orders.errors import OrdersError
from gateway.orders.orders_file import load_orders_file
from gateway.site.lane_file import LaneConfig, SiteConfig
from gateway.site.video_replay import LookedAt, ReplayedPassage, VideoReplay
from gateway.store.archive import LAST
from gateway.store.pictures import PictureFolder


@click.command()
@click.option(
    "--site", "site_file", type=click.Path(path_type=Path), help="The lane file of the site; with --record, of the store."
)
@click.option("--lane", "lane_name", default="", help="The lane to replay, as it is named in the lane file.")
@click.option(
    "--orders",
    "orders_file",
    type=click.Path(path_type=Path),
    help="R12 messages as a JSON list: the CN orders that the gate would know.",
)
@click.option(
    "--at",
    "start",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M"]),
    help="When the recording began, Taipei time.  [default: the first order's departure; now without orders]",
)
@click.option("--realtime", is_flag=True, help="As fast as it was recorded, instead of as fast as it is read.")
@click.option(
    "--report", "report_folder", type=click.Path(path_type=Path), help="Write an HTML report with pictures into this folder."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a passage, when it ends.")
@click.option(
    "--record",
    "address",
    help="Decide a stored passage again: an id, the beginning of one, `last` (of --lane), or `all`. Status 1 if it differs.",
)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="With --record all: from this day on, Taipei time."
)
@click.option("--rules", "rules", multiple=True, metavar="KEY=VALUE", help="With --record: what would have happened by this rule.")
@click.option("--rules-file", type=click.Path(path_type=Path), help="With --record: rules of a lane (YAML), as in the lane file.")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="With --record: by this policy of seals (YAML).")
@folder_option
@language_option
@click.argument("recordings", nargs=-1, metavar="[CAMERA=FILE]...")
def replay(
    *,
    address: str | None,
    since: datetime | None,
    rules: tuple[str, ...],
    rules_file: Path | None,
    policy_file: Path | None,
    folder: Path | None,
    language: str,
    site_file: Path | None,
    lane_name: str,
    orders_file: Path | None,
    start: datetime | None,
    realtime: bool,
    report_folder: Path | None,
    as_json: bool,
    recordings: tuple[str, ...],
) -> None:
    """Run recorded video through a lane and say what it would have decided.

    Each CAMERA is a camera of the lane; its region and what it reads are taken from the lane file, its pictures from FILE.

    With --record no video is needed: stored passages are decided again from what their lane had seen. The service may be running.
    """
    if address is not None:
        if recordings:
            raise click.UsageError("--record needs no CAMERA=FILE")
        changed = changes(rules, rules_file, policy_file)
        store = store_folder(folder, site_file)
        with i18n.speaking(language):
            begun_at = since.replace(tzinfo=TAIPEI).astimezone(UTC) if since else None
            same = (
                replay_all(store, begun_at, lane_name, changed, as_json)
                if address == ALL
                else replay_one(store, f"{address} {lane_name}" if address == LAST else address, changed, as_json)
            )
        raise SystemExit(0 if same else 1)
    if since or rules or rules_file or policy_file or folder:
        raise click.UsageError("--since, --rules, --rules-file, --policy and --folder go with --record")
    if site_file is None or not lane_name or not recordings:
        raise click.UsageError("a replay needs --site, --lane and CAMERA=FILE, or --record PASSAGE")
    site = load_or_exit(site_file)
    lane = lane_or_exit(site, lane_name)
    cameras = _recordings(lane, recordings)
    try:
        orders = load_orders_file(orders_file) if orders_file else ()
        reader = Reader.load(site.reading.engine, site.reading.threads * site.reading.parallel)  # one read at a time
    except (OrdersError, OcrError) as error:
        raise click.ClickException(str(error)) from error
    warm_up(reader)
    begun = _start(start, orders)
    with ExitStack() as stack:
        pictures = PictureFolder(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-replay-"))))
        replayed = VideoReplay(lane, cameras, reader, pictures.keep, orders, os.urandom, _pace(begun) if realtime else None)
        passages: list[ReplayedPassage] = []
        failure: OcrError | None = None
        try:
            for passage in replayed.run(begun):
                passages.append(passage)
                click.echo(_json(passage) if as_json else _line(passage))
        except OcrError as error:
            failure = error
        if report_folder:
            _report(report_folder, site, lane, recordings, passages, replayed.idle_frames, pictures)
            click.echo(f"report: {report_folder / 'index.html'}", err=True)
    if failure:
        raise click.ClickException(str(failure))


def _recordings(lane: LaneConfig, given: Sequence[str]) -> list[FileCamera]:
    found = []
    for text in given:
        name, separator, path = text.partition("=")
        if not separator or not path:
            raise click.ClickException(f"{text!r}: expected CAMERA=FILE")
        camera = camera_or_exit(lane, name)
        if not Path(path).exists():
            raise click.ClickException(f"{path}: no such file")
        found.append(recorded(camera, Path(path)))
    return found


def _start(given: datetime | None, orders: Sequence[TransportOrder]) -> datetime:
    """A recording says nothing of its day: by default it was made when its orders were to depart."""
    if given is not None:
        return given.replace(tzinfo=TAIPEI).astimezone(UTC)
    return min((order.vehicle.departure_time for order in orders), default=utc_now())


def _pace(start: datetime) -> Callable[[datetime], None]:
    begun = time.monotonic()

    def wait_until(at: datetime) -> None:
        time.sleep(max(0.0, (at - start).total_seconds() - (time.monotonic() - begun)))

    return wait_until


def _json(replayed: ReplayedPassage) -> str:
    passage = replayed.passage
    verdict = passage.verdict
    body: dict[str, Any] = {
        "passage": passage.passage_id,
        "opened_at": passage.opened_at.isoformat(),
        "closed_at": passage.closed_at.isoformat() if passage.closed_at else None,
        **answer_json(passage.answer),
        "order": verdict.orders[0] if verdict and verdict.orders else None,
        "orders": list(verdict.orders) if verdict else [],
        "verdict": verdict.outcome.value if verdict else None,
        "reasons": [reason.value for reason in verdict.reasons] if verdict else [],
        "read_latency_ms": round(replayed.read_latency_ms, 1),
        "frames_read": len(replayed.frames),
    }
    return json.dumps(body, ensure_ascii=False)


def _line(replayed: ReplayedPassage) -> str:
    passage = replayed.passage
    boxes = "  ".join(f"{box.number}{'' if box.accepted else ' ?'}" for box in passage.answer.containers) or "–"
    plates = "  ".join(f"{plate.text}{'' if plate.accepted else ' ?'}" for plate in passage.answer.plates) or "–"
    verdict = passage.verdict
    said = f"{MARKS[Mark(verdict.outcome.value)].symbol} {verdict.outcome}" if verdict else "–"
    reasons = ", ".join(verdict.reasons) if verdict and verdict.reasons else "–"
    orders = ", ".join(verdict.orders) if verdict and verdict.orders else "–"
    return f"{said}  box {boxes}  plate {plates}  order {orders}  reasons {reasons}"


def _report(
    folder: Path,
    site: SiteConfig,
    lane: LaneConfig,
    recordings: Sequence[str],
    passages: Sequence[ReplayedPassage],
    idle: Sequence[LookedAt],
    pictures: PictureFolder,
) -> None:
    frames = sorted(
        [*idle, *(frame for passage in passages for frame in passage.frames)], key=lambda frame: (frame.at, frame.camera)
    )
    report = ReplayReport(
        site=site.name,
        lane=lane.name,
        title_zh=lane.title.zh_TW,
        title_en=lane.title.en,
        clips=tuple(recordings),
        engine=site.reading.engine,
        version=__version__,
        made_at=utc_now(),
        passages=tuple(replayed.passage for replayed in passages),
        frames=tuple(_note(frame) for frame in frames),
        latency_ms={replayed.passage.passage_id: replayed.read_latency_ms for replayed in passages},
    )
    try:
        write_report(folder, report, pictures.read)
    except ReportError as error:
        raise click.ClickException(str(error)) from error


def _note(frame: LookedAt) -> FrameNote:
    return FrameNote(
        camera=frame.camera,
        index=frame.index,
        at=frame.at,
        read_ms=frame.read_ms,
        reads=tuple(_reads(frame.reads)),
        picture=next((read.picture for read in frame.reads if read.picture), ""),
        frame_size=frame.reads[0].frame_size if frame.reads else None,
    )


def _reads(reads: Sequence[ContainerRead | PlateRead]) -> Iterator[ReadNote]:
    for read in reads:
        yield ReadNote(
            kind="container" if isinstance(read, ContainerRead) else "plate",
            text=read.text if isinstance(read, PlateRead) else read.number,
            number=read.number,
            accepted=read.accepted,
            confidence=read.confidence,
            box=read.box,
        )
