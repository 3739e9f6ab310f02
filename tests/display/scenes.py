"""A small site with a lane in every state, as a site would publish it."""

from datetime import timedelta

from gateway.display.view import LaneView
from gateway.look.marks import Mark
from gateway.model.answer import Answer, PlateRole
from gateway.model.observation import PassiveSealRead, Ruling
from gateway.model.passage import Passage
from gateway.model.reasons import Reason
from gateway.model.verdict import CheckResult, Outcome, Subject, Verdict
from tests.display.album import BOX_QUAD, PLATE_QUAD, SIZE, Album
from tests.display.evidence import NIGHT, NOW, box_answer, check, order, passage, plate_answer, port_pass, seal, site, view

__all__ = [
    "BOX_QUAD", "NIGHT", "NOW", "PLATE_QUAD", "SIZE", "Album", "all_lanes", "busy", "crowded", "empty", "idle", "offline", "passed",
    "referred", "seal", "site", "stopped", "taken_back", "view",
]  # fmt: skip


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


def taken_back(album: Album) -> Passage:
    """A clerk let it go, and then its seal was opened under the green. As the gate keeps it."""
    waiting = referred(album).passage
    cut = stopped(album).passage
    assert waiting
    assert cut
    assert cut.verdict
    ruling = Ruling(
        device="desk",
        at=NOW + timedelta(seconds=20),
        passage_id=waiting.passage_id,
        approved=True,
        person="A017 陳美玲",
        proof="pin",
        reason="Compared the number at the box",
        expires_at=NOW + timedelta(seconds=80),
    )
    withdrawn = cut.verdict.model_copy(
        update={"reasons": (Reason.VEHICLE_SEAL_TAMPERED,), "decided_at": NOW + timedelta(seconds=31)}
    )
    return waiting.model_copy(update={"ruling": ruling, "withdrawn": withdrawn})
