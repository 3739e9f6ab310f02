"""The confirmation of sealing: made where the lane lets a sealed box out, with what proves each seal, and nowhere else."""

from gateway.model.confirmation import confirm
from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.observation import Correction, Observation, Ruling, View
from gateway.model.passage import Passage
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import Confirmation
from tests.evidence import BOX, PICTURE, at, empty_vehicle, in_order, left, order, seal
from tests.lane_days import lived, without_box

REAR_DOORS = "ee" * 32


def confirmed(*orders: TransportOrder, rules: LaneRules | None = None) -> Confirmation:
    truck = [seen for seen in in_order() if seen.kind != "orders_found"]
    early = View(device="rear", at=at(0.05), picture="dd" * 32, frame_size=(1280, 720))
    view = View(device="rear", at=at(0.35), picture=REAR_DOORS, frame_size=(1280, 720))
    decided, _ = lived([truck[0], early, view, *truck[1:], left(40)], orders or (order(),), rules)
    return confirm(decided, "ct4-116", 1, "四櫃中心 出站 1")


def test_a_sealed_box_that_leaves_is_confirmed_by_the_lane() -> None:
    sealing = confirmed().sealing
    assert sealing is not None
    assert (sealing.confirmed_by, sealing.gate, sealing.place) == ("out-1", "ct4-116", "四櫃中心 出站 1")
    (sealed,) = sealing.orders
    assert (sealed.order_number, sealed.container, sealed.plate) == ("BD15110459525700001", BOX, "KLA1235")
    e_seal, vehicle_seal = sealed.seals
    assert (e_seal.number, e_seal.proof, e_seal.chip, e_seal.at) == ("WLS8854668", "passive_seal", "e200", at(0.2))
    assert (vehicle_seal.number, vehicle_seal.proof, vehicle_seal.counter, vehicle_seal.at) == (
        "VS000123",
        "vehicle_seal",
        7,
        at(0.3),
    )
    pictures = {picture.role: picture for picture in sealing.pictures}
    assert pictures["doors"].sha256 == PICTURE
    assert pictures["seal"].sha256 == REAR_DOORS  # the view nearest to the seals' last word, not the first one
    assert pictures["plate"].box is not None


def test_every_picture_of_it_is_sent_with_the_confirmation() -> None:
    made = confirmed()
    assert made.sealing is not None
    assert {picture.sha256 for picture in made.sealing.pictures} <= {picture.sha256 for picture in made.pictures}


def test_what_no_device_reads_is_on_it_without_a_proof() -> None:
    lead = [{"kind": "3", "number": "L77"}, {"kind": "8", "number": "VS000123"}]
    sealing = confirmed(order(seals=lead)).sealing
    assert sealing is not None
    assert [(seal.number, seal.proof) for seal in sealing.orders[0].seals] == [("L77", "none"), ("VS000123", "vehicle_seal")]


def test_a_seal_that_the_rules_do_not_ask_for_is_not_proven_by_a_signal_from_next_door() -> None:
    truck = [seen for seen in in_order() if seen.kind not in {"orders_found", "vehicle_seal_heard"}]
    weak = seal(rssi=-99)
    decided, _ = lived([*truck[:3], weak, *truck[3:], left(40)], (order(),), LaneRules(require_seals=False))
    sealing = confirm(decided, "g", 1, "").sealing
    assert sealing is not None
    assert {seal.proof for seal in sealing.orders[0].seals} == {"none"}


def test_no_confirmation_where_there_is_nothing_to_confirm_or_no_right_to() -> None:
    assert confirmed(rules=LaneRules(direction=Direction.IN)).sealing is None
    assert confirmed(order(seals=[])).sealing is None
    tampered = [seen if seen.kind != "vehicle_seal_heard" else seal(cable_cut=True) for seen in in_order()[:-1]]
    decided, _ = lived([*tampered, left(40)], (order(),))
    assert decided.verdict is not None
    assert decided.verdict.outcome == "STOP"
    assert confirm(decided, "g", 1, "").sealing is None
    empty = [seen for seen in in_order() if seen.kind not in {"orders_found", "container_read"}]
    decided, _ = lived([*empty, left(40)], (empty_vehicle(),))
    assert confirm(decided, "g", 1, "").sealing is None


def test_a_confirmation_of_before_is_still_read() -> None:
    made = confirmed()
    old = made.model_dump(mode="json")
    del old["sealing"]
    del old["ruling"]
    del old["manual_openings"]
    assert Confirmation.model_validate(old).sealing is None
    assert Confirmation.model_validate_json(made.model_dump_json()) == made
    before_people = made.model_dump(mode="json")
    del before_people["sealing"]["person"]
    assert Confirmation.model_validate(before_people) == made


def approved(*changed: Observation, order_number: str = "", sealed: bool = True) -> Passage:
    """Nobody reads the box of this truck; a clerk looks, writes down its number, and lets it go."""
    number = "01934f2a-0000-7000-8000-000000000001"
    ruling = Ruling(
        device="desk",
        at=at(20),
        passage_id=number,
        approved=sealed,
        person="A017 陳美玲",
        proof="pin",
        reason="read the doors myself",
        order=order_number,
        corrections=(Correction(subject="container", read="", corrected=BOX),),
        expires_at=at(60),
    )
    waits = [seen for seen in without_box() if seen.at < ruling.at]
    decided, closed = lived([*waits, *changed, ruling, left(40)], (order(),), LaneRules(patience_s=10), number)
    assert confirm(decided, "ct4-116", 1, "四櫃中心 出站 1").sealing is None
    return closed


def test_a_person_who_lets_a_sealed_box_out_confirms_its_sealing_at_this_lane() -> None:
    sealing = confirm(approved(seal(19.5, counter=9)), "ct4-116", 2, "四櫃中心 出站 1").sealing
    assert sealing is not None
    assert (sealing.person, sealing.confirmed_by, sealing.at) == ("A017 陳美玲", "out-1", at(20))
    (sealed,) = sealing.orders
    assert (sealed.order_number, sealed.container) == ("BD15110459525700001", BOX)
    assert [(one.number, one.proof, one.at) for one in sealed.seals] == [
        ("WLS8854668", "passive_seal", at(0.2)),
        ("VS000123", "vehicle_seal", at(19.5)),
    ]


def test_what_the_devices_do_not_prove_a_person_vouches_for() -> None:
    sealing = confirm(approved(seal(19.5, locked=False)), "g", 2, "").sealing
    assert sealing is not None
    assert [one.proof for one in sealing.orders[0].seals] == ["passive_seal", "none"]


def test_the_order_that_a_person_picked_is_the_one_that_is_confirmed() -> None:
    sealing = confirm(approved(order_number="BD15110459525700001"), "g", 2, "").sealing
    assert sealing is not None
    assert [one.order_number for one in sealing.orders] == ["BD15110459525700001"]
    unknown = confirm(approved(order_number="BD15110459525799999"), "g", 2, "")
    assert (unknown.orders, unknown.sealing) == (("BD15110459525799999",), None), "nothing is known of its seals"


def test_a_refusal_and_a_release_that_was_taken_back_confirm_nothing() -> None:
    assert confirm(approved(sealed=False), "g", 2, "").sealing is None
    passage = approved(seal(19.5, counter=9))
    assert passage.weighed is not None
    withdrawn = passage.weighed.model_copy(update={"decided_at": at(30)})
    assert confirm(passage.model_copy(update={"withdrawn": withdrawn}), "g", 3, "").sealing is None


def test_a_seal_that_is_opened_later_is_proven_by_what_was_heard_before() -> None:
    passage = approved(seal(19.5, counter=9))
    later = passage.model_copy(update={"observations": (*passage.observations, seal(35, locked=False, counter=10))})
    sealing = confirm(later, "g", 3, "").sealing
    assert sealing is not None
    assert sealing.orders[0].seals[1].counter == 9
