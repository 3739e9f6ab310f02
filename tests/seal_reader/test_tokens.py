"""Tokens, commands and receipts: what is made can be read, what is changed is refused, and no bytes are too much."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import Clock
from gateway.seal_reader.errors import SealReaderError, TokenError
from gateway.seal_reader.gatt import CHALLENGE, COMMAND, RECEIPT, Refusal
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.profile import SealFlag
from gateway.seal_reader.receipts import RECEIPT_LENGTH, Receipt, Result, read_receipt, sign_receipt
from gateway.seal_reader.tokens import COMMAND_LENGTH, Action, Token, command, issue, parse_command, parse_token, public_bytes
from gateway.simulator.errors import AttError
from gateway.simulator.seal_beacon import SealBeacon
from gateway.simulator.seal_device import ROOM, SealDevice
from tests.seal_reader.conftest import MASTER, SERIAL, START

AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOLDER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
KEYS = SealKeys({1: MASTER})

TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=16)
MOMENT = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))


def token(**changes: object) -> Token:
    values: dict[str, object] = {
        "key_id": 1,
        "action": Action.UNLOCK,
        "serial": SERIAL,
        "token_id": bytes(16),
        "not_before": START,
        "not_after": START + timedelta(hours=1),
        "order": "BD15110459525700001",
        "operator": "K1234",
        "holder": public_bytes(HOLDER),
    }
    return Token(**(values | changes))  # type: ignore[arg-type]


def seal(now: Clock | None = lambda: START) -> SealDevice:
    """A seal whose random bytes are a count, so that challenges are known and never repeat."""
    count = iter(range(1, 1000))
    return SealDevice(
        SealBeacon(SERIAL, KEYS), {1: AUTHORITY.public_key()}, now, lambda length: next(count).to_bytes(length, "big")
    )


def use(device: SealDevice, data: bytes, holder: Ed25519PrivateKey = HOLDER) -> None:
    device.write(COMMAND, command(data, device.read(CHALLENGE), holder))


def refused(device: SealDevice, data: bytes, holder: Ed25519PrivateKey = HOLDER) -> int:
    with pytest.raises(AttError) as raised:
        use(device, data, holder)
    return raised.value.code


@given(st.sampled_from(Action), st.integers(0, 2**32 - 1), st.binary(min_size=16, max_size=16), MOMENT, TEXT, TEXT)
def test_a_token_survives_the_wire(action: Action, serial: int, token_id: bytes, at: datetime, order: str, operator: str) -> None:
    made = token(action=action, serial=serial, token_id=token_id, not_before=at, not_after=at, order=order, operator=operator)
    read = parse_token(issue(made, AUTHORITY))
    assert read.token == made
    assert read.verified(AUTHORITY.public_key())


@given(st.integers(0, COMMAND_LENGTH * 8 - 1))
def test_no_bit_of_a_command_can_be_changed(bit: int) -> None:
    device = seal()
    data = bytearray(command(issue(token(), AUTHORITY), device.read(CHALLENGE), HOLDER))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(AttError):
        device.write(COMMAND, bytes(data))
    assert device.commands == 0


@given(st.integers(0, RECEIPT_LENGTH * 8 - 1))
def test_no_bit_of_a_receipt_can_be_changed(bit: int) -> None:
    device = seal()
    use(device, issue(token(), AUTHORITY))
    data = bytearray(device.read(RECEIPT))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealReaderError):
        read_receipt(bytes(data), KEYS)


@given(st.binary(max_size=300) | st.binary(min_size=COMMAND_LENGTH, max_size=COMMAND_LENGTH))
def test_no_bytes_are_too_much(data: bytes) -> None:
    for read in (parse_command, parse_token, lambda data: read_receipt(data, KEYS)):
        try:
            read(data)
        except SealReaderError:
            continue
    with pytest.raises(AttError):
        seal().write(COMMAND, data)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"serial": 7}, Refusal.OTHER_SEAL),
        ({"key_id": 2}, Refusal.UNKNOWN_AUTHORITY),
        ({"not_before": START + timedelta(seconds=1)}, Refusal.NOT_NOW),
        ({"not_before": START - timedelta(hours=2), "not_after": START - timedelta(seconds=1)}, Refusal.NOT_NOW),
        ({"holder": public_bytes(AUTHORITY)}, Refusal.WRONG_ANSWER),
        ({"holder": b"\xff" * 32}, Refusal.WRONG_ANSWER),
    ],
)
def test_a_token_that_does_not_fit_is_refused_for_that_reason(changes: dict[str, object], code: Refusal) -> None:
    device = seal()
    assert refused(device, issue(token(**changes), AUTHORITY)) == code
    assert device.commands == 0
    assert (SealFlag.WRONG_CREDENTIAL in device.beacon.flags) == (code is not Refusal.OTHER_SEAL)


def test_who_is_no_authority_and_a_seal_without_a_clock() -> None:
    assert refused(seal(), issue(token(), HOLDER)) == Refusal.WRONG_SIGNATURE
    assert refused(seal(now=None), issue(token(), AUTHORITY)) == Refusal.NO_CLOCK


def test_a_command_that_was_overheard_is_worth_nothing() -> None:
    device, data = seal(), issue(token(), AUTHORITY)
    overheard = command(data, device.read(CHALLENGE), HOLDER)
    device.linked()
    with pytest.raises(AttError) as raised:
        device.write(COMMAND, overheard)
    assert raised.value.code == Refusal.WRONG_ANSWER
    use(device, data)
    with pytest.raises(AttError) as raised:
        device.write(COMMAND, overheard)
    assert raised.value.code == Refusal.USED


def test_used_tokens_are_remembered_until_they_expire_and_no_further() -> None:
    now = START
    device = seal(lambda: now)
    for number in range(ROOM):
        use(device, issue(token(token_id=number.to_bytes(16, "big")), AUTHORITY))
    late = issue(token(token_id=b"\xff" * 16, not_after=START + timedelta(hours=3)), AUTHORITY)
    assert refused(device, late) == Refusal.NO_ROOM
    now += timedelta(hours=2)
    use(device, late)
    assert device.commands == ROOM + 1


def test_locking_needs_a_plug_and_clearing_clears() -> None:
    device = seal()
    device.beacon.flags = SealFlag.CABLE_CUT | SealFlag.WRONG_CREDENTIAL
    use(device, issue(token(action=Action.LOCK), AUTHORITY))
    assert read_receipt(device.read(RECEIPT), KEYS).result is Result.NO_PLUG
    use(device, issue(token(action=Action.CLEAR, token_id=b"\x01" * 16), AUTHORITY))
    assert read_receipt(device.read(RECEIPT), KEYS).flags == SealFlag(0)


@pytest.mark.parametrize(
    "changes", [{"order": "貨櫃"}, {"order": "A" * 21}, {"operator": "B" * 17}, {"holder": b""}, {"key_id": 256}]
)
def test_a_token_that_cannot_be_written_is_refused_at_once(changes: dict[str, object]) -> None:
    with pytest.raises(TokenError):
        issue(token(**changes), AUTHORITY)


def test_a_receipt_of_another_time_or_place_is_read_as_it_stands() -> None:
    made = Receipt(1, SERIAL, Action.LOCK, Result.DONE, START, 7, 8, SealFlag.PLUG_INSERTED, bytes(16), "", "")
    assert read_receipt(sign_receipt(made, KEYS.for_receipts(1, SERIAL)), KEYS) == made
