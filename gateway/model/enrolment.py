"""The messages by which a gate gets its certificate. Certificates and requests are PEM; private keys never travel."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.wire import Name, Sha256

LONGEST_PEM = 8192  # characters; a P-256 certificate has about 800

Pem = Annotated[str, Field(min_length=1, max_length=LONGEST_PEM)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CertificateRequest(_Message):
    signing_request: Pem = Field(description="PKCS #10 (RFC 2986) of a new P-256 key; the names in it do not count")


class Enrolment(CertificateRequest):
    """What a gate says to be enrolled."""

    gate: Name
    secret: str = Field(pattern=r"^[0-9a-f]{20}$", description="The secret part of the one-time code", repr=False)
    evidence_key: Sha256 = Field(description="The public key (Ed25519) that signs this gate's confirmations from now on")


class GateCertificate(_Message):
    """A gate's new certificate, and the authority that signed it and, unless the operator has another, the platform's own."""

    gate: Name
    certificate: Pem
    authority: Pem
