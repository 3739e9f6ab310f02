"""What the gate shows the platform, and by what it knows it: read together, as one may be of no use without the other.

The platform is always verified, by its certificate and its name: with the site's `ca_file`, else with the authority that enrolled
this gate, else with the system's certificates.
"""

import ssl
from pathlib import Path

from gateway.client import Credentials
from gateway.uplink.errors import TrustError
from gateway.uplink.identity import FILE_NAME, Identity, read_identity
from gateway.uplink.settings import UplinkSettings
from gateway.uplink.token import read_token


def read_credentials(settings: UplinkSettings, folder: Path) -> Credentials:
    """The gate's certificate from the store's folder, or its token where it is not enrolled. Raises TokenError, TrustError."""
    identity = read_identity(folder) if settings.url.startswith("https:") else None
    tls = verifying(settings, identity)
    if identity is None:
        token = read_token(settings)
        return Credentials({"Authorization": f"Bearer {token}"} if token else {}, tls)
    try:
        tls.load_cert_chain(identity.path, password="")
    except OSError as error:  # ssl.SSLError is one
        raise TrustError(f"{identity.path}: {error.strerror or error}") from error
    return Credentials({}, tls)


def verifying(settings: UplinkSettings, identity: Identity | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer with a platform that proves itself. Raises TrustError."""
    enrolled_by = identity.trust if identity and settings.ca_file is None else None
    try:
        return _context(settings.ca_file, enrolled_by)
    except OSError as error:  # ssl.SSLError is one
        raise TrustError(f"certificates {settings.ca_file or FILE_NAME}: {error.strerror or error}") from error


def trusting(authority: str) -> ssl.SSLContext:
    """The same with nobody but this authority (PEM). Raises TrustError."""
    try:
        return _context(None, authority)
    except OSError as error:
        raise TrustError(f"the platform's authority: {error.strerror or error}") from error


def _context(file: Path | None, authority: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=file, cadata=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
