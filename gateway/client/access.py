"""Where the platform is, and by what each side proves itself."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.client.errors import AccessError
from gateway.model.host import is_loopback


@dataclass(frozen=True, slots=True)
class Credentials:
    """`fields` go with every request. `tls` verifies the platform, and shows a certificate where there is one."""

    fields: Mapping[str, str] = field(repr=False)
    tls: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Access:
    """`url` as `https://platform.port.example:8443`. `token`: a program's key, or the platform's token.

    `ca_file`: what signed the platform's certificate, where the system does not know it. `certificate_file`: a client's certificate
    with its key, PEM. Raises AccessError for what cannot be used, and for clear text to another machine.
    """

    url: str
    token: str = field(default="", repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise AccessError(f"the platform's address: {error}") from None
        if parts.scheme not in {"http", "https"} or not host or parts.path.strip("/") or parts.query or parts.username:
            raise AccessError("the platform's address wants the form https://platform.port.example:8443")
        if parts.scheme == "http" and not is_loopback(host):
            raise AccessError(f"clear text to {host}: everybody on the way would read the token; use https")
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise AccessError("the token wants printable ASCII characters, no spaces")

    @property
    def root(self) -> str:
        return self.url.rstrip("/")

    def credentials(self) -> Credentials:
        """TLS 1.2 or newer with a platform that proves itself. Reads files. Raises AccessError."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate_file:
                context.load_cert_chain(self.certificate_file, password="")
        except OSError as error:  # ssl.SSLError is one
            raise AccessError(
                f"certificates {self.ca_file or ''} {self.certificate_file or ''}: {error.strerror or error}"
            ) from None
        return Credentials({"Authorization": f"Bearer {self.token}"} if self.token else {}, context)


def read_token(path: Path) -> str:
    """The token of a file, surrounding white space dropped. Raises AccessError."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AccessError(f"token file {path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8 text'}") from None
