"""Neighbours travel in one request, holes are never touched."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.signals.points import MAX_RUN, runs, switching_off_first


def test_holes_and_tables_split_runs() -> None:
    found = runs([("a", "discrete", 0), ("b", "discrete", 1), ("c", "discrete", 3), ("d", "coil", 2)])
    assert [str(run) for run in found] == ["d (coil 2)", "a, b (discrete 0 to 1)", "c (discrete 3)"]


def test_what_only_switches_off_is_written_first() -> None:
    red, green = runs([("red", "coil", 1), ("green", "coil", 5)])
    assert switching_off_first([red, green], {"red": True, "green": False}) == [green, red]
    assert switching_off_first([red, green], {"red": False, "green": True}) == [red, green]


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(st.sampled_from(["coil", "discrete"]), st.integers(0, 65535))))
def test_every_point_stands_in_one_run_at_its_address(points: dict[str, tuple[str, int]]) -> None:
    found = runs((name, table, address) for name, (table, address) in points.items())
    placed = [(name, run.table, run.start + i) for run in found for i, names in enumerate(run.names) for name in names]
    assert sorted(placed) == sorted((name, table, address) for name, (table, address) in points.items())
    assert all(run.count <= MAX_RUN for run in found)
