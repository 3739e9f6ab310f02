"""Feed pages and what may stand in their place, the platform's time first of all: understood, or the room's own error."""

from pathlib import Path

import pytest

from gateway.uplink.errors import UplinkError
from gateway.uplink.feed_page import parse_feed_page
from tests.corpus import agrees, cases, told

AFTER = 5


def outcome(data: bytes) -> str:
    try:
        page, unreadable = parse_feed_page(data, AFTER)
    except UplinkError as error:
        return told(error)
    return f"cursor {page.cursor} at {page.server_time.isoformat()}, {len(page.items)} items, {len(unreadable)} left out"


@pytest.mark.parametrize(("decoder", "data", "expected"), cases(Path(__file__).parent))
def test_it_is_understood_or_refused_as_the_table_says(decoder: str, data: bytes, expected: str) -> None:
    assert decoder == "feed_page"
    said = outcome(data)
    assert agrees(said, expected), said
