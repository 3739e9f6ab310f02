"""What seals, and whoever claims to be one, were recorded to send: understood, or one of the room's own errors."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.seal_reader.errors import SealReaderError
from gateway.seal_reader.feed_lines import LineSplitter, parse_line
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.seal_reader.receipts import read_receipt
from gateway.seal_reader.seal_link import authentic
from gateway.seal_reader.tokens import SignedToken, parse_command, parse_token
from tests.corpus import agrees, cases, told
from tests.seal_reader.conftest import MASTER, SERIAL, authenticator, heard
from tests.seal_reader.test_tokens import AUTHORITY

KEYS = SealKeys({1: MASTER})


def advertisement(data: bytes) -> str:
    """As a gate judges it that has never heard this seal."""
    gate: SealAuthenticator = authenticator(KEYS)
    found = gate.accept(heard(data))
    return f"{found.kind if found else 'nothing'} {dict(gate.counts)}"


def status(data: bytes) -> str:
    """What stands in the characteristic of the one seal that was asked."""
    frame = authentic(data, SERIAL, KEYS)
    return f"{frame.serial} flags {frame.flags:#06x} battery {frame.battery_percent} counter {frame.counter}"


def receipt(data: bytes) -> str:
    found = read_receipt(data, KEYS)
    return f"{found.action.name} {found.result.name} {found.serial} {found.at:%H:%M} {found.order} {found.operator}"


def token(data: bytes) -> str:
    return _described(parse_token(data))


def _described(signed: SignedToken) -> str:
    trust = "authentic" if signed.verified(AUTHORITY.public_key()) else "not authentic"
    return f"{signed.token.action.name} {signed.token.serial} {signed.token.order} {signed.token.operator}, {trust}"


def command(data: bytes) -> str:
    """For the first challenge of the tests' seal."""
    found = parse_command(data)
    answers = "answers" if found.answers((1).to_bytes(16, "big")) else "does not answer"
    return f"{_described(found.signed)}, {answers} the challenge"


def feed(data: bytes) -> str:
    """Lines of a bridge; one that is wrong costs only itself."""
    told_of = []
    for line in LineSplitter().feed(data):
        try:
            said = parse_line(line) if line else None
            told_of.append(
                f"{said.address} {said.rssi:g} {said.payload.hex()}" if said else "too long" if line is None else "heartbeat"
            )
        except SealReaderError as error:
            told_of.append(told(error))
    return "; ".join(told_of)


DECODERS: dict[str, Callable[[bytes], str]] = {
    "advertisement": advertisement,
    "status": status,
    "receipt": receipt,
    "token": token,
    "command": command,
    "feed": feed,
}


def outcome(decoder: str, data: bytes) -> str:
    try:
        return DECODERS[decoder](data)
    except SealReaderError as error:
        return told(error)


@pytest.mark.parametrize(("decoder", "data", "expected"), cases(Path(__file__).parent))
def test_it_is_understood_or_refused_as_the_table_says(decoder: str, data: bytes, expected: str) -> None:
    said = outcome(decoder, data)
    assert agrees(said, expected), said


FROM_A_SEAL = [case.values[1] for case in cases(Path(__file__).parent) if case.values[0] != "feed"]


@given(recorded=st.sampled_from(FROM_A_SEAL), place=st.integers(0, 230), damage=st.binary(max_size=20))
def test_no_damage_to_what_a_seal_shows_raises_anything_but_the_rooms_errors(recorded: bytes, place: int, damage: bytes) -> None:
    value = recorded[:place] + damage + recorded[place + len(damage) :]
    for decoder in ("advertisement", "status", "receipt", "token", "command"):
        assert outcome(decoder, value)
