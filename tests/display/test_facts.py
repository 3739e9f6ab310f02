"""What a person is told of a passage: each thing beside what was expected of it."""

from gateway.display.facts import Facts, facts_of
from gateway.display.view import LaneView
from gateway.model.verdict import CheckResult, Subject
from tests.display import scenes
from tests.display.scenes import Album


def told(view: LaneView) -> Facts:
    assert view.passage
    return facts_of(view.passage, view.orders)


def test_a_wrong_box_stands_beside_the_orders(album: Album) -> None:
    (box,) = told(scenes.stopped(album)).boxes
    assert box.answer
    assert (box.answer.number, box.expected, box.differs) == ("WSAU4160620", "WSAU4160682", True)
    assert box.shot
    assert box.shot.frame_size == scenes.SIZE
    assert box.shot.crop


def test_an_unread_box_is_shown_as_expected(album: Album) -> None:
    view = scenes.stopped(album)
    assert view.passage
    blind = view.passage.model_copy(update={"answer": view.passage.answer.model_copy(update={"containers": ()})})
    (box,) = facts_of(blind, view.orders).boxes
    assert (box.answer, box.expected, box.size_type) == (None, "WSAU4160682", "45G1")


def test_the_worst_result_of_a_subject_counts(album: Album) -> None:
    summary = {item.subject: item.result for item in told(scenes.crowded(album)).summary}
    assert summary[Subject.CONTAINER] is CheckResult.DIFFERS
    assert summary[Subject.ORDER] is CheckResult.OK


def test_the_orders_plate_is_shown_only_when_it_is_another(album: Album) -> None:
    assert told(scenes.passed(album)).tractor.expected == ""
    assert told(scenes.crowded(album)).tractor.expected == "KNB6603"


def test_seals_of_the_order_come_first_then_strangers(album: Album) -> None:
    view = scenes.passed(album)
    assert view.passage
    stranger = scenes.seal("VS99999999")
    far = scenes.seal("VS11111111").model_copy(update={"rssi": -95.0})
    more = view.passage.model_copy(update={"observations": (*view.passage.observations, stranger, far)})
    seals = facts_of(more, view.orders).seals
    assert [(seal.number, seal.in_order) for seal in seals] == [("WLS8854668", True), ("VS00012877", True), ("VS99999999", False)]
    assert seals[0].chip
    assert seals[1].heard
    assert seals[1].heard.locked


def test_an_empty_vehicle_is_a_kind_of_its_own(album: Album) -> None:
    assert told(scenes.empty(album)).empty_vehicle
    assert not told(scenes.busy(album)).empty_vehicle


def test_each_whole_frame_is_shown_once(album: Album) -> None:
    shots = told(scenes.passed(album)).shots
    assert len(shots) == len({shot.picture for shot in shots}) == 2
