"""A feed's lines: any stream is cut the same way however it arrives, and any line is an advertisement or a FeedLineError."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.seal_reader.errors import FeedLineError
from gateway.seal_reader.feed_lines import MAX_LINE, HeardLine, LineSplitter, parse_line

LINES = [
    tuple(part.strip() for part in line.split("|", 1))
    for line in (Path(__file__).parent / "frames" / "feed.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _in_words(line: bytes) -> str:
    try:
        heard = parse_line(line)
    except FeedLineError as error:
        return str(error)
    return f"{heard.address} {heard.rssi:g} {heard.payload.hex() or '-'} {heard.at:%H:%M:%S}"


@pytest.mark.parametrize(("expected", "line"), LINES)
def test_recorded_lines(expected: str, line: str) -> None:
    assert expected in _in_words(line.encode())


@given(
    st.from_regex(r"[0-9A-F:]{1,17}", fullmatch=True),
    st.floats(-127, 20),
    st.binary(max_size=255),
    st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_a_line_survives_the_wire(address: str, rssi: float, payload: bytes, at: datetime) -> None:
    line = json.dumps({"address": address, "rssi": rssi, "payload": payload.hex(), "at": at.isoformat()})
    assert parse_line(line.encode()) == HeardLine(address, rssi, payload, at)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_worse_than_a_line_error(line: bytes) -> None:
    with pytest.raises(FeedLineError):
        parse_line(line)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("address", "rssi", "payload", "at"), JSON)))
def test_arbitrary_json_is_no_worse_than_a_line_error(value: dict[str, object]) -> None:
    try:
        parse_line(json.dumps(value).encode())
    except FeedLineError:
        return


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))), st.data())
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], data: st.DataObject) -> None:
    end_of_line = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    stream = b"".join(line + end_of_line for line in lines)
    splitter, got = LineSplitter(), []
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    for start, end in pairwise([0, *cuts, len(stream)]):
        got += splitter.feed(stream[start:end])
    assert got == lines


@pytest.mark.parametrize("piece", [1, 100, MAX_LINE, 10 * MAX_LINE])
def test_a_line_without_end_is_never_kept_and_the_next_one_is_read(piece: int) -> None:
    stream = b"x" * (5 * MAX_LINE) + b"\nnext\n" + b"y" * MAX_LINE + b"\n"
    splitter, got = LineSplitter(), []
    for start in range(0, len(stream), piece):
        got += splitter.feed(stream[start : start + piece])
        assert len(splitter._rest) <= MAX_LINE
    assert got == [None, b"next", b"y" * MAX_LINE]
