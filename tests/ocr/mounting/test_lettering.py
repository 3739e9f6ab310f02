"""Lettering is measured as it stands in the picture: height, turn, lean, width, blur, light; on painted numbers of known size."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.model.observation import Quad
from gateway.ocr.frame import Image
from gateway.ocr.mounting.lettering import Lettering, measure
from tests.ocr.mounting.seen import NUMBER
from tests.ocr.painted import BLACK, WHITE, plate, steel, write, write_down

SCALE = 1.36
PLACE: Quad = ((240.0, 140.0), (560.0, 140.0), (560.0, 215.0), (240.0, 215.0))


def cap(scale: float) -> float:
    """How high a capital is when it is painted, pixels."""
    painted = np.zeros((200, 200, 3), np.uint8)
    write(painted, "H", 20, 150, scale)
    return float((painted.max(axis=(1, 2)) > 120).sum())


def wall(colour: tuple[int, int, int] = (60, 50, 130), ink: tuple[int, int, int] = WHITE, corrugated: bool = False) -> Image:
    painted = steel(colour=colour, corrugated=corrugated)
    write(painted, "TEMU 922135", 250, 200, SCALE, ink)
    return painted


def seen(picture: Image, transform: NDArray[np.float64] | None = None, quad: Quad = PLACE) -> Lettering:
    """The painted wall, put through a camera that stands somewhere else."""
    if transform is None:
        return measure(picture, quad, len(NUMBER) - 1)
    moved = cv2.warpAffine(picture, transform, (960, 540), borderMode=cv2.BORDER_REPLICATE)
    corners = np.array(quad) @ transform[:, :2].T + transform[:, 2]
    return measure(np.asarray(moved, np.uint8), tuple((float(x), float(y)) for x, y in corners), len(NUMBER) - 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("corrugated", [False, True])
@pytest.mark.parametrize(("colour", "ink"), [((60, 50, 130), WHITE), ((200, 205, 200), BLACK)], ids=["light ink", "dark ink"])
def test_the_height_is_that_of_the_characters_not_of_the_quad(
    colour: tuple[int, int, int], ink: tuple[int, int, int], corrugated: bool
) -> None:
    lettering = seen(wall(colour, ink, corrugated))
    assert lettering.height == pytest.approx(cap(SCALE), rel=0.1)
    assert lettering.rotation == 0
    assert lettering.slant == pytest.approx(0, abs=2)


@pytest.mark.parametrize("scale", [2.0, 0.6, 0.4])
def test_the_height_shrinks_with_the_picture(scale: float) -> None:
    lettering = seen(wall(), np.array([[scale, 0, 0], [0, scale, 0]]))
    assert lettering.height == pytest.approx(cap(SCALE) * scale, rel=0.12)


def test_two_lines_are_measured_by_the_line() -> None:
    picture = steel()
    write(picture, "TEMU", 250, 160)
    write(picture, "922135 3", 250, 225)
    lettering = measure(picture, ((240.0, 105.0), (520.0, 105.0), (520.0, 245.0), (240.0, 245.0)), 11)
    assert lettering.height == pytest.approx(cap(1.6), rel=0.1)


def test_a_column_of_stacked_characters() -> None:
    picture = steel(760, 720)
    write_down(picture, "TCNU 622536 0", 300, 80)
    lettering = measure(picture, ((290.0, 40.0), (350.0, 40.0), (350.0, 575.0), (290.0, 575.0)), 11)
    assert lettering.height == pytest.approx(cap(1.3), rel=0.15)
    assert lettering.rotation == 0


def test_plates() -> None:
    picture = steel(colour=(70, 70, 75))
    plate(picture, "KLA-1235", 320, 300)
    lettering = measure(picture, ((330.0, 315.0), (610.0, 315.0), (610.0, 395.0), (330.0, 395.0)), 7)
    assert lettering.height == pytest.approx(cap(1.7), rel=0.12)
    assert lettering.contrast == pytest.approx(215, abs=25)


@pytest.mark.parametrize("degrees", [-25, -8, 8, 25])
def test_a_turned_camera_shows_in_the_line(degrees: float) -> None:
    lettering = seen(wall(), np.asarray(cv2.getRotationMatrix2D((400, 180), -degrees, 1.0), np.float64))
    assert lettering.rotation == pytest.approx(degrees, abs=1)
    assert lettering.slant == pytest.approx(0, abs=3)


@pytest.mark.parametrize("degrees", [-25, -10, 10, 25])
def test_a_camera_aside_shows_in_the_lean_of_the_stems_whatever_the_quad(degrees: float) -> None:
    lean = np.tan(np.radians(degrees))
    transform = np.array([[1.0, -lean, lean * 180], [0.0, 1.0, 0.0]])
    following = seen(wall(), transform)  # a quad that leans with the number
    moved = np.asarray(cv2.warpAffine(wall(), transform, (960, 540), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    upright = measure(moved, ((220.0, 140.0), (580.0, 140.0), (580.0, 215.0), (220.0, 215.0)), 10)
    assert following.slant == pytest.approx(degrees, abs=3)
    assert upright.slant == pytest.approx(degrees, abs=3)
    assert upright.slimness == pytest.approx(seen(wall()).slimness, rel=0.25)  # leaning does not make them wider


def test_a_view_from_far_aside_presses_the_characters_together() -> None:
    straight, pressed = seen(wall()), seen(wall(), np.array([[0.5, 0, 0], [0, 1.0, 0]]))
    assert straight.slimness
    assert pressed.slimness == pytest.approx(straight.slimness / 2, rel=0.15)


def test_blur_widens_the_edges_and_motion_only_those_that_it_crosses() -> None:
    big, quad = steel(), ((40.0, 100.0), (720.0, 100.0), (720.0, 225.0), (40.0, 225.0))
    write(big, "TEMU 922135", 60, 200, 2.8)
    streak = np.zeros((9, 9))
    streak[4] = 1 / 9
    sharp = seen(big, quad=quad)
    blurred = seen(np.asarray(cv2.GaussianBlur(big, (0, 0), 3), np.uint8), quad=quad)
    moved = seen(np.asarray(cv2.filter2D(big, -1, streak), np.uint8), quad=quad)
    assert sharp.edge
    assert blurred.edge
    assert sharp.edge < 3
    assert blurred.edge > 4
    assert moved.edge_along
    assert moved.edge_across
    assert moved.edge_along > 1.6 * moved.edge_across


def test_noise_is_not_taken_for_sharpness() -> None:
    big, quad = steel(), ((40.0, 100.0), (720.0, 100.0), (720.0, 225.0), (40.0, 225.0))
    write(big, "TEMU 922135", 60, 200, 2.8)
    soft = np.asarray(cv2.GaussianBlur(big, (0, 0), 3), np.uint8)
    noise = np.random.default_rng(1).normal(0, 15, soft.shape)
    calm, noisy = seen(soft, quad=quad), seen(np.clip(soft + noise, 0, 255).astype(np.uint8), quad=quad)
    assert calm.edge
    assert noisy.edge == pytest.approx(calm.edge, rel=0.08)


def test_light_is_measured_on_ink_and_ground() -> None:
    ground, ink = 74, 240
    lettering = seen(wall())
    assert lettering.ink == pytest.approx(ink, abs=3)
    assert lettering.ground == pytest.approx(ground, abs=3)
    dark = seen((wall() * 0.1).astype(np.uint8))
    assert dark.contrast == pytest.approx(0.1 * (ink - ground), abs=2)
    bleached = seen(np.clip(wall().astype(np.int16) * 4, 0, 255).astype(np.uint8))
    assert bleached.clipped > 0.1
    assert lettering.clipped == 0


def test_a_place_without_characters_says_so() -> None:
    lettering = measure(steel(), PLACE, 11)
    assert (lettering.height, lettering.edge, lettering.contrast, lettering.slant) == (None, None, None, None)


@pytest.mark.parametrize("place", [((0, 0), (1, 0), (1, 1), (0, 1)), ((900, 500), (1100, 500), (1100, 700), (900, 700))])
def test_a_quad_of_a_pixel_or_beyond_the_picture_is_survived(place: Quad) -> None:
    assert measure(wall(), place, 11).height is None
