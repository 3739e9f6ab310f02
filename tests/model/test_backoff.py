"""Waiting before the next try: longer each time up to a limit, spread by chance, short again after a success."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.backoff import Backoff


def test_waiting_doubles_up_to_the_longest_and_starts_again_after_success() -> None:
    backoff = Backoff(0.5, 2.0)
    assert [backoff.next_s() for _ in range(4)] == [0.5, 1.0, 2.0, 2.0]
    backoff.reset()
    assert backoff.next_s() == 0.5


@given(st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=200))
def test_pauses_are_spread_between_half_and_whole(random: list[bytes]) -> None:
    source = iter(random)
    backoff = Backoff(0.5, 30.0, lambda _: next(source))
    for failures in range(len(random)):
        whole = min(30.0, 0.5 * 2.0**failures)
        assert whole / 2 <= backoff.next_s() <= whole
