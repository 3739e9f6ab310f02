"""Links of the evidence chain: authentic as signed, and not when a single bit of anything is another."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.model.evidence import BEGINNING, Link, digest, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(previous=DIGESTS, body=st.binary(max_size=300))
def test_what_was_signed_is_authentic_and_names_the_one_before(previous: str, body: bytes) -> None:
    link = sign(previous, body, KEY)
    assert link.is_authentic(body)
    assert link.previous == previous
    assert Link.model_validate_json(link.model_dump_json()) == link


@given(
    previous=DIGESTS,
    body=st.binary(min_size=1, max_size=300),
    place=st.integers(0),
    field=st.sampled_from(["body", *Link.model_fields]),
)
def test_one_changed_bit_is_found(previous: str, body: bytes, place: int, field: str) -> None:
    link = sign(previous, body, KEY)
    if field == "body":
        assert not link.is_authentic(_changed(body, place))
        return
    value = _changed(bytes.fromhex(getattr(link, field)), place).hex()
    assert not link.model_copy(update={field: value}).is_authentic(body)


def _changed(data: bytes, place: int) -> bytes:
    byte, bit = divmod(place % (8 * len(data)), 8)
    return data[:byte] + bytes([data[byte] ^ 1 << bit]) + data[byte + 1 :]


def test_a_chain_can_be_checked_by_whoever_reads_how_it_is_made() -> None:
    """The formula in the module, computed by hand."""
    statement = b"gateway evidence 1\n" + bytes(32) + hashlib.sha256(b"{}").digest()
    assert digest(BEGINNING, b"{}") == hashlib.sha256(statement).hexdigest()
    assert sign(BEGINNING, b"{}", KEY).signature == KEY.sign(statement).hex()


def test_a_key_that_is_no_point_of_the_curve_proves_nothing() -> None:
    link = sign(BEGINNING, b"{}", KEY).model_copy(update={"key": "02" + "00" * 31})
    assert not link.is_authentic(b"{}")


@pytest.mark.parametrize("key", ["ff" * 31, "zz" * 32, "FF" * 32])
def test_what_is_not_a_key_at_all_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="key"):
        Link.model_validate(sign(BEGINNING, b"{}", KEY).model_dump() | {"key": key})
