"""docs/seal-profile.md is what other teams build from: its vectors are read from the page and checked, by two ways."""

import re
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gateway.model.observation import SealRejected, VehicleSealHeard
from gateway.seal_reader import gatt
from gateway.seal_reader.keys import LABEL, SealKeys, derive
from gateway.seal_reader.profile import FRAME_LENGTH, TAG_LENGTH, SealFlag, SealFrame, parse, sign, tag_of
from gateway.seal_reader.receipts import RECEIPT_LENGTH, Result, read_receipt, sign_receipt
from gateway.seal_reader.tokens import (
    COMMAND_LENGTH,
    TOKEN_LENGTH,
    Action,
    Token,
    command,
    issue,
    parse_command,
    public_bytes,
)
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


def _block(kind: str) -> dict[str, str]:
    found = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return dict(line.split(": ", 1) for line in found[1].strip().splitlines())


TOKEN = _block("token")
RECEIPT = _block("receipt")


def test_the_token_is_what_the_page_describes() -> None:
    """Laid out by hand from the tables of §7, without the gate's codec."""
    authority = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(TOKEN["authority"]))
    holder = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(TOKEN["holder"]))
    assert public_bytes(authority).hex() == TOKEN["authority public"]
    body = (
        b"\x01"
        + bytes([int(TOKEN["key id"]), int(TOKEN["action"])])
        + struct.pack("<I", int(TOKEN["serial"]))
        + bytes.fromhex(TOKEN["token id"])
        + struct.pack("<II", int(TOKEN["not before"]), int(TOKEN["not after"]))
        + TOKEN["order"].encode().ljust(20, b"\x00")
        + TOKEN["operator"].encode().ljust(16, b"\x00")
        + bytes.fromhex(TOKEN["holder public"])
    )
    assert len(body) == 99
    token = body + authority.sign(b"vehicle seal token\x00" + body)
    assert token.hex() == TOKEN["token"]
    answer = holder.sign(b"vehicle seal command\x00" + bytes.fromhex(TOKEN["challenge"]) + token)
    assert (token + answer).hex() == TOKEN["command"]


def test_the_token_is_what_the_gate_makes_and_reads() -> None:
    authority = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(TOKEN["authority"]))
    holder = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(TOKEN["holder"]))
    challenge = bytes.fromhex(TOKEN["challenge"])
    token = Token(
        key_id=int(TOKEN["key id"]),
        action=Action(int(TOKEN["action"])),
        serial=int(TOKEN["serial"]),
        token_id=bytes.fromhex(TOKEN["token id"]),
        not_before=datetime.fromtimestamp(int(TOKEN["not before"]), UTC),
        not_after=datetime.fromtimestamp(int(TOKEN["not after"]), UTC),
        order=TOKEN["order"],
        operator=TOKEN["operator"],
        holder=bytes.fromhex(TOKEN["holder public"]),
    )
    assert issue(token, authority).hex() == TOKEN["token"]
    assert command(bytes.fromhex(TOKEN["token"]), challenge, holder).hex() == TOKEN["command"]
    read = parse_command(bytes.fromhex(TOKEN["command"]))
    assert read.signed.token == token
    assert read.signed.verified(authority.public_key())
    assert read.answers(challenge)
    assert not read.answers(bytes(16))


def test_the_receipt_is_what_the_page_describes_and_the_gate_reads() -> None:
    master, context = bytes.fromhex(RECEIPT["master"]), struct.pack("<BI", int(RECEIPT["key id"]), int(RECEIPT["serial"]))
    key = _cmac(master, b"\x00\x00\x00\x01" + b"vehicle seal receipt" + b"\x00" + context + b"\x00\x00\x00\x80")
    assert key.hex() == RECEIPT["receipt key"]
    numbers = struct.pack("<IIHH", *(int(RECEIPT[name], 0) for name in ("time", "counter", "events", "flags")))
    body = b"\x01" + context + bytes([int(RECEIPT["action"]), int(RECEIPT["result"])]) + numbers
    body += bytes.fromhex(RECEIPT["token id"]) + RECEIPT["order"].encode().ljust(20, b"\x00")
    body += RECEIPT["operator"].encode().ljust(16, b"\x00")
    assert (body + _cmac(key, body)).hex() == RECEIPT["receipt"]
    keys = SealKeys({1: master})
    read = read_receipt(bytes.fromhex(RECEIPT["receipt"]), keys)
    assert (read.serial, read.action, read.result, read.events) == (20261123, Action.UNLOCK, Result.DONE, 13)
    assert read.token_id.hex() == TOKEN["token id"]
    assert sign_receipt(read, keys.for_receipts(1, read.serial)).hex() == RECEIPT["receipt"]


def test_the_page_names_every_uuid_every_refusal_and_every_code() -> None:
    for uuid in (gatt.SERVICE, gatt.STATUS, gatt.CHALLENGE, gatt.COMMAND, gatt.RECEIPT):
        assert f"| `{uuid}` |" in PAGE
    for refusal in gatt.Refusal:
        assert re.search(rf"\| `{refusal:02x}` ?●? \| {refusal.name.lower().replace('_', ' ')} \|", PAGE)
    for action in Action:
        assert f"{action:d} {action.name.lower()}" in PAGE
    for length in (TOKEN_LENGTH, COMMAND_LENGTH, RECEIPT_LENGTH):
        assert f"{length} bytes" in PAGE
