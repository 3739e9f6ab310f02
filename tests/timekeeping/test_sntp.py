"""NTP packets: what is right is understood to the microsecond, and nothing else gets further than a named error."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.timekeeping.errors import BadAnswerError, NotServingError, TimeError
from gateway.timekeeping.sntp import ServerTime, measured, parse_answer, question, to_time, to_timestamp

NONCE = bytes(range(8))
ASKED = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
# Answered by a server of stratum 2 at 2026-11-23T04:00:02.5 (NTP 0xeeae38c2), written by hand after RFC 5905, figure 8.
STAMP = "eeae38c280000000"
ANSWER = bytes.fromhex("240206ec" + "00000100" + "00000200" + "c0000201" + STAMP + NONCE.hex() + STAMP + STAMP)
MOMENTS = st.datetimes(datetime(1968, 1, 21), datetime(2104, 2, 1)).map(lambda at: at.replace(tzinfo=UTC))


def test_a_question_is_a_client_packet_with_nothing_of_the_gate_in_it() -> None:
    packet = question(NONCE)
    assert packet == bytes([0x23]) + bytes(39) + NONCE


def test_an_answer_is_understood() -> None:
    answer = parse_answer(ANSWER, NONCE)
    assert (answer.sent, answer.received, answer.stratum) == (ASKED + timedelta(seconds=2.5),) * 2 + (2,)


def test_extension_fields_and_signatures_are_passed_over() -> None:
    assert parse_answer(ANSWER + bytes(20), NONCE) == parse_answer(ANSWER, NONCE)


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        (0, 0x23, BadAnswerError),  # a question
        (0, 0xE4, NotServingError),  # not synchronised
        (1, 0, NotServingError),  # a kiss of death
        (1, 16, NotServingError),
        (24, 0xFF, BadAnswerError),  # not ours
    ],
)
def test_what_must_not_be_believed_is_refused(place: int, value: int, error: type[TimeError]) -> None:
    packet = bytearray(ANSWER)
    packet[place] = value
    with pytest.raises(error):
        parse_answer(bytes(packet), NONCE)


def test_a_kiss_of_death_is_told_with_its_code() -> None:
    packet = ANSWER[:1] + bytes(1) + ANSWER[2:12] + b"RATE" + ANSWER[16:]
    with pytest.raises(NotServingError, match="RATE"):
        parse_answer(packet, NONCE)


@given(st.binary(max_size=100), st.binary(min_size=8, max_size=8))
def test_no_bytes_raise_anything_else(packet: bytes, nonce: bytes) -> None:
    with contextlib.suppress(TimeError):
        parse_answer(packet, nonce)


@given(st.binary(min_size=24, max_size=24), st.binary(min_size=16, max_size=60), st.sampled_from([0x24, 0x1C, 0x64, 0xA4]))
def test_no_bytes_in_an_answer_to_our_question_raise_anything_else(head: bytes, tail: bytes, flags: int) -> None:
    try:
        answer = parse_answer(bytes([flags]) + head[1:] + NONCE + tail, NONCE)
    except TimeError:
        return
    assert measured(ASKED, 0.1, answer).stratum == answer.stratum


@given(MOMENTS)
def test_timestamps_keep_the_microsecond_beyond_2036(at: datetime) -> None:
    assert to_time(to_timestamp(at)) == at


@given(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(0, 1, allow_nan=False),
    st.floats(0, 1, allow_nan=False),
    st.floats(0, 1, allow_nan=False),
)
def test_the_offset_is_right_to_half_the_delay_however_uneven_the_way(
    ahead: float, there: float, inside: float, back: float
) -> None:
    received = ASKED + timedelta(seconds=there - ahead)
    found = measured(ASKED, there + inside + back, ServerTime(received, received + timedelta(seconds=inside), 1, b"GPS\0"))
    assert abs(found.ahead_s - ahead) <= (there + back) / 2 + 1e-5
    assert found.delay_s == pytest.approx(there + back, abs=1e-5)
