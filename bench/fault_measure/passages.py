"""Passages that can be made again from their numbers: so whatever a store still holds of one can be held against the truth."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from gateway.model.answer import Answer, ContainerAnswer, Sight
from gateway.model.confirmation import confirm
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import Candidate, ContainerRead, Quad, Tick
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome, Verdict

GATE: Final = "kh-t4"
LANE_TITLE: Final = "Lane 1"
BEGUN: Final = datetime(2026, 11, 23, tzinfo=UTC)
EVERY: Final = timedelta(seconds=15)  # four lanes, a truck a minute in each
PICTURE_EVERY: Final = 10  # one passage in so many has a picture of its own

_BOX: Final[Quad] = ((10.0, 20.0), (200.0, 22.0), (200.0, 60.0), (10.0, 58.0))
_NUMBER: Final = "TEMU9221353"
# As much of a JPEG file as the platform looks at: start, a frame header of 8 by 8 pixels, end (T.81, B.2).
_JPEG: Final = bytes.fromhex("ffd8 ffc0 000b 08 0008 0008 01 01 11 00 fffe 0022")


def passage_id(life: int, number: int) -> str:
    """The `number`-th of a gate process's `life`."""
    return f"01934f2a-{life:04x}-7000-8000-{number:012d}"


def picture(life: int, number: int) -> bytes | None:
    """The passage's own picture, if it has one."""
    if number % PICTURE_EVERY:
        return None
    return _JPEG + f"{life:08x}{number:024d}".encode() + b"\xff\xd9"


def picture_name(life: int, number: int) -> str | None:
    jpeg = picture(life, number)
    return hashlib.sha256(jpeg).hexdigest() if jpeg else None


def opened_at(life: int, number: int) -> datetime:
    return BEGUN + timedelta(days=life % 1000) + number * EVERY


def _read(at: datetime, shown: str) -> ContainerRead:
    return ContainerRead(
        device="camera-rear",
        at=at,
        number=_NUMBER,
        confidence=0.99,
        accepted=True,
        characters=tuple((Candidate(character=c, probability=0.99),) for c in _NUMBER),
        box=_BOX,
        frame_size=(1920, 1080),
        picture=shown,
        check_digit_valid=True,
    )


def _answer(shown: str | None, reads: int) -> Answer:
    sights = (Sight(device="camera-rear", picture=shown, box=_BOX),) if shown else ()
    box = ContainerAnswer(
        number=_NUMBER,
        confidence=0.99,
        accepted=True,
        check_digit_valid=True,
        size_type=None,
        characters=(),
        alternatives=(),
        sights=sights,
        reads=reads,
    )
    return Answer(containers=(box,))


def decided(life: int, number: int, reads: int, at: datetime | None = None) -> Passage:
    """A passage with its verdict. `reads` of its box number make the record larger, about 0.8 kB each. `at`: when it opened."""
    opened = at or opened_at(life, number)
    shown = picture_name(life, number)
    observations = tuple(_read(opened, (shown or "") if index == 0 else "") for index in range(max(reads, 1 if shown else 0)))
    return Passage(
        passage_id=passage_id(life, number),
        lane="lane-1",
        rules=LaneRules(),
        opened_at=opened,
        observations=observations or (Tick(device="clock", at=opened),),
        answer=_answer(shown, len(observations)) if observations else Answer(),
        verdict=Verdict(outcome=Outcome.PASS, reasons=(), checks=(), orders=(), decided_at=opened + timedelta(seconds=2)),
    )


def closed(record: Passage) -> Passage:
    """The final record, after the vehicle has left."""
    left = record.opened_at + timedelta(seconds=12)
    return record.model_copy(update={"closed_at": left, "observations": (*record.observations, Tick(device="clock", at=left))})


def numbers_of(name: str) -> tuple[int, int]:
    """Life and number from a passage's id."""
    parts = name.split("-")
    return int(parts[1], 16), int(parts[4])


@lru_cache(maxsize=4096)
def records(name: str, reads: int) -> frozenset[str]:
    """What the store may hold of a passage: its record as decided, or as closed."""
    record = decided(*numbers_of(name), reads)
    return frozenset((record.model_dump_json(), closed(record).model_dump_json()))


@lru_cache(maxsize=4096)
def confirmation(name: str, sequence: int, reads: int) -> str:
    """The only confirmation of it that may stand under the number."""
    return confirm(decided(*numbers_of(name), reads), GATE, sequence, LANE_TITLE).model_dump_json()
