"""The evidence chain: each record of a gate names the one before it and is signed with the gate's own key. Pure.

    digest(link)  = SHA-256(statement)                  what the next record names as the one before
    statement     = DOMAIN ‖ previous digest ‖ SHA-256(body)
    signature     = Ed25519 (RFC 8032) over the statement

`body` is the confirmation's JSON, byte for byte as the gate committed it: it holds the gate's name and the sequence number. Whoever
has a gate's public key and its records can prove, without the gate, that none was altered, left out or put between.
"""

import hashlib
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from gateway.model.wire import Sha256

DOMAIN: Final = b"gateway evidence 1\n"
BEGINNING: Final = "0" * 64  # stands for the record before a gate's first one

# How a link travels beside its record, as fields of the HTTP request.
PREVIOUS_FIELD: Final = "Evidence-Previous"
KEY_FIELD: Final = "Evidence-Key"
SIGNATURE_FIELD: Final = "Evidence-Signature"


class Link(BaseModel):
    """What chains one record to the one before it. All in lower-case hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    previous: Sha256 = Field(description="Digest of the record before; zeros for a chain's first")
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(description="The gate's public key, Ed25519")
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    def fields(self) -> dict[str, str]:
        """The fields of the request that carry it."""
        return {PREVIOUS_FIELD: self.previous, KEY_FIELD: self.key, SIGNATURE_FIELD: self.signature}

    def is_authentic(self, body: bytes) -> bool:
        """Whether the holder of `key` signed this very record at this very place."""
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key)).verify(
                bytes.fromhex(self.signature), _statement(self.previous, body_sha256(body))
            )
        except (InvalidSignature, ValueError):  # some 32 bytes are no point of the curve
            return False
        return True


def body_sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def digest(previous: str, body: bytes) -> str:
    """What the next record names as the one before."""
    return digest_unseen(previous, body_sha256(body))


def digest_unseen(previous: str, sha256: str) -> str:
    """The same of a record of which only the SHA-256 is known: a chain can be followed past records that are not shown."""
    return hashlib.sha256(_statement(previous, sha256)).hexdigest()


def sign(previous: str, body: bytes, key: Ed25519PrivateKey) -> Link:
    return Link(
        previous=previous,
        key=key.public_key().public_bytes_raw().hex(),
        signature=key.sign(_statement(previous, body_sha256(body))).hex(),
    )


def _statement(previous: str, sha256: str) -> bytes:
    return DOMAIN + bytes.fromhex(previous) + bytes.fromhex(sha256)
