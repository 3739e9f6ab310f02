"""What HTTP cameras were recorded to send, and what goes wrong with it: a picture, or an error that names the cause."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model.clock import utc_now
from gateway.ocr.cameras import CAMERA
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.cameras.multipart import MultipartPictures
from gateway.ocr.errors import CameraError, PictureError
from gateway.ocr.frame import Shot
from gateway.ocr.picture import decode_picture
from tests.corpus import agrees, cases, contents
from tests.ocr.gate import PATIENCE_S
from tests.ocr.test_camera_http import odd_camera, sends

CORPUS = Path(__file__).parent / "corpus"
RECORDED = [contents(path) for path in sorted(CORPUS.glob("*/*"))]


def _looked_at(kind: str, url: str) -> str:
    """Every picture until the camera hangs up, or the first one of a camera that is asked for each. In a thread."""
    camera = CAMERA.validate_python({"type": kind, "name": "rear", "url": url, "stall_s": PATIENCE_S})
    seen = []
    try:
        with closing(camera.source(Clocks(utc_now)).shots()) as shots:
            for shot in shots:
                seen.append(_developed(shot))
                if kind == "snapshot":
                    break
    except CameraError as error:
        seen.append(error.cause.replace(url, "URL"))
    return "; ".join(seen)


def _developed(shot: Shot) -> str:
    try:
        width, height = shot.frame().size
    except PictureError as error:
        return f"({error})"
    return f"{width}×{height}"


async def outcome(kind: str, answer: bytes) -> str:
    """What comes of a camera that gives this answer and hangs up. Anything but a camera's error comes out of here."""
    async with odd_camera(sends(answer)) as url:
        return await asyncio.to_thread(_looked_at, kind, url)


@pytest.mark.parametrize(("kind", "answer", "expected"), cases(Path(__file__).parent))
async def test_it_is_a_picture_or_its_cause_is_named(kind: str, answer: bytes, expected: str) -> None:
    said = await outcome(kind, answer)
    assert agrees(said, expected), said


@given(recorded=st.sampled_from(RECORDED), damage=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=4))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_no_damage_to_a_stream_raises_anything_but_a_picture_error(recorded: bytes, damage: list[tuple[float, bytes]]) -> None:
    stream = bytearray(recorded)
    for place, wrong in damage:
        at = int(place * len(stream))
        stream[at : at + len(wrong)] = wrong
    try:
        for picture in MultipartPictures("frame").feed(bytes(stream)):
            decode_picture(picture)
    except PictureError:
        return


@given(head=st.binary(max_size=60), recorded=st.sampled_from(RECORDED), place=st.floats(0, 1))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
async def test_no_answer_raises_anything_but_a_camera_error(head: bytes, recorded: bytes, place: float) -> None:
    at = int(place * 200)
    for kind in ("snapshot", "mjpeg"):
        assert await outcome(kind, recorded[:at] + head + recorded[at + len(head) :])
