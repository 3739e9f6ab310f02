"""The parts of a passage as tests of the screen put them together: answers, orders, seals, checks, views."""

from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.display.view import LaneView, SiteView
from gateway.look.marks import Mark
from gateway.model.answer import Alternative, Answer, ContainerAnswer, PlateAnswer, PlateRole, Sight
from gateway.model.container_number import ContainerNumber
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import (
    Candidate,
    ContainerRead,
    Observation,
    PassRead,
    PlateRead,
    Position,
    VehicleSealHeard,
    View,
)
from gateway.model.passage import Passage
from gateway.model.plate import Plate
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.model.verdict import Check, CheckResult, Subject, Verdict
from tests.display.album import BOX_QUAD, PLATE_QUAD, SIZE

NOW: Final = datetime(2026, 11, 23, 6, 3, 22, tzinfo=UTC)  # 14:03:22 in Taipei
NIGHT: Final = datetime(2026, 11, 23, 13, 3, 22, tzinfo=UTC)  # 21:03:22 in Taipei


def characters(number: str, doubts: dict[int, tuple[float, str, float]] | None = None) -> tuple[Position, ...]:
    """Evidence per character; `doubts` maps a place to its probability, the runner-up and its probability."""
    found: list[Position] = []
    for place, character in enumerate(number):
        doubt = (doubts or {}).get(place)
        if doubt:
            found.append(
                (Candidate(character=character, probability=doubt[0]), Candidate(character=doubt[1], probability=doubt[2]))
            )
        else:
            found.append((Candidate(character=character, probability=0.995),))
    return tuple(found)


def box_answer(
    number: str, frame: str, crop: str, accepted: bool = True, doubts: dict[int, tuple[float, str, float]] | None = None
) -> ContainerAnswer:
    return ContainerAnswer(
        number=number,
        confidence=0.993 if accepted else 0.61,
        accepted=accepted,
        check_digit_valid=ContainerNumber(number).check_digit_valid,
        size_type="45G1",
        characters=characters(number, doubts),
        alternatives=(Alternative(number=number[:6] + "8" + number[7:], probability=0.2),) if doubts else (),
        sights=(Sight(device="camera-rear", picture=frame, crop=crop, box=BOX_QUAD),),
        reads=7,
    )


def plate_answer(number: str, role: PlateRole, frame: str, crop: str) -> PlateAnswer:
    device = "camera-front" if role is PlateRole.TRACTOR else "camera-rear"
    return PlateAnswer(
        number=number,
        text=Plate(number).text,
        role=role,
        confidence=0.98,
        accepted=True,
        characters=characters(number),
        alternatives=(),
        sights=(Sight(device=device, picture=frame, crop=crop, box=PLATE_QUAD),),
        reads=5,
    )


def order(
    serial: int, box: str | None, plate: str, driver: str, seals: tuple[tuple[str, str], ...] = (), load: str = "A"
) -> TransportOrder:
    message: dict[str, object] = {
        "message_id": f"24595257202611230{serial:03}",
        "order_number": f"BD1511{24595257:08}{serial:05}",
        "application_kind": "1",
        "operation_kind": "4",
        "load_kind": load,
        "origin": "017A1150",
        "destination": "KELW230W",
        "vehicle": {
            "kind": "1",
            "haulier_name": "長榮國際儲運",
            "plate": plate,
            "driving_licence": "S123456789",
            "driver": driver,
            "count": 1,
            "departure_time": "2026-11-23T14:30:00",
        },
        "seals": [{"kind": kind, "number": number} for kind, number in seals],
    }
    if box:
        message["container"] = {"number": box, "size_type": "45G1"}
    return parse_order(message).order


def seal(number: str, locked: bool = True, inserted: bool = True, cut: bool = False) -> VehicleSealHeard:
    return VehicleSealHeard(
        device="ble-1",
        at=NOW,
        number=number,
        rssi=-58.0,
        inserted=inserted,
        locked=locked,
        task_active=True,
        cable_cut=cut,
        opened_while_sealed=cut,
        battery_percent=81,
        counter=4211,
    )


def check(
    subject: Subject,
    expected: str,
    seen: str,
    result: CheckResult = CheckResult.OK,
    reason: Reason | None = None,
    source: str = "camera-rear",
) -> Check:
    return Check(subject=subject, expected=expected, seen=seen, source=source, result=result, reason=reason)


def reads_of(answer: Answer) -> tuple[Observation, ...]:
    """The reads that the answers rest on, and one view for the record."""
    found: list[Observation] = []
    for box in answer.containers:
        sight = box.sights[0]
        found.append(
            ContainerRead(
                device=sight.device,
                at=NOW,
                number=box.number,
                confidence=box.confidence,
                accepted=box.accepted,
                characters=box.characters,
                box=sight.box,
                frame_size=SIZE,
                picture=sight.picture,
                crop=sight.crop,
                check_digit_valid=box.check_digit_valid,
                size_type=box.size_type,
            )
        )
        found.append(View(device="camera-rear", at=NOW, picture=sight.picture, frame_size=SIZE))
    for plate in answer.plates:
        sight = plate.sights[0]
        found.append(
            PlateRead(
                device=sight.device,
                at=NOW,
                number=plate.number,
                text=plate.text,
                confidence=plate.confidence,
                accepted=plate.accepted,
                characters=plate.characters,
                box=sight.box,
                frame_size=SIZE,
                picture=sight.picture,
                crop=sight.crop,
            )
        )
    return tuple(found)


def passage(lane: str, answer: Answer, others: tuple[Observation, ...], verdict: Verdict | None) -> Passage:
    return Passage(
        passage_id=f"0193578a-0000-7000-8000-{abs(hash(lane)) % 10**12:012}",
        lane=lane,
        rules=LaneRules(),
        opened_at=NOW - timedelta(seconds=9),
        observations=reads_of(answer) + others,
        answer=answer,
        verdict=verdict,
    )


def port_pass(holder: str | None) -> PassRead:
    return PassRead(device="pass-1", at=NOW, technology="uhf", uid="e28011606000020f", holder=holder, driving_licence="S123456789")


def view(
    lane: str, mark: Mark, light: str, told: Passage | None, orders: tuple[TransportOrder, ...] = (), **more: object
) -> LaneView:
    number = lane.removeprefix("lane-")
    return LaneView.model_validate(
        {
            "lane": lane,
            "title_zh": f"116 號碼頭 第 {number} 車道",
            "title_en": f"Berth 116, lane {number}",
            "mark": mark,
            "light": light,
            "passage": told,
            "orders": orders,
            "updated_at": NOW,
            **more,
        }
    )


def site(**changes: object) -> SiteView:
    fields: dict[str, object] = {
        "title_zh": "高雄港第四貨櫃中心 116 號碼頭",
        "title_en": "Kaohsiung container terminal 4, berth 116",
        "lanes": tuple(f"lane-{number}" for number in range(1, 8)),
        "platform_up": True,
        "platform_since": NOW - timedelta(hours=5),
        "outbox_waiting": 0,
        "orders_at": NOW - timedelta(seconds=12),
        "clock_offset_s": 0.02,
        "version": "0.1.0",
        "updated_at": NOW,
    }
    return SiteView.model_validate({**fields, **changes})
