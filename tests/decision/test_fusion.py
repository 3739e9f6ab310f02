"""Fusing reads of many frames and cameras into one answer."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decision.fusion import fuse
from gateway.decision.joint_evidence import witnesses
from gateway.model.answer import PlateRole
from gateway.model.container_number import ContainerNumber
from gateway.model.observation import Candidate, ContainerRead, PlateRead, Position
from gateway.model.plate import Plate

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BOX = ((10.0, 20.0), (200.0, 22.0), (200.0, 60.0), (10.0, 58.0))


def positions(number: str, certainty: float, doubts: dict[int, str] | None = None) -> tuple[Position, ...]:
    """One position per character; in `doubts` another character gets what is left."""
    found = []
    for place, character in enumerate(number):
        rest = (doubts or {}).get(place)
        share = certainty if rest else 0.985
        found.append(
            (
                Candidate(character=character, probability=share),
                *([Candidate(character=rest, probability=1 - share)] if rest else []),
            )
        )
    return tuple(found)


def box(
    number: str,
    second: float = 0,
    device: str = "rear",
    confidence: float = 0.99,
    accepted: bool = True,
    size_type: str | None = "45R1",
    doubts: dict[int, str] | None = None,
    certainty: float = 0.6,
) -> ContainerRead:
    return ContainerRead(
        device=device,
        at=START + timedelta(seconds=second),
        number=number,
        confidence=confidence,
        accepted=accepted,
        characters=positions(number, certainty, doubts),
        box=BOX,
        frame_size=(1920, 1080),
        check_digit_valid=ContainerNumber(number).check_digit_valid,
        size_type=size_type,
        picture=f"{device}-{second}",
    )


def plate(number: str, second: float = 0, device: str = "front", confidence: float = 0.95, accepted: bool = True) -> PlateRead:
    return PlateRead(
        device=device,
        at=START + timedelta(seconds=second),
        number=number,
        text=Plate(number).text,
        confidence=confidence,
        accepted=accepted,
        characters=positions(number, 0.9),
        box=BOX,
        frame_size=(1920, 1080),
    )


def test_nothing_read_is_nothing_known() -> None:
    assert fuse([]).containers == ()
    assert fuse([]).plates == ()


def test_one_accepted_read_is_an_answer_with_its_picture() -> None:
    (answer,) = fuse([box("TEMU9221353")]).containers
    assert (answer.number, answer.accepted, answer.size_type, answer.reads) == ("TEMU9221353", True, "45R1", 1)
    assert (answer.sights[0].device, answer.sights[0].picture) == ("rear", "rear-0")
    assert [position[0].character for position in answer.characters] == list("TEMU9221353")


def test_the_same_reads_in_any_order_give_the_same_bytes() -> None:
    reads: list[ContainerRead | PlateRead] = [box("TEMU9221353", i, device) for i in range(5) for device in ("rear", "left")]
    reads += [box("TEMU9221853", 7, accepted=False, confidence=0.3), plate("KLA1235"), plate("KLA1285", 3, accepted=False)]
    first = fuse(reads).model_dump_json()
    for seed in range(8):
        random.Random(seed).shuffle(reads)
        assert fuse(reads).model_dump_json() == first


def test_a_misread_next_to_a_well_supported_number_is_gone() -> None:
    reads = [box("TEMU9221353", i) for i in range(6)] + [box("TEMU9271353", 8, accepted=False, confidence=0.4)]
    (answer,) = fuse(reads).containers
    assert (answer.number, answer.accepted, answer.reads) == ("TEMU9221353", True, 7)


def test_two_boxes_of_one_vehicle_are_two_answers() -> None:
    reads = [box("TEMU9221353", i) for i in range(3)] + [box("CSQU3054383", i, "side") for i in range(3)]
    assert [answer.number for answer in fuse(reads).containers] == ["CSQU3054383", "TEMU9221353"]
    assert all(answer.accepted for answer in fuse(reads).containers)


def test_neighbouring_serials_in_one_picture_are_two_boxes() -> None:
    one, other = "TEMU3108252", "TEMU3108273"
    assert ContainerNumber(other).check_digit_valid
    assert {answer.number for answer in fuse([box(one), box(other)]).containers} == {one, other}


def test_never_more_than_two_boxes() -> None:
    numbers = ("TEMU9221353", "CSQU3054383", "CMAU5110875")
    assert len(fuse([box(number, i) for i, number in enumerate(numbers)]).containers) == 2


def test_unsure_frames_that_agree_become_sure_and_keep_their_alternative() -> None:
    unsure = {8: "8"}
    one = [box("TEMU9221353", 0, accepted=False, confidence=0.7, doubts=unsure)]
    many = [
        box("TEMU9221353", i, camera, accepted=False, confidence=0.7, doubts=unsure)
        for i in range(3)
        for camera in ("rear", "left")
    ]
    assert not fuse(one).containers[0].accepted
    assert fuse(many).containers[0].accepted
    assert fuse(many).containers[0].confidence > fuse(one).containers[0].confidence


def test_what_the_check_digit_cannot_tell_apart_stays_an_alternative() -> None:
    read = box("TGMU9221350", doubts={1: "Q"}, certainty=0.6, accepted=False, confidence=0.55)
    (answer,) = fuse([read]).containers
    assert not answer.accepted
    assert any(other.number[1] != answer.number[1] and other.probability > 0.02 for other in answer.alternatives)


@given(st.integers(1, 400))
def test_many_frames_of_one_camera_are_worth_a_few_looks(frames: int) -> None:
    assert witnesses(frames) <= 3.5
    assert witnesses(frames + 1) >= witnesses(frames)


def test_thirty_frames_of_one_mistake_do_not_outweigh_two_cameras() -> None:
    wrong = [box("TEMU9221358", i, "rear", accepted=False, confidence=0.5) for i in range(30)]
    right = [box("TEMU9221353", i, camera) for i in range(3) for camera in ("left", "right", "top")]
    (answer,) = fuse([*wrong, *right]).containers
    assert (answer.number, answer.check_digit_valid) == ("TEMU9221353", True)


def test_a_failing_check_digit_is_never_accepted() -> None:
    reads = [box("TEMU9221354", i, camera) for i in range(9) for camera in ("rear", "left")]
    assert not any(answer.accepted for answer in fuse(reads).containers)


def test_the_size_code_goes_by_weight() -> None:
    reads = [
        box("TEMU9221353", 0, size_type="45G1", accepted=False, confidence=0.3),
        box("TEMU9221353", 1),
        box("TEMU9221353", 2, size_type=None),
    ]
    assert fuse(reads).containers[0].size_type == "45R1"


def test_at_most_four_sights_the_best_first() -> None:
    reads = [box("TEMU9221353", i, confidence=0.9 + i / 100) for i in range(9)]
    sights = fuse(reads).containers[0].sights
    assert [sight.picture for sight in sights] == ["rear-8", "rear-7", "rear-6", "rear-5"]


@pytest.mark.parametrize(
    ("number", "role"),
    [
        ("KNA1235", PlateRole.TRACTOR),
        ("KLA1235", PlateRole.TRACTOR),
        ("HBA1235", PlateRole.TRAILER),
        ("FJL2", PlateRole.TRAILER),
        ("AAA1235", PlateRole.UNKNOWN),
    ],
)
def test_the_series_says_which_plate_it_is(number: str, role: PlateRole) -> None:
    (answer,) = fuse([plate(number)]).plates
    assert (answer.number, answer.role, answer.accepted) == (number, role, True)


def test_tractor_and_trailer_are_both_found() -> None:
    answer = fuse([plate("KNA1235", 0), plate("FJL2", 1, "rear"), plate("EJL2", 2, "rear", 0.4, False)])
    tractor, trailer = answer.plate(PlateRole.TRACTOR), answer.plate(PlateRole.TRAILER)
    assert tractor is not None
    assert trailer is not None
    assert (tractor.text, trailer.text) == ("KNA-1235", "FJ-L2")


def test_a_plate_that_no_reader_accepted_is_not_accepted_by_repetition() -> None:
    reads = [plate("MAX111", i, confidence=0.7, accepted=False) for i in range(20)]
    assert not any(found.accepted for found in fuse(reads).plates)


def test_a_plate_cut_short_in_one_frame_joins_the_whole_one() -> None:
    reads = [plate("KLA1235", 0), plate("KLA1235", 1), plate("KLA123", 2, accepted=False, confidence=0.6)]
    (answer,) = fuse(reads).plates
    assert answer.number == "KLA1235"


def test_reads_without_characters_are_left_out() -> None:
    odd = box("TEMU9221353").model_copy(update={"characters": ()})
    assert fuse([odd]).containers == ()


def test_a_promised_plate_stands_though_its_positions_alone_are_not_sure() -> None:
    """Several looks at one picture say more together than the positions of any of them."""
    blurred = plate("KLA1235", confidence=0.97).model_copy(update={"characters": positions("KLA1235", 0.8, {0: "M", 2: "R"})})
    (answer,) = fuse([blurred]).plates
    assert (answer.accepted, answer.confidence) == (True, 0.97)


def test_a_promise_falls_where_another_read_speaks_against_it() -> None:
    (answer,) = fuse([plate("KLA1235", confidence=0.97), plate("KLA1285", 1, confidence=0.96)]).plates
    assert not answer.accepted
