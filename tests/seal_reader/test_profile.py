"""The frame's codec: what is signed is read back, and no bytes can do worse than a FrameError."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.seal_reader.errors import FrameError
from gateway.seal_reader.profile import COMPANY_ID, FRAME_LENGTH, MARKER, MAX_COUNTER, VERSION, SealFlag, SealFrame, parse, sign

KEY = bytes(range(16))
FRAMES = st.builds(
    SealFrame,
    key_id=st.integers(1, 255),
    serial=st.integers(0, 2**32 - 1),
    flags=st.integers(0, 0xFFFF).map(SealFlag),
    battery_percent=st.integers(0, 100),
    counter=st.integers(0, MAX_COUNTER),
    events=st.integers(0, 0xFFFF),
)
RECORDED = [
    tuple(part.strip() for part in line.split("|"))
    for line in (Path(__file__).parent / "frames" / "advertisements.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _in_words(payload: bytes) -> str:
    try:
        signed = parse(payload)
    except FrameError as error:
        return str(error)
    return f"{signed.frame.serial} {signed.frame.flags:#06x} {signed.frame.counter}" if signed else "none"


@pytest.mark.parametrize(("expected", "payload"), RECORDED)
def test_recorded_manufacturer_data(expected: str, payload: str) -> None:
    assert _in_words(bytes.fromhex(payload)) == expected


@given(FRAMES)
def test_what_is_signed_is_read_back_and_verified(frame: SealFrame) -> None:
    payload = sign(frame, KEY)
    signed = parse(payload)
    assert len(payload) == FRAME_LENGTH == 26
    assert signed is not None
    assert signed.frame == frame
    assert signed.verified(KEY)
    assert not signed.verified(bytes(16))


@given(FRAMES, st.integers(3, FRAME_LENGTH - 1), st.integers(1, 255))
def test_any_changed_byte_is_noticed(frame: SealFrame, place: int, change: int) -> None:
    payload = bytearray(sign(frame, KEY))
    payload[place] ^= change
    try:
        signed = parse(bytes(payload))
    except FrameError:
        return
    assert signed is not None
    assert not signed.verified(KEY)


@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: COMPANY_ID + bytes([MARKER, VERSION]) + rest))
def test_arbitrary_bytes_are_no_frame_or_a_frame_error(payload: bytes) -> None:
    try:
        signed = parse(payload)
    except FrameError:
        return
    assert signed is None or not signed.verified(KEY)


@pytest.mark.parametrize(
    "frame",
    [
        SealFrame(0, 1, SealFlag(0), 50, 1, 0),
        SealFrame(1, 2**32, SealFlag(0), 50, 1, 0),
        SealFrame(1, 1, SealFlag(0), 101, 1, 0),
        SealFrame(1, 1, SealFlag(0), 50, MAX_COUNTER + 1, 0),
    ],
)
def test_a_frame_that_does_not_fit_is_not_signed(frame: SealFrame) -> None:
    with pytest.raises(FrameError, match=f"seal {frame.serial}"):
        sign(frame, KEY)


def test_a_legacy_advertisement_holds_it() -> None:
    flags, head = 3, 2
    assert flags + head + FRAME_LENGTH == 31
