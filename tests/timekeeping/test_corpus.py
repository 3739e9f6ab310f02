"""What time servers were recorded to answer, and what a network makes of it: understood, or one of the room's own errors."""

from pathlib import Path

import pytest

from gateway.timekeeping.errors import TimeError
from gateway.timekeeping.sntp import parse_answer
from tests.corpus import agrees, cases, told

NONCE = bytes(range(8))


def outcome(data: bytes) -> str:
    try:
        answer = parse_answer(data, NONCE)
    except TimeError as error:
        return told(error)
    return f"stratum {answer.stratum}, {answer.sent.isoformat()}"


@pytest.mark.parametrize(("decoder", "data", "expected"), cases(Path(__file__).parent))
def test_it_is_understood_or_refused_as_the_table_says(decoder: str, data: bytes, expected: str) -> None:
    assert decoder == "sntp"
    said = outcome(data)
    assert agrees(said, expected), said
