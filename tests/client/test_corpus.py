"""Feed pages and what may stand in their place, the platform's time first of all: understood, or the room's own error."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.client import ClientError
from gateway.client.feed_page import parse_feed_page
from tests.corpus import agrees, cases, told

AFTER = 5


def outcome(data: bytes) -> str:
    try:
        page, unreadable = parse_feed_page(data, AFTER)
    except ClientError as error:
        return told(error)
    return f"cursor {page.cursor} at {page.server_time.isoformat()}, {len(page.items)} items, {len(unreadable)} left out"


@pytest.mark.parametrize(("decoder", "data", "expected"), cases(Path(__file__).parent))
def test_it_is_understood_or_refused_as_the_table_says(decoder: str, data: bytes, expected: str) -> None:
    assert decoder == "feed_page"
    said = outcome(data)
    assert agrees(said, expected), said


STRANGE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.integers(), max_size=2)


@given(server_time=STRANGE | st.datetimes().map(str), cursor=STRANGE)
def test_no_time_and_no_cursor_of_a_platform_raises_anything_but_the_rooms_error(server_time: object, cursor: object) -> None:
    assert outcome(json.dumps({"items": [], "cursor": cursor, "more": False, "server_time": server_time}).encode())
