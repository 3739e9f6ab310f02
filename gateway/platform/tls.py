"""TLS as the platform serves it: 1.2 or newer, with a certificate of its own authority or the operator's.

Browsers show no certificate and gates do: one is asked for and not insisted on. What a gate shows is proved by OpenSSL to be
signed by our authority for a client; whose it is, and whether it is still good, is judged request by request (`gates/`), so that a
gate hears why it is not let in.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.model.clock import Clock
from gateway.platform.durable_file import write_durably
from gateway.platform.errors import DataFolderError, StartError, TlsError
from gateway.platform.gates.authority import open_authority
from gateway.platform.settings import PlatformSettings

SERVER_FILE: Final = "server.pem"
LOAD_EVERY_S: Final = 24 * 3600.0  # certificates last for weeks or months, and whoever renews one does so weeks before its end
NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, openssl/x509_vfy.h: of what clients show
logger = logging.getLogger(__name__)


@asynccontextmanager
async def tls_served(settings: PlatformSettings, clock: Clock) -> AsyncIterator[ssl.SSLContext | None]:
    """The context to listen with, kept supplied with a certificate that is good; None for a platform in clear text.

    Raises TlsError, DataFolderError.
    """
    if not settings.speaks_tls:
        yield None
        return
    context = await asyncio.to_thread(_context, settings, clock)
    keeping = asyncio.create_task(_keep_loaded(context, settings, clock))
    try:
        yield context
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


def _context(settings: PlatformSettings, clock: Clock) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= NO_CHECK_TIME
    context.load_verify_locations(cadata=open_authority(settings.data_dir, clock()).pem)
    _load(context, settings, clock)
    return context


async def _keep_loaded(context: ssl.SSLContext, settings: PlatformSettings, clock: Clock) -> None:
    """Connections made from then on get the new certificate. One that cannot be loaded leaves the old one in use."""
    while True:
        await asyncio.sleep(LOAD_EVERY_S)
        try:
            await asyncio.to_thread(_load, context, settings, clock)
        except StartError as error:
            logger.error("the platform's certificate could not be loaded anew: %s", error)


def _load(context: ssl.SSLContext, settings: PlatformSettings, clock: Clock) -> None:
    """A new certificate of our own authority each time, or the operator's as it is on the disk now."""
    if settings.tls_certificate is not None:
        _load_files(context, settings.tls_certificate, settings.tls_key)
        return
    now = clock()
    path = settings.data_dir / SERVER_FILE
    try:
        write_durably(open_authority(settings.data_dir, now).issue_to_server(settings.tls_names, now), path)
    except OSError as error:
        raise DataFolderError(f"{path}: {error.strerror}") from error
    _load_files(context, path, None)


def _load_files(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        # Without a passphrase at hand OpenSSL would ask for it on the terminal, where nobody is.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:  # ssl.SSLError is one
        files = f"{certificate}, {key}" if key else str(certificate)
        raise TlsError(f"certificate {files}: {error.strerror or error}") from error
