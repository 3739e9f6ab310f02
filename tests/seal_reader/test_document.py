"""docs/seal-profile.md is what other teams build from: its vectors are read from the page and checked, by two ways."""

import re
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateway.model.observation import SealRejected, VehicleSealHeard
from gateway.seal_reader.keys import LABEL, SealKeys, derive
from gateway.seal_reader.profile import FRAME_LENGTH, TAG_LENGTH, SealFlag, SealFrame, parse, sign, tag_of
from tests.seal_reader.conftest import authenticator, heard

PAGE = (Path(__file__).parents[2] / "docs" / "seal-profile.md").read_text(encoding="utf-8")
VECTORS = [
    dict(line.split(": ", 1) for line in block.strip().splitlines())
    for block in re.findall(r"```vector\n(.*?)```", PAGE, re.DOTALL)
]
REFUSED = [
    re.match(r"(?P<why>[^:]+): (?P<payload>\S+)", line)
    for block in re.findall(r"```refused\n(.*?)```", PAGE, re.DOTALL)
    for line in block.strip().splitlines()
]


def _cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC from RFC 4493 and the block cipher alone: the library's CMAC is not asked."""

    def block(data: bytes) -> bytes:
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return encryptor.update(data)

    def doubled(data: bytes) -> bytes:
        number = int.from_bytes(data, "big") << 1
        return (number & (1 << 128) - 1 ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")

    first = doubled(block(bytes(16)))
    *blocks, last = [message[i : i + 16] for i in range(0, len(message), 16)] or [b""]
    subkey = first if len(last) == 16 else doubled(first)
    padded = last if len(last) == 16 else (last + b"\x80").ljust(16, b"\x00")
    state = bytes(16)
    for part in [*blocks, bytes(a ^ b for a, b in zip(padded, subkey, strict=True))]:
        state = block(bytes(a ^ b for a, b in zip(state, part, strict=True)))
    return state


def _frame(vector: dict[str, str]) -> SealFrame:
    flags = SealFlag(int(vector["flags"], 16))
    numbers = {name: int(vector[name]) for name in ("key id", "serial", "battery", "counter", "events")}
    return SealFrame(numbers["key id"], numbers["serial"], flags, numbers["battery"], numbers["counter"], numbers["events"])


def test_there_are_vectors_to_check() -> None:
    assert len(VECTORS) >= 4
    assert len(REFUSED) >= 10


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["payload"])
def test_a_vector_is_what_the_page_describes(vector: dict[str, str]) -> None:
    master, context = bytes.fromhex(vector["master"]), struct.pack("<BI", int(vector["key id"]), int(vector["serial"]))
    key = _cmac(master, b"\x00\x00\x00\x01" + b"vehicle seal advertisement" + b"\x00" + context + b"\x00\x00\x00\x80")
    body = bytes.fromhex(vector["body"])
    assert key.hex() == vector["seal key"]
    assert _cmac(key, body)[:8].hex() == vector["tag"]
    assert vector["body"] + vector["tag"] == vector["payload"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["payload"])
def test_a_vector_is_what_the_gate_makes_and_reads(vector: dict[str, str]) -> None:
    frame, payload = _frame(vector), bytes.fromhex(vector["payload"])
    key = derive(bytes.fromhex(vector["master"]), frame.key_id, frame.serial)
    assert key.hex() == vector["seal key"]
    assert tag_of(bytes.fromhex(vector["body"]), key).hex() == vector["tag"]
    assert sign(frame, key) == payload
    signed = parse(payload)
    assert signed is not None
    assert signed.frame == frame
    assert signed.verified(key)


@pytest.mark.parametrize("line", REFUSED, ids=lambda line: line.group())
def test_what_the_page_says_is_refused_is_refused_for_that_reason(line: re.Match[str]) -> None:
    keys = SealKeys({1: bytes.fromhex(VECTORS[1]["master"])})
    payload = bytes.fromhex(line["payload"].replace("-", ""))
    answer = authenticator(keys).accept(heard(payload))
    assert (answer.why if isinstance(answer, SealRejected) else "not a seal") == line["why"]


def test_the_order_of_frames_at_the_end_of_the_page() -> None:
    vector = VECTORS[1]
    keys = SealKeys({1: bytes.fromhex(vector["master"])})
    gate, payload = authenticator(keys), bytes.fromhex(vector["payload"])
    older = _frame(vector)
    older = SealFrame(older.key_id, older.serial, older.flags, older.battery_percent, older.counter - 1, older.events)
    assert isinstance(gate.accept(heard(payload)), VehicleSealHeard)
    assert isinstance(gate.accept(heard(payload, 0.1)), VehicleSealHeard)
    for late in (heard(payload, 16), heard(sign(older, keys.of(1, older.serial)), 0.2)):
        answer = gate.accept(late)
        assert isinstance(answer, SealRejected)
        assert answer.why == "replayed"


def test_the_page_names_the_label_every_flag_and_the_lengths() -> None:
    assert f"`{LABEL.decode()}`" in PAGE
    assert f"the {len(LABEL)} ASCII characters" in PAGE
    for bit, flag in enumerate(SealFlag):
        assert f"| {bit} | {(flag.name or '').lower().replace('_', ' ')} |" in PAGE
    assert f"| 18 | {TAG_LENGTH} | tag |" in PAGE
    assert FRAME_LENGTH == 18 + TAG_LENGTH
