"""The platform's own certificate authority: it signs the gates' certificates, and the platform's where it has no other.

Its key and certificate lie in one file of the data folder, mode 0600, made at first need. Certificates follow RFC 5280; their
validity begins an hour early, so that a clock that is slow does not refuse a new one.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.platform.bodies import field_problems
from gateway.platform.durable_file import write_durably
from gateway.platform.errors import DataFolderError, InvalidError, TlsError

FILE_NAME: Final = "authority.pem"
AUTHORITY_VALID: Final = timedelta(days=20 * 365)  # as long as gates stand; there is no other way to them than this authority
GATE_VALID: Final = timedelta(days=90)  # renewed at two thirds: a month for whatever keeps a gate from it
SERVER_VALID: Final = timedelta(days=397)  # the longest that browsers take
EARLY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """Use `open_authority`. `issue_…` give certificates in PEM."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    def issue_to_gate(self, gate: str, signing_request: str, now: datetime) -> x509.Certificate:
        """A client's certificate for the key of the request. Raises InvalidError for what is no request of a P-256 key."""
        names = [x509.UniformResourceIdentifier(f"urn:gateway:gate:{gate}")]
        builder = self._builder(gate, names, ExtendedKeyUsageOID.CLIENT_AUTH, now, GATE_VALID)
        return self._signed(builder, requested_key(signing_request))

    def issue_to_server(self, names: Sequence[str], now: datetime) -> bytes:
        """A new key and a server's certificate for it, with the authority's behind: what a TLS server loads, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(names[0][:64], [_name(name) for name in names], ExtendedKeyUsageOID.SERVER_AUTH, now, SERVER_VALID)
        certificate = self._signed(builder, key.public_key())
        return _private(key) + certificate.public_bytes(Encoding.PEM) + self.pem.encode("ascii")

    def _builder(
        self, common_name: str, names: Sequence[x509.GeneralName], use: x509.ObjectIdentifier, now: datetime, valid: timedelta
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_subject(common_name))
            .issuer_name(self.certificate.subject)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - EARLY)
            .not_valid_after(now + valid)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_use(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def _signed(self, builder: x509.CertificateBuilder, key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        identified = builder.public_key(key).add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        return identified.sign(self.key, SHA256())


def requested_key(signing_request: str) -> ec.EllipticCurvePublicKey:
    """The key of a PKCS #10 request that was signed with it. Raises InvalidError."""
    try:
        request = x509.load_pem_x509_csr(signing_request.encode())
        key, signed = request.public_key(), request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise _wrong_request("is no PKCS #10 request in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _wrong_request("wants a key on the curve P-256")
    if not signed:
        raise _wrong_request("is not signed with the key that it names")
    return key


def open_authority(folder: Path, now: datetime) -> Authority:
    """The authority in the data folder, made where there is none; two processes that make it at once have the same one.

    Raises TlsError for a file that is none, DataFolderError where it cannot be read or written. Waits for the disk.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path, now)
        pem = path.read_bytes()
    except OSError as error:
        raise DataFolderError(f"{path}: {error.strerror}") from error
    try:
        key, certificate = load_pem_private_key(pem, password=None), x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise TlsError(f"{path}: holds no key and certificate of this platform: restore a copy") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise TlsError(f"{path}: its key is not that of its certificate: restore a copy")
    return Authority(key, certificate)


def _make(path: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("gateway platform authority")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_use(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    try:
        write_durably(_private(key) + certificate.public_bytes(Encoding.PEM), path, anew=True)
    except FileExistsError:
        return  # another process was faster


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _use(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode("ascii"))


def _wrong_request(message: str) -> InvalidError:
    return InvalidError("No certificate was issued.", field_problems([("signing_request", message)]))
