"""Waiting before the next try: longer each time up to a limit, spread by chance, short again after success."""

from gateway.ocr.back_off import BackOff


def test_delays_double_up_to_the_limit_and_begin_again() -> None:
    back_off = BackOff(lambda count: b"\xff" * count, first_s=0.5, longest_s=3.0)
    assert [back_off.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    back_off.reset()
    assert back_off.next_s() == 0.5


def test_chance_takes_away_up_to_half() -> None:
    assert BackOff(lambda count: b"\0" * count, first_s=0.5).next_s() == 0.25
