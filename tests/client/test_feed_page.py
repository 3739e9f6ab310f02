"""A page of the feed is read as far as it can be, whatever stands in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.client import UnexpectedAnswerError
from gateway.client.feed_page import parse_feed_page
from gateway.model.wire import PassiveSealEntry
from tests.orders.entries import order, page

PAGE = page(order(1), PassiveSealEntry(epc="3034ABCD00", number="X1"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_page_or_not_the_platforms(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError):
        parse_feed_page(body, 0)


@given(strange=st.lists(JSON, max_size=4), place=st.integers(0, 2))
def test_whatever_stands_among_the_items_the_good_ones_are_read(strange: list[object], place: int) -> None:
    message = json.loads(PAGE.model_dump_json())
    message["items"][place:place] = strange
    read, unreadable = parse_feed_page(json.dumps(message).encode(), 0)
    assert read == PAGE
    assert len(unreadable) == len(strange)
