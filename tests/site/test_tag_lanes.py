"""A tag that two lanes see belongs to the one that sees it strongest while a vehicle stands there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.device import TagSighting
from gateway.model.lane_rules import LaneRules, OpenedBy
from gateway.site.tag_lanes import MAX_TAGS, TagLanes

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
UID = "e2801160600002050a8d3a1f"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def tag(seconds: float, rssi: float | None = -55.0, uid: str = UID) -> TagSighting:
    return TagSighting("uhf", at(seconds), "uhf", uid, 1, rssi)


def two_lanes(**changes: object) -> TagLanes:
    rules = LaneRules.model_validate({"lookback_s": 5.0, "quiet_s": 4.0} | changes)
    return TagLanes({"a": rules, "b": rules})


def seen(lanes: TagLanes, lane: str, seconds: float, rssi: float | None = -55.0) -> Callable[[], bool]:
    sighting = tag(seconds, rssi)
    lanes.note(lane, sighting)
    return lambda: lanes.owns(lane, sighting)


def test_two_vehicles_and_one_tag() -> None:
    lanes = two_lanes()
    lanes.vehicle("a", True, at(0))
    lanes.vehicle("b", True, at(1))
    weak, strong = seen(lanes, "a", 2, -70), seen(lanes, "b", 2.1, -48)
    assert (weak(), strong()) == (False, True)
    again = seen(lanes, "a", 3, -69)
    assert not again()


def test_the_only_vehicle_has_its_tags_however_weak_and_an_empty_lane_keeps_in_mind_what_it_sees_strongest() -> None:
    lanes = two_lanes()
    lanes.vehicle("a", True, at(0))
    there, approaching = seen(lanes, "a", 1, -70), seen(lanes, "b", 1, -48)
    assert (there(), approaching()) == (True, True)
    lanes.vehicle("b", True, at(2))
    assert not seen(lanes, "a", 2.5, -70)()
    assert not seen(two_standing_by(), "b", 1, -71)()


def two_standing_by() -> TagLanes:
    """A vehicle in lane a, whose tag is read there; lane b is empty."""
    lanes = two_lanes()
    lanes.vehicle("a", True, at(0))
    lanes.note("a", tag(1, -70))
    return lanes


def test_before_any_vehicle_comes_both_lanes_keep_it_in_mind() -> None:
    lanes = two_lanes()
    assert seen(lanes, "a", 0)()
    assert seen(lanes, "b", 0, -90)()


def test_how_strongly_the_vehicle_before_was_heard_does_not_count() -> None:
    lanes = two_lanes()
    lanes.vehicle("b", True, at(0))
    assert seen(lanes, "b", 1, -40)()
    lanes.vehicle("b", False, at(2))
    lanes.vehicle("a", True, at(20))
    lanes.vehicle("b", True, at(20))
    assert seen(lanes, "a", 21, -60)()
    assert not seen(lanes, "b", 21, -65)()


def test_a_tag_held_back_since_before_the_vehicle_is_not_its() -> None:
    lanes = two_lanes()
    lanes.vehicle("a", True, at(100))
    assert seen(lanes, "a", 96)()
    assert not seen(lanes, "a", 90)()


def test_a_reader_that_tells_no_strength_yields() -> None:
    lanes = two_lanes()
    lanes.vehicle("a", True, at(0))
    lanes.vehicle("b", True, at(0))
    silent, told = seen(lanes, "a", 1, None), seen(lanes, "b", 1, -80)
    assert (silent(), told()) == (False, True)


def test_where_cameras_open_passages_a_lane_is_empty_once_they_see_nothing() -> None:
    lanes = two_lanes(opened_by=OpenedBy.CAMERA)
    lanes.vehicle("a", True, at(0))
    lanes.vehicle("b", True, at(0))
    assert lanes.contested("a", at(3))
    assert not lanes.contested("a", at(4))
    strong = seen(lanes, "b", 3, -40)
    assert strong()
    lanes.vehicle("a", True, at(5))
    assert seen(lanes, "a", 6, -70)()


def test_only_another_lanes_vehicle_makes_a_tag_doubtful() -> None:
    lanes = two_lanes()
    lanes.vehicle("a", True, at(0))
    assert not lanes.contested("a", at(1))
    assert lanes.contested("b", at(1))


def test_thousands_of_tags_do_not_pile_up() -> None:
    lanes = two_lanes()
    first = tag(0, uid="first")
    lanes.note("a", first)
    for number in range(MAX_TAGS):
        lanes.note("a", tag(1, uid=str(number)))
    assert not lanes.owns("a", first)


STEPS = st.one_of(
    st.tuples(st.just("vehicle"), st.sampled_from("ab"), st.booleans()),
    st.tuples(st.just("tag"), st.sampled_from("ab"), st.none() | st.floats(-90, -20)),
)


@given(st.lists(STEPS, max_size=60), st.sampled_from(OpenedBy))
def test_while_a_vehicle_stands_where_a_tag_is_seen_somebody_owns_it(steps: list[tuple[str, str, object]], by: OpenedBy) -> None:
    lanes = two_lanes(opened_by=by)
    for second, (what, lane, value) in enumerate(steps):
        if what == "vehicle":
            lanes.vehicle(lane, value is True, at(second))
            continue
        sighting = tag(second, value if isinstance(value, float) else None)
        lanes.note(lane, sighting)
        assert lanes.owns("a", sighting) or lanes.owns("b", sighting)
