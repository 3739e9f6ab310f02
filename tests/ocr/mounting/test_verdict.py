"""From measurements to a verdict: what fails, what to do, which frame shows it, and what the verdict does not rest on."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ocr.cameras.camera import Kind, Region
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import CameraEndedError
from gateway.ocr.mounting.findings import Advice, Finding
from gateway.ocr.mounting.lettering import Lettering
from gateway.ocr.mounting.limits import Criterion, Result
from gateway.ocr.mounting.looks import FrameLook, Subject
from gateway.ocr.mounting.verdict import MountingVerdict, judge
from gateway.ocr.mounting.watching import Stream
from tests.ocr.mounting.seen import GOOD, NUMBER, PICTURE, frame_look, number_look

CAMERA = FileCamera(name="rear", path=Path("none"), reads=(Kind.CONTAINERS,))
STEADY = tuple(index / 10 for index in range(20))


def judged(*looks: FrameLook, camera: FileCamera = CAMERA, stream: Stream | None = None) -> MountingVerdict:
    return judge(looks, stream or Stream(list(STEADY), looked_at=len(looks)), camera)


def finding(verdict: MountingVerdict, criterion: Criterion) -> Finding:
    (found,) = [found for found in verdict.findings if found.criterion is criterion]
    return found


def failing(verdict: MountingVerdict) -> set[Criterion]:
    return {found.criterion for found in verdict.findings if found.result is Result.FAILS}


def test_a_good_mounting_suffices() -> None:
    verdict = judged(*(frame_look(index, number_look()) for index in range(4)))
    assert verdict.suffices
    assert {found.result for found in verdict.findings} == {Result.GOOD}
    assert all(found.advice is Advice.NOTHING for found in verdict.findings)
    assert [(number.text, number.frames, number.accepted) for number in verdict.numbers] == [(NUMBER, 4, 4)]
    assert verdict.view_mm == pytest.approx(1280 * 100 / 36)


@pytest.mark.parametrize(
    ("lettering", "criterion", "advice"),
    [
        (replace(GOOD, height=15.0, edge_along=1.0, edge_across=1.2), Criterion.CHARACTER_HEIGHT, Advice.ZOOM_IN),
        (replace(GOOD, rotation=-24.0), Criterion.ROTATION, Advice.LEVEL),
        (replace(GOOD, slant=-33.0), Criterion.SLANT, Advice.FACE_THE_NUMBER),
        (replace(GOOD, slimness=0.2), Criterion.SLIMNESS, Advice.FACE_THE_NUMBER),
        (replace(GOOD, edge_along=5.0, edge_across=5.5), Criterion.SHARPNESS, Advice.FOCUS),
        (replace(GOOD, edge_along=6.0, edge_across=2.0), Criterion.SHARPNESS, Advice.SHORTER_EXPOSURE),
        (replace(GOOD, edge_along=1.8, edge_across=6.0), Criterion.SHARPNESS, Advice.SHORTER_EXPOSURE),
        (replace(GOOD, ink=30.0, ground=18.0), Criterion.CONTRAST, Advice.MORE_LIGHT),
        (replace(GOOD, ink=255.0, ground=243.0, clipped=0.5), Criterion.CONTRAST, Advice.LESS_EXPOSURE),
        (replace(GOOD, ink=150.0, ground=140.0), Criterion.CONTRAST, Advice.CLEAN_AND_SHADE),
    ],
)
def test_what_fails_is_named_with_what_to_do(lettering: Lettering, criterion: Criterion, advice: Advice) -> None:
    verdict = judged(frame_look(0, number_look(lettering)))
    assert not verdict.suffices
    assert failing(verdict) == {criterion}
    assert finding(verdict, criterion).advice is advice


def test_between_needed_and_wanted_it_suffices_without_reserve() -> None:
    verdict = judged(frame_look(0, number_look(replace(GOOD, height=24.0))))
    assert verdict.suffices
    assert finding(verdict, Criterion.CHARACTER_HEIGHT).result is Result.SCARCE
    assert finding(verdict, Criterion.CHARACTER_HEIGHT).advice is Advice.ZOOM_IN


def test_the_median_is_judged_and_the_worst_is_shown() -> None:
    heights = [12.0, 34.0, 36.0, 38.0]  # a truck that comes nearer
    verdict = judged(*(frame_look(index, number_look(replace(GOOD, height=height))) for index, height in enumerate(heights)))
    height = finding(verdict, Criterion.CHARACTER_HEIGHT)
    assert (height.value, height.result) == (35.0, Result.GOOD)
    assert height.frame is not None
    assert height.frame.index == 0


def test_numbers_in_the_background_are_not_measured_once_one_is_relied_on() -> None:
    far = number_look(replace(GOOD, height=9.0), "MSKU9070323", accepted=False)
    verdict = judged(*(frame_look(index, number_look(), far, far) for index in range(3)))
    assert finding(verdict, Criterion.CHARACTER_HEIGHT).value == 36.0
    assert [number.text for number in verdict.numbers] == [NUMBER]
    assert verdict.suffices


def test_nothing_read_fails_and_the_picture_itself_is_judged() -> None:
    dark = replace(PICTURE, brightness=30.0, focus=6.0)
    verdict = judged(frame_look(0, picture=dark))
    assert not verdict.suffices
    assert verdict.numbers == ()
    assert failing(verdict) == {Criterion.BRIGHTNESS, Criterion.FOCUS}
    assert finding(verdict, Criterion.GLARE).result is Result.GOOD
    assert not judged(frame_look(0)).suffices  # a good picture of nothing proves nothing


def test_a_kind_that_was_not_read_is_told_but_does_not_fail_a_camera_that_reads_both() -> None:
    both = FileCamera(name="rear", path=Path("none"))
    verdict = judged(frame_look(0, number_look()), camera=both)
    assert verdict.unread == (Subject.PLATES,)
    assert verdict.suffices


def test_frames_without_a_read_count_while_a_vehicle_is_there() -> None:
    read, unread = number_look(), ()
    shown = [frame_look(0, read), *(frame_look(index, *unread) for index in range(1, 6)), frame_look(6, read)]
    empty_lane = [frame_look(index, *unread) for index in range(7, 60)]
    verdict = judged(*shown, *empty_lane, frame_look(60, read))
    assert finding(verdict, Criterion.FRAMES_READ).value == pytest.approx(3 / 8)
    missed = finding(verdict, Criterion.FRAMES_READ).frame
    assert missed is not None
    assert missed.index == 1


def test_of_single_pictures_every_one_counts() -> None:
    looks = [frame_look(0, number_look()), *(frame_look(index, at_s=index * 100.0) for index in range(1, 10))]
    verdict = judged(*looks, stream=Stream([0.0, 100.0], looked_at=10, timed=False))
    assert finding(verdict, Criterion.FRAMES_READ).value == 0.1
    assert finding(verdict, Criterion.FRAME_RATE).result is Result.UNKNOWN


def test_misread_frames_are_outvoted_and_counted_but_another_truck_is_no_misreading() -> None:
    right, wrong, other = number_look(), number_look(number="TEMU9221358", accepted=False), number_look(number="MSKU9070323")
    verdict = judged(*(frame_look(index, look) for index, look in enumerate([right, right, wrong, other, other])))
    agreement = finding(verdict, Criterion.AGREEMENT)
    assert agreement.value == pytest.approx(0.8)
    assert agreement.frame is not None
    assert agreement.frame.index == 2


def test_a_slow_an_uneven_and_a_damaged_stream() -> None:
    slow = Stream([0.0, 0.6, 1.2, 1.8], looked_at=4)
    uneven = Stream([*(at / 10 for at in range(20)), 4.0], looked_at=4)
    damaged = Stream(list(STEADY), looked_at=10, broken=2)
    look = frame_look(0, number_look())
    assert failing(judged(look, stream=slow)) == {Criterion.FRAME_RATE}
    assert failing(judged(look, stream=uneven)) == {Criterion.LONGEST_GAP}
    assert failing(judged(look, stream=damaged)) == {Criterion.BROKEN_PICTURES}


def test_a_slow_lane_has_long_gaps_by_its_own_wish() -> None:
    camera = CAMERA.model_copy(update={"frames_per_second": 0.5})
    verdict = judged(frame_look(0, number_look()), camera=camera, stream=Stream([0.0, 2.0, 4.0], looked_at=3))
    assert verdict.suffices


def test_only_the_width_of_the_lanes_region_counts() -> None:
    narrow = CAMERA.model_copy(update={"region": Region(x=0.5, width=0.3)})
    verdict = judged(frame_look(0, number_look()), camera=narrow)
    assert failing(verdict) == {Criterion.PICTURE_WIDTH}
    assert verdict.region == (640, 0, 1024, 720)


def test_a_camera_that_stopped_does_not_suffice() -> None:
    verdict = judged(
        frame_look(0, number_look()), stream=Stream(list(STEADY), 1, failure=CameraEndedError("rear", "ended its stream"))
    )
    assert not verdict.suffices
    assert verdict.failure == "ended its stream"
