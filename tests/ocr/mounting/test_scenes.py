"""A rendered gate lane, its camera mounted well and badly: the criterion that is to blame is named.

The well mounted camera is read by the real reader once; for the others it is told where the same number has gone to, so that these
tests say what the measuring makes of a bad picture, not whether the reader still copes with it.
"""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.model.clock import utc_now
from gateway.model.observation import Quad
from gateway.ocr.cameras.camera import Kind
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.eye import Reads
from gateway.ocr.frame import Frame, Image
from gateway.ocr.mounting.limits import Criterion, Result
from gateway.ocr.mounting.looks import Looker
from gateway.ocr.mounting.verdict import MountingVerdict, judge
from gateway.ocr.mounting.watching import Stream
from gateway.ocr.reader import Reader
from gateway.simulator.scene import Light, Scene, View
from tests.clip import truck
from tests.ocr.mounting.seen import KnowingReader

CAMERA = FileCamera.model_validate({"name": "side", "path": "none", "reads": [Kind.CONTAINERS]})
TRUCK = truck()
FRAME: Image = Scene(View.SIDE, Light.DAY, (1280, 720), 1).frame(TRUCK, 0.5, 1)
MIDDLE = (860.0, 120.0)  # of the number, where the camera is turned about

Change = Callable[[Image, Quad], tuple[Image, Quad]]


def verdict_on(image: Image, reader: Reads) -> MountingVerdict:
    look = Looker(CAMERA, reader, lambda jpeg: "").look(Frame(image, utc_now(), 0), 0.0)
    return judge([look], Stream([index / 10 for index in range(20)], looked_at=1), CAMERA)


def failing(verdict: MountingVerdict) -> set[Criterion]:
    return {finding.criterion for finding in verdict.findings if finding.result is Result.FAILS}


@pytest.fixture(scope="module")
def good() -> MountingVerdict:
    return verdict_on(FRAME, Reader.load(threads=2))


@pytest.fixture(scope="module")
def place(good: MountingVerdict) -> Quad:
    (number,) = good.typical.numbers
    return number.quad


def moved(transform: NDArray[np.float64]) -> Change:
    def change(image: Image, quad: Quad) -> tuple[Image, Quad]:
        seen = cv2.warpAffine(image, transform, (1280, 720), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        corners = np.array(quad) @ transform[:, :2].T + transform[:, 2]
        return np.asarray(seen, np.uint8), tuple((float(x), float(y)) for x, y in corners)  # type: ignore[return-value]

    return change


def scaled(share: float) -> Change:
    def change(image: Image, quad: Quad) -> tuple[Image, Quad]:
        seen = np.asarray(cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
        return seen, tuple((x * share, y * share) for x, y in quad)  # type: ignore[return-value]

    return change


def shown(change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Change:
    """The same view, its grey levels changed."""
    return lambda image, quad: (np.clip(change(image.astype(np.float64)), 0, 255).astype(np.uint8), quad)


def filtered(kernel: NDArray[np.float64]) -> Change:
    return lambda image, quad: (np.asarray(cv2.filter2D(image, -1, kernel), np.uint8), quad)


def leaning(degrees: float) -> NDArray[np.float64]:
    lean = np.tan(np.radians(degrees))
    return np.array([[1, -lean, lean * MIDDLE[1]], [0, 1, 0]])


def coarse(image: Image, quad: Quad) -> tuple[Image, Quad]:
    jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 4])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8), quad


MOVING = np.zeros((9, 9))
MOVING[4] = 1 / 9
SOFT = np.asarray(cv2.getGaussianKernel(31, 4.5) @ cv2.getGaussianKernel(31, 4.5).T, np.float64)


def test_a_well_mounted_camera_suffices(good: MountingVerdict) -> None:
    assert good.suffices, failing(good)
    assert [number.text for number in good.numbers] == [TRUCK.boxes[0].number]


@pytest.mark.parametrize(
    ("change", "criterion"),
    [
        (scaled(0.45), Criterion.CHARACTER_HEIGHT),
        (scaled(0.3), Criterion.PICTURE_WIDTH),
        (moved(np.array([[0.4, 0, 200], [0, 0.4, 150]])), Criterion.CHARACTER_HEIGHT),
        (shown(lambda grey: grey * 0.1), Criterion.CONTRAST),
        (shown(lambda grey: grey * 0.1 + 110), Criterion.CONTRAST),
        (shown(lambda grey: grey * 5), Criterion.CONTRAST),
        (filtered(SOFT), Criterion.SHARPNESS),
        (moved(np.asarray(cv2.getRotationMatrix2D(MIDDLE, 25, 1.0), np.float64)), Criterion.ROTATION),
        (moved(leaning(36)), Criterion.SLANT),
        (moved(np.array([[0.35, 0, 500], [0, 1.0, 0]])), Criterion.SLIMNESS),
        (coarse, Criterion.COMPRESSION),
    ],
    ids=["small", "few pixels", "far", "dark", "hazy", "bleached", "blurred", "turned", "leaning", "aside", "compressed"],
)
def test_a_badly_mounted_camera_is_told_why(change: Change, criterion: Criterion, place: Quad) -> None:
    image, quad = change(FRAME, place)
    verdict = verdict_on(image, KnowingReader(quad))
    assert criterion in failing(verdict)
    assert not verdict.suffices


def test_motion_costs_sharpness_along_the_number(place: Quad, good: MountingVerdict) -> None:
    image, quad = filtered(MOVING)(FRAME, place)
    (number,) = verdict_on(image, KnowingReader(quad)).typical.numbers
    (still,) = good.typical.numbers
    assert number.lettering.edge_along
    assert still.lettering.edge_along
    assert number.lettering.edge_along > 1.5 * still.lettering.edge_along
    assert number.lettering.edge_across == pytest.approx(still.lettering.edge_across, rel=0.35)


def test_a_lane_in_the_dark_is_judged_by_its_picture() -> None:
    verdict = verdict_on((FRAME * 0.05).astype(np.uint8), KnowingReader(None))
    assert failing(verdict) == {Criterion.BRIGHTNESS}
    assert not verdict.suffices


def test_the_region_and_the_kind_of_the_lane_file_are_what_is_read() -> None:
    camera = FileCamera.model_validate(CAMERA.model_dump() | {"region": {"x": 0.5, "width": 0.5}, "reads": ["plates"]})
    reader = KnowingReader(None)
    Looker(camera, reader, lambda jpeg: "").look(Frame(FRAME, utc_now(), 0), 0.0)
    assert reader.asked == [((720, 640, 3), "plates")]
