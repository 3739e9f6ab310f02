"""The checks of typed numbers on the server; the same list is held against the script in `test_browser.py`."""

import pytest

from gateway.model.business_number import fits
from gateway.platform.orders.entry.checks import CHECKS
from tests.platform.entry.vectors import VECTORS


@pytest.mark.parametrize(("kind", "text", "finding"), VECTORS)
def test_a_typed_number(kind: str, text: str, finding: str) -> None:
    assert CHECKS[kind](text) == finding


def test_any_one_digit_mistyped_is_mostly_noticed() -> None:
    """Of the nine other digits in a place one passes: the ministry's rule, not ours."""
    good = "04595257"
    changed = [
        good[:place] + str(digit) + good[place + 1 :] for place in range(8) for digit in range(10) if str(digit) != good[place]
    ]
    noticed = sum(not fits(one) for one in changed)
    assert (noticed, len(changed)) == (64, 72)
