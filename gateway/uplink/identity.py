"""The gate's certificate at the platform: kept with its private key and the platform's authority in one file, replaced as a whole.

The key is made here and never leaves. It is another than the one that signs the evidence, which stays as long as the gate does.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.model.enrolment import GateCertificate
from gateway.store.connection import naming
from gateway.store.durable_file import whole_file
from gateway.store.signing_key import OPEN_TO_OTHERS
from gateway.uplink.errors import EnrolmentError, TrustError

FILE_NAME: Final = "platform.pem"
RENEWED_AT: Final = 2 / 3  # of its life


@dataclass(frozen=True, slots=True)
class Identity:
    """`path` holds the private key, the certificate and the authority, in this order."""

    path: Path
    certificate: x509.Certificate
    authority: x509.Certificate

    @property
    def renewal_due(self) -> datetime:
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return begins + (ends - begins) * RENEWED_AT

    @property
    def trust(self) -> str:
        """The authority in PEM, as TLS takes it."""
        return self.authority.public_bytes(Encoding.PEM).decode("ascii")


def read_identity(folder: Path) -> Identity | None:
    """What the store's folder holds; None for a gate that is not enrolled. Raises TrustError. Waits for the disk."""
    path = folder / FILE_NAME
    try:
        if path.stat().st_mode & OPEN_TO_OTHERS:
            raise TrustError(f"{path}: holds the gate's private key and is open to others; chmod 600 it and enrol the gate again")
        certificate, authority = x509.load_pem_x509_certificates(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TrustError(f"{path}: {error.strerror}") from error
    except (ValueError, x509.InvalidVersion):
        raise TrustError(f"{path}: holds no certificate of a gate: enrol the gate again") from None
    return Identity(path, certificate, authority)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key for which a certificate is asked. `accept` keeps both."""

    gate: str
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, gate: str) -> "NewKey":
        """Of the system's randomness, not a test's: it is a secret."""
        return cls(gate, ec.generate_private_key(ec.SECP256R1()))

    @property
    def signing_request(self) -> str:
        """PKCS #10 in PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.gate)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self.key, SHA256())
        return request.public_bytes(Encoding.PEM).decode("ascii")

    def accept(self, answer: GateCertificate, folder: Path) -> Identity:
        """Put the certificate in the place of the one before. What is returned is on the disk.

        Raises EnrolmentError for a certificate of something else, StoreError where it cannot be written: nothing has changed then.
        """
        try:
            certificate = x509.load_pem_x509_certificate(answer.certificate.encode())
            authority = x509.load_pem_x509_certificate(answer.authority.encode())
            certificate.verify_directly_issued_by(authority)
            ours = certificate.public_key() == self.key.public_key()
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
            raise EnrolmentError("the platform's answer is no certificate of its authority") from None
        if not ours or answer.gate != self.gate:
            raise EnrolmentError("the platform's answer is a certificate of another gate or key")
        path = folder / FILE_NAME
        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with naming(path), whole_file(path) as file:
            file.write(private + b"".join(one.public_bytes(Encoding.PEM) for one in (certificate, authority)))
        return Identity(path, certificate, authority)
