"""Several recordings of one lane as one sequence of frames in order of time, as fast as they decode: for replays."""

import heapq
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing
from datetime import datetime, timedelta

from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import CameraError, CameraPictureError, PictureError
from gateway.ocr.frame import Frame

Timed = tuple[FileCamera, Frame]


def merged(cameras: Iterable[FileCamera], start: datetime) -> Generator[Timed]:
    """Frames at each camera's reading rate, earliest first; `frame.at` is `start` plus the position in the recording.

    A damaged recording gives its good frames first, and does not keep the others from giving theirs; then its CameraError is
    raised (of several, the first; the others are its notes).
    """
    failures: list[CameraError] = []
    with ExitStack() as open_recordings:
        sequences = [open_recordings.enter_context(closing(_frames(camera, start, failures))) for camera in cameras]
        yield from heapq.merge(*sequences, key=_time)
    if failures:
        for other in failures[1:]:
            failures[0].add_note(str(other))
        raise failures[0]


def _time(timed: Timed) -> datetime:
    return timed[1].at


def _frames(camera: FileCamera, start: datetime, failures: list[CameraError]) -> Generator[Timed]:
    """One recording's frames at the reading rate. What goes wrong is kept in `failures`."""
    period_s = 1 / camera.frames_per_second
    due_s = 0.0
    unusable: PictureError | None = None
    try:
        with closing(camera.recording().stills()) as stills:
            for index, still in enumerate(stills):
                if still.position_s < due_s - period_s / 100:  # times in a recording are rounded
                    continue
                due_s = max(due_s + period_s, still.position_s)
                try:
                    image = still.develop()
                except PictureError as error:
                    unusable = unusable or error
                    continue
                yield camera, Frame(image, start + timedelta(seconds=still.position_s), index)
    except CameraError as error:
        failures.append(error)
    if unusable:
        failures.append(CameraPictureError(camera.name, str(unusable)))
