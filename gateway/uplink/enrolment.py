"""`gateway enrol`: the gate's one-time code becomes its certificate.

Nothing secret is said before the platform has proved itself. Its authority is asked for without verification, as nobody could
verify it yet, and then held against the code, which names it; from there on TLS trusts that authority only. Where the site names a
`ca_file`, TLS is verified by that from the start.
"""

import asyncio
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.client import Credentials
from gateway.model.enrolment import Enrolment
from gateway.model.enrolment_code import EnrolmentCode
from gateway.store.folder_lock import private_folder
from gateway.store.signing_key import signing_key
from gateway.uplink.credentials import trusting, verifying
from gateway.uplink.errors import EnrolmentError, NotAdmittedError
from gateway.uplink.identity import Identity, NewKey
from gateway.uplink.platform_client import PlatformClient
from gateway.uplink.settings import UplinkSettings


async def enrol(settings: UplinkSettings, folder: Path, gate: str, code: EnrolmentCode) -> Identity:
    """Hand in the code; the key, the certificate and the authority are in the store's folder when this returns.

    A service that runs takes them without a restart. Raises EnrolmentError for what a person must put right, another UplinkError
    where the platform cannot be reached or trusted, StoreError where the folder cannot be used.
    """
    if not settings.url.startswith("https:"):
        raise EnrolmentError(f"{settings.url}: a certificate needs TLS; give the platform's https address")
    tls = await _verified(settings, code)
    await asyncio.to_thread(private_folder, folder)
    evidence = await asyncio.to_thread(signing_key, folder)
    new = NewKey.of(gate)
    enrolment = Enrolment(
        gate=gate,
        secret=code.secret.hex(),
        signing_request=new.signing_request,
        evidence_key=evidence.public_key().public_bytes_raw().hex(),
    )
    try:
        async with PlatformClient(settings, lambda: Credentials({}, tls)).opened() as client:
            answer = await client.ask(lambda platform: platform.enrol(enrolment))
    except NotAdmittedError as error:
        raise EnrolmentError(str(error)) from error
    if not code.names(_authority(answer.authority).public_bytes(Encoding.DER)):
        raise EnrolmentError("the platform's authority is not the one that the code names")
    return await asyncio.to_thread(new.accept, answer, folder)


async def _verified(settings: UplinkSettings, code: EnrolmentCode) -> ssl.SSLContext:
    """TLS with the platform that the code names, or that `ca_file` proves."""
    if settings.ca_file is not None:
        return await asyncio.to_thread(verifying, settings)
    async with PlatformClient(settings, lambda: Credentials({}, _unverified())).opened() as client:
        # This one certificate is trusted, not whatever else may stand beside it in the answer.
        authority = _authority(await client.ask(lambda platform: platform.authority()))
    if not code.names(authority.public_bytes(Encoding.DER)):
        raise EnrolmentError(
            f"{settings.url} is not the platform that gave this code, or somebody stands between: its authority is another one. "
            "Nothing was told to it."
        )
    return await asyncio.to_thread(trusting, authority.public_bytes(Encoding.PEM).decode("ascii"))


def _unverified() -> ssl.SSLContext:
    """For the one question whose answer proves itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _authority(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except (ValueError, x509.InvalidVersion):
        raise EnrolmentError("the platform's authority is no certificate: is this the platform?") from None
