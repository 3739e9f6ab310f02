"""A small site with a lane in every state, as a site would publish it, with pictures drawn for the purpose."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from gateway.display.view import LaneView, SiteView
from gateway.look.marks import Mark
from gateway.model.answer import Alternative, Answer, ContainerAnswer, PlateAnswer, PlateRole, Sight
from gateway.model.container_number import ContainerNumber
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import (
    Candidate,
    ContainerRead,
    Observation,
    PassiveSealRead,
    PassRead,
    PlateRead,
    Position,
    Quad,
    VehicleSealHeard,
    View,
)
from gateway.model.passage import Passage
from gateway.model.plate import Plate
from gateway.model.reasons import Reason
from gateway.model.transport_order import TransportOrder, parse_order
from gateway.model.verdict import Check, CheckResult, Outcome, Subject, Verdict

NOW = datetime(2026, 11, 23, 6, 3, 22, tzinfo=UTC)  # 14:03:22 in Taipei
NIGHT = datetime(2026, 11, 23, 13, 3, 22, tzinfo=UTC)  # 21:03:22 in Taipei
SIZE = (1280, 720)
BOX_QUAD: Quad = ((700.0, 150.0), (1060.0, 158.0), (1058.0, 214.0), (698.0, 206.0))
PLATE_QUAD: Quad = ((560.0, 600.0), (720.0, 602.0), (720.0, 650.0), (560.0, 648.0))


@dataclass(frozen=True)
class Album:
    """Pictures named by their SHA-256, as the gate's store keeps them."""

    folder: Path

    def keep(self, jpeg: bytes) -> str:
        sha = hashlib.sha256(jpeg).hexdigest()
        (self.folder / f"{sha}.jpg").write_bytes(jpeg)
        return sha

    def path(self, sha: str) -> Path | None:
        return self.folder / f"{sha}.jpg"

    def read(self, sha: str) -> bytes:
        return (self.folder / f"{sha}.jpg").read_bytes()

    def rear(self, number: str, colour: tuple[int, int, int], plate: str = "HA-76") -> tuple[str, str, str]:
        """The rear doors of a box: the whole frame, the crop of the number and the crop of the plate."""
        frame, number_crop, plate_crop = (self.keep(jpeg) for jpeg in draw_rear(number, colour, plate))
        return frame, number_crop, plate_crop

    def front(self, plate: str) -> tuple[str, str]:
        """The tractor from the front: the whole frame and the crop of the plate."""
        frame, plate_crop = (self.keep(jpeg) for jpeg in draw_front(plate))
        return frame, plate_crop


def _jpeg(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


@cache
def draw_rear(number: str, colour: tuple[int, int, int], plate: str) -> tuple[bytes, ...]:
    frame = np.full((SIZE[1], SIZE[0], 3), (150, 170, 178), np.uint8)
    cv2.rectangle(frame, (0, 560), (1280, 720), (96, 104, 110), -1)
    cv2.rectangle(frame, (210, 60), (1100, 570), colour, -1)
    for x in range(230, 1100, 36):
        cv2.line(frame, (x, 60), (x, 570), tuple(int(c * 0.86) for c in colour), 6)
    for x in (330, 560, 640, 900):
        cv2.line(frame, (x, 60), (x, 570), (200, 200, 205), 7)
    cv2.putText(frame, ContainerNumber(number).grouped, (700, 196), cv2.FONT_HERSHEY_DUPLEX, 1.25, (240, 240, 240), 3)
    cv2.rectangle(frame, (430, 590), (850, 660), (30, 30, 34), -1)
    cv2.rectangle(frame, (560, 598), (720, 652), (235, 238, 238), -1)
    cv2.putText(frame, plate, (572, 640), cv2.FONT_HERSHEY_DUPLEX, 1.2, (20, 60, 20), 3)
    return _jpeg(frame), _jpeg(frame[146:220, 690:1070].copy()), _jpeg(frame[594:656, 552:728].copy())


@cache
def draw_front(plate: str) -> tuple[bytes, ...]:
    frame = np.full((SIZE[1], SIZE[0], 3), (172, 186, 190), np.uint8)
    cv2.rectangle(frame, (0, 600), (1280, 720), (96, 104, 110), -1)
    cv2.rectangle(frame, (360, 80), (920, 640), (40, 96, 42), -1)
    cv2.rectangle(frame, (400, 130), (880, 340), (66, 60, 52), -1)
    cv2.rectangle(frame, (420, 420), (860, 560), (34, 74, 36), -1)
    cv2.rectangle(frame, (550, 590), (730, 652), (235, 238, 238), -1)
    cv2.putText(frame, plate, (560, 636), cv2.FONT_HERSHEY_DUPLEX, 1.1, (20, 60, 20), 3)
    return _jpeg(frame), _jpeg(frame[586:656, 544:736].copy())


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


def passed(album: Album) -> LaneView:
    frame, crop, trailer_crop = album.rear("TEMU9221353", (72, 52, 148))
    front, plate_crop = album.front("KNA-2085")
    ours = order(1, "TEMU9221353", "KNA-2085", "王大明", (("5", "WLS8854668"), ("8", "VS00012877")))
    answer = Answer(
        containers=(box_answer("TEMU9221353", frame, crop),),
        plates=(
            plate_answer("KNA2085", PlateRole.TRACTOR, front, plate_crop),
            plate_answer("HA76", PlateRole.TRAILER, frame, trailer_crop),
        ),
    )
    checks = (
        check(Subject.ORDER, ours.order_number, "container, plate, pass", source="orders"),
        check(Subject.DEPARTURE, "2026-11-23 14:30", "2026-11-23 14:03", source="clock"),
        check(Subject.CONTAINER, "TEMU9221353", "TEMU9221353"),
        check(Subject.PLATE, "KNA2085", "KNA2085", source="camera-front"),
        check(Subject.PASS, "王大明", "王大明", source="pass-1"),
        check(Subject.PASSIVE_SEAL, "WLS8854668", "WLS8854668", source="uhf-1"),
        check(Subject.VEHICLE_SEAL, "VS00012877", "VS00012877: inserted, locked", source="ble-1"),
    )
    verdict = Verdict(outcome=Outcome.PASS, reasons=(), checks=checks, orders=(ours.order_number,), decided_at=NOW)
    chip = PassiveSealRead(device="uhf-1", at=NOW, epc="3034b708ac397e0000000649", number="WLS8854668")
    others = (port_pass("王大明"), chip, seal("VS00012877"))
    return view("lane-1", Mark.PASS, "green", passage("lane-1", answer, others, verdict), (ours,))


def referred(album: Album) -> LaneView:
    """The box number has two doubtful characters, the pass is not registered, and the seal is inserted but not locked."""
    frame, crop, _ = album.rear("SEGU5210293", (110, 66, 32))
    front, plate_crop = album.front("KLB-7731")
    ours = order(2, "SEGU5210293", "KLB-7731", "陳美玲", (("8", "VS00013002"),))
    doubts = {4: (0.71, "6", 0.24), 6: (0.55, "7", 0.4)}
    answer = Answer(
        containers=(box_answer("SEGU5210293", frame, crop, False, doubts),),
        plates=(plate_answer("KLB7731", PlateRole.TRACTOR, front, plate_crop),),
    )
    checks = (
        check(Subject.ORDER, ours.order_number, "plate", source="orders"),
        check(Subject.CONTAINER, "SEGU5210293", "SEGU5210293", CheckResult.UNSURE, Reason.BOX_UNSURE),
        check(Subject.PLATE, "KLB7731", "KLB7731", source="camera-front"),
        check(Subject.PASS, "陳美玲", "e28011606000020f", CheckResult.UNSURE, Reason.PASS_UNKNOWN, "pass-1"),
        check(
            Subject.VEHICLE_SEAL,
            "VS00013002",
            "VS00013002: inserted, not locked",
            CheckResult.DIFFERS,
            Reason.VEHICLE_SEAL_NOT_LOCKED,
            "ble-1",
        ),
    )
    reasons = (Reason.BOX_UNSURE, Reason.PASS_UNKNOWN, Reason.VEHICLE_SEAL_NOT_LOCKED)
    verdict = Verdict(outcome=Outcome.REFER, reasons=reasons, checks=checks, orders=(ours.order_number,), decided_at=NOW)
    others = (port_pass(None), seal("VS00013002", locked=False))
    return view("lane-2", Mark.REFER, "amber", passage("lane-2", answer, others, verdict), (ours,), lost_devices=("camera-side",))


def stopped(album: Album) -> LaneView:
    """Another box than the order's, with a seal that was cut open; one e-seal unread."""
    frame, crop, trailer_crop = album.rear("WSAU4160620", (60, 60, 176), "FJ-L2")
    front, plate_crop = album.front("KNB-6603")
    ours = order(3, "WSAU4160682", "KNB-6603", "林志豪", (("5", "WLS8854701"), ("8", "VS00012990")))
    answer = Answer(
        containers=(box_answer("WSAU4160620", frame, crop),),
        plates=(
            plate_answer("KNB6603", PlateRole.TRACTOR, front, plate_crop),
            plate_answer("FJL2", PlateRole.TRAILER, frame, trailer_crop),
        ),
    )
    checks = (
        check(Subject.ORDER, ours.order_number, "plate, pass", source="orders"),
        check(Subject.CONTAINER, "WSAU4160682", "WSAU4160620", CheckResult.DIFFERS, Reason.BOX_DIFFERS),
        check(Subject.PLATE, "KNB6603", "KNB6603", source="camera-front"),
        check(Subject.PASS, "林志豪", "林志豪", source="pass-1"),
        check(Subject.PASSIVE_SEAL, "WLS8854701", "", CheckResult.MISSING, Reason.E_SEAL_UNREAD, ""),
        check(
            Subject.VEHICLE_SEAL,
            "VS00012990",
            "VS00012990: not inserted, not locked, cable_cut, opened_while_sealed",
            CheckResult.DIFFERS,
            Reason.VEHICLE_SEAL_TAMPERED,
            "ble-1",
        ),
    )
    reasons = (Reason.BOX_DIFFERS, Reason.VEHICLE_SEAL_TAMPERED, Reason.E_SEAL_UNREAD)
    verdict = Verdict(outcome=Outcome.STOP, reasons=reasons, checks=checks, orders=(ours.order_number,), decided_at=NOW)
    others = (port_pass("林志豪"), seal("VS00012990", locked=False, inserted=False, cut=True))
    return view("lane-3", Mark.STOP, "red", passage("lane-3", answer, others, verdict), (ours,))


def busy(album: Album) -> LaneView:
    """Two 20-foot boxes are being read; the tractor is known already."""
    frame, crop, _ = album.rear("CMAU5110875", (120, 80, 40))
    second, second_crop, _ = album.rear("TCNU6225360", (60, 110, 60))
    front, plate_crop = album.front("KNC-1188")
    orders = (
        order(4, "CMAU5110875", "KNC-1188", "黃國華", (("8", "VS00012555"),)),
        order(5, "TCNU6225360", "KNC-1188", "黃國華", (("8", "VS00012556"),)),
    )
    answer = Answer(
        containers=(
            box_answer("CMAU5110875", frame, crop),
            box_answer("TCNU6225360", second, second_crop, False, {9: (0.8, "8", 0.15)}),
        ),
        plates=(plate_answer("KNC1188", PlateRole.TRACTOR, front, plate_crop),),
    )
    return view("lane-4", Mark.BUSY, "amber", passage("lane-4", answer, (port_pass("黃國華"), seal("VS00012555")), None), orders)


def empty(album: Album) -> LaneView:
    front, plate_crop = album.front("KND-3050")
    ours = order(6, None, "KND-3050", "張淑芬", load="E")
    answer = Answer(plates=(plate_answer("KND3050", PlateRole.TRACTOR, front, plate_crop),))
    checks = (
        check(Subject.ORDER, ours.order_number, "plate, pass", source="orders"),
        check(Subject.CONTAINER, "", ""),
        check(Subject.PLATE, "KND3050", "KND3050", source="camera-front"),
        check(Subject.PASS, "張淑芬", "張淑芬", source="pass-1"),
    )
    verdict = Verdict(outcome=Outcome.PASS, reasons=(), checks=checks, orders=(ours.order_number,), decided_at=NOW)
    return view("lane-5", Mark.PASS, "green", passage("lane-5", answer, (port_pass("張淑芬"),), verdict), (ours,))


def idle() -> LaneView:
    return view("lane-6", Mark.IDLE, "red", None)


def offline() -> LaneView:
    return view("lane-7", Mark.OFFLINE, "off", None, lost_devices=("signals-1",))


def all_lanes(album: Album) -> tuple[LaneView, ...]:
    return (passed(album), referred(album), stopped(album), busy(album), empty(album), idle(), offline())


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


def crowded(album: Album) -> LaneView:
    """As much as one passage can bring: two wrong boxes, three plates' worth of doubt, six reasons, four seals, a lost device."""
    frame, crop, trailer_crop = album.rear("WSAU4160620", (60, 60, 176), "FJ-L2")
    second, second_crop, _ = album.rear("TCNU6225360", (60, 110, 60))
    front, plate_crop = album.front("KNB-6608")
    orders = (
        order(7, "WSAU4160682", "KNB-6603", "林志豪", (("5", "WLS8854701"), ("8", "VS00012990"))),
        order(8, "TCNU6225391", "KNB-6603", "林志豪", (("5", "WLS8854702"), ("8", "VS00012991"))),
    )
    answer = Answer(
        containers=(
            box_answer("WSAU4160620", frame, crop),
            box_answer("TCNU6225360", second, second_crop, False, {9: (0.8, "9", 0.15)}),
        ),
        plates=(
            plate_answer("KNB6608", PlateRole.TRACTOR, front, plate_crop),
            plate_answer("FJL2", PlateRole.TRAILER, frame, trailer_crop),
        ),
    )
    reasons = (
        Reason.BOX_DIFFERS,
        Reason.VEHICLE_SEAL_TAMPERED,
        Reason.BOX_UNSURE,
        Reason.PLATE_DIFFERS,
        Reason.PASS_UNKNOWN,
        Reason.E_SEAL_UNREAD,
        Reason.DEVICE_LOST,
    )
    checks = (
        check(Subject.ORDER, orders[0].order_number, "pass", source="orders"),
        check(Subject.DEPARTURE, "2026-11-23 14:30", "2026-11-23 14:03", source="clock"),
        check(Subject.CONTAINER, "WSAU4160682", "WSAU4160620", CheckResult.DIFFERS, Reason.BOX_DIFFERS),
        check(Subject.CONTAINER, "TCNU6225391", "TCNU6225360", CheckResult.UNSURE, Reason.BOX_UNSURE),
        check(Subject.PLATE, "KNB6603", "KNB6608", CheckResult.DIFFERS, Reason.PLATE_DIFFERS, "camera-front"),
        check(Subject.PASS, "林志豪", "e28011606000020f", CheckResult.UNSURE, Reason.PASS_UNKNOWN, "pass-1"),
        check(Subject.PASSIVE_SEAL, "WLS8854701", "", CheckResult.MISSING, Reason.E_SEAL_UNREAD, ""),
        check(
            Subject.VEHICLE_SEAL,
            "VS00012990",
            "VS00012990: not inserted",
            CheckResult.DIFFERS,
            Reason.VEHICLE_SEAL_TAMPERED,
            "ble-1",
        ),
        check(Subject.DEVICE, "", "camera-side", CheckResult.MISSING, Reason.DEVICE_LOST, "camera-side"),
    )
    verdict = Verdict(
        outcome=Outcome.STOP, reasons=reasons, checks=checks, orders=tuple(o.order_number for o in orders), decided_at=NOW
    )
    others = (port_pass(None), seal("VS00012990", locked=False, inserted=False, cut=True), seal("VS00012991", locked=False))
    told = passage("lane-8", answer, others, verdict)
    return view("lane-8", Mark.STOP, "red", told, orders, lost_devices=("camera-side", "uhf-1"))
