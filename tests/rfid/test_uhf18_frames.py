"""Frames of the UHFReader18 family: recorded ones are understood, noise costs no whole frame, and nothing else can happen."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rfid.errors import ProtocolError
from gateway.rfid.uhf18_frames import (
    DONE,
    INVENTORY,
    Answer,
    FrameSplitter,
    crc16,
    encode_answer,
    inventory,
    parse_information,
    reader_information,
    tags_of,
)

FRAMES = [
    tuple(part.strip() for part in line.split("|"))
    for line in (Path(__file__).parent / "frames" / "uhf18.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _of(kind: str) -> list[tuple[str, bytes]]:
    return [(expected, bytes.fromhex(frame)) for what, expected, frame in FRAMES if what == kind]


def whole(frame: bytes) -> Answer:
    (answer,) = FrameSplitter().feed(frame)
    return answer


@pytest.mark.parametrize(("expected", "frame"), _of("with antennas"))
def test_tags_with_antenna_and_strength(expected: str, frame: bytes) -> None:
    answer = whole(frame)
    tags = "; ".join(f"{tag.epc} {','.join(map(str, tag.antennas))} {tag.strength}" for tag in tags_of(answer, True))
    assert f"{answer.status:02x}: {tags}".strip() == expected


@pytest.mark.parametrize(("expected", "frame"), _of("plain"))
def test_tags_without_antenna(expected: str, frame: bytes) -> None:
    answer = whole(frame)
    assert f"{answer.status:02x}: {'; '.join(tag.epc for tag in tags_of(answer, False))}".strip() == expected


@pytest.mark.parametrize(("expected", "frame"), _of("information"))
def test_what_a_reader_says_it_is(expected: str, frame: bytes) -> None:
    assert str(parse_information(whole(frame))) == expected


@pytest.mark.parametrize(("expected", "frame"), _of("malformed"))
def test_an_inventory_that_does_not_add_up_is_refused(expected: str, frame: bytes) -> None:
    with pytest.raises(ProtocolError, match=expected):
        tags_of(whole(frame), True)


def test_commands_as_the_manuals_print_them() -> None:
    assert reader_information(0).hex() == "0400 21 d96a".replace(" ", "")
    assert inventory(255).hex() == "04 ff 01 1b b4".replace(" ", "")
    assert inventory(0, antenna=3, scan_ms=500)[:-2].hex() == "0d 00 01 04 00 01 0000 00 00 82 05".replace(" ", "")


def bitwise_crc(data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value


@given(st.binary(max_size=300))
def test_the_checksum_is_the_manuals(data: bytes) -> None:
    assert crc16(data) == bitwise_crc(data)
    assert crc16(b"123456789") == 0x6F91  # CRC-16/MCRF4XX


ANSWERS = st.builds(Answer, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=250))


@given(st.lists(ANSWERS, max_size=8), st.integers(1, 50))
def test_frames_are_found_however_they_are_cut(answers: list[Answer], size: int) -> None:
    stream = b"".join(map(encode_answer, answers))
    splitter = FrameSplitter()
    found = [answer for start in range(0, len(stream), size) for answer in splitter.feed(stream[start : start + size])]
    assert found == answers
    assert splitter.skipped == 0


@given(st.binary(max_size=200), st.lists(ANSWERS, min_size=1, max_size=5))
def test_no_whole_frame_behind_noise_is_lost(noise: bytes, answers: list[Answer]) -> None:
    splitter = FrameSplitter()
    found = splitter.feed(noise + b"".join(map(encode_answer, answers))) + splitter.give_up()
    assert found[-len(answers) :] == answers or len(FrameSplitter().feed(noise)) > 0  # unless the noise holds frames itself
    assert not splitter.pending


@given(st.lists(st.binary(max_size=40), max_size=20), st.booleans())
def test_arbitrary_bytes_are_passed_over_or_understood(parts: list[bytes], with_antennas: bool) -> None:
    splitter = FrameSplitter()
    for answer in [answer for part in parts for answer in splitter.feed(part)] + splitter.give_up():
        _understand(answer, with_antennas)


@given(st.sampled_from([0, 1, 2, 3, 4, 0xFB]), st.binary(max_size=250), st.booleans())
def test_arbitrary_inventories_are_refused_or_understood(status: int, data: bytes, with_antennas: bool) -> None:
    _understand(Answer(0, INVENTORY, status, data), with_antennas)


@given(st.sampled_from([bytes.fromhex(frame) for _, _, frame in FRAMES]), st.booleans(), st.data())
def test_a_damaged_frame_is_passed_over_or_understood(frame: bytes, with_antennas: bool, data: st.DataObject) -> None:
    """With its CRC put right again, so that the damage reaches what reads the tags."""
    damaged = bytearray(frame[:-2])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(1, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    _understand(whole(bytes(damaged) + crc16(bytes(damaged)).to_bytes(2, "little")), with_antennas)


def _understand(answer: Answer, with_antennas: bool) -> None:
    for parse in (lambda: tags_of(answer, with_antennas), lambda: parse_information(answer)):
        try:
            parse()
        except ProtocolError:
            continue


def test_an_epc_joined_with_the_chips_tid_is_told_apart() -> None:
    epc, tid = bytes.fromhex("3034b708ac397e0000000649"), bytes(range(12))
    (tag,) = tags_of(Answer(0, INVENTORY, DONE, bytes((1, 1, 0x80 | 24)) + epc + tid + b"\x50"), True)
    assert (tag.epc, tag.strength) == (epc.hex(), 0x50)
