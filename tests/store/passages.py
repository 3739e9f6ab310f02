"""Passages to store: as small as a decided passage can be, with the pictures and seals that a test asks for."""

from datetime import UTC, datetime, timedelta

from gateway.model.answer import Answer, ContainerAnswer, Sight
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Candidate, ContainerRead, Observation, Quad, Tick, View
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome, Verdict

OPENED = datetime(2026, 11, 23, 1, 2, 3, 456000, tzinfo=UTC)
BOX: Quad = ((10.0, 20.0), (200.0, 22.0), (200.0, 60.0), (10.0, 58.0))
NUMBER = "TEMU9221353"


def passage_id(number: int) -> str:
    return f"01934f2a-0000-7000-8000-{number:012d}"


def _read(picture: str) -> ContainerRead:
    return ContainerRead(
        device="camera-rear",
        at=OPENED,
        number=NUMBER,
        confidence=0.99,
        accepted=True,
        characters=tuple((Candidate(character=c, probability=0.99),) for c in NUMBER),
        box=BOX,
        frame_size=(1920, 1080),
        picture=picture,
        check_digit_valid=True,
    )


def _answer(pictures: tuple[str, ...]) -> Answer:
    return Answer(
        containers=(
            ContainerAnswer(
                number=NUMBER,
                confidence=0.99,
                accepted=True,
                check_digit_valid=True,
                size_type=None,
                characters=(),
                alternatives=(),
                sights=tuple(Sight(device="camera-rear", picture=picture, box=BOX) for picture in pictures),
                reads=len(pictures),
            ),
        )
    )


def passage(number: int, *, lane: str = "lane-1", pictures: tuple[str, ...] = (), opened_at: datetime = OPENED) -> Passage:
    """A passage that is still open and undecided."""
    observations: tuple[Observation, ...] = tuple(_read(picture) for picture in pictures)
    return Passage(
        passage_id=passage_id(number),
        lane=lane,
        rules=LaneRules(),
        opened_at=opened_at,
        observations=observations or (Tick(device="clock", at=opened_at),),
        answer=_answer(pictures) if pictures else Answer(),
    )


def decided(
    number: int,
    *,
    outcome: Outcome = Outcome.PASS,
    lane: str = "lane-1",
    pictures: tuple[str, ...] = (),
    opened_at: datetime = OPENED,
) -> Passage:
    """The same passage with its verdict."""
    verdict = Verdict(outcome=outcome, reasons=(), checks=(), orders=(), decided_at=opened_at + timedelta(seconds=2))
    return passage(number, lane=lane, pictures=pictures, opened_at=opened_at).model_copy(update={"verdict": verdict})


def closed(record: Passage) -> Passage:
    """The final record: what came after the verdict stands on it too."""
    left = record.opened_at + timedelta(seconds=20)
    view = View(device="camera-rear", at=left, picture="c" * 64, frame_size=(1920, 1080))
    return record.model_copy(update={"observations": (*record.observations, view), "closed_at": left})
