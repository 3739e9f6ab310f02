"""What an operator can set of the platform, and the two questions that are asked of it before it listens."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, model_validator

from gateway.look.connections import Room
from gateway.model.host import Host, is_loopback
from gateway.model.secret_file import objection
from gateway.platform.errors import TokenFileError, UnsafeListenError

SHORTEST_TOKEN: Final = 16  # characters; 16 of base64 are 96 bits, beyond guessing over a network


class PlatformSettings(BaseModel):
    """Settings of one platform process. Sizes are bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(description="Folder of the database file and the pictures; made if it is not there")
    host: str = Field("127.0.0.1", description="Address to listen on; beyond this machine only with a token file and TLS")
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 takes any free one")
    token_file: Path | None = Field(
        None, description="File with the token that gates and depots must send; not readable by everyone"
    )
    tls_names: tuple[Host, ...] = Field(
        (), description="Speak TLS, under these names and addresses, with a certificate of the platform's own authority"
    )
    tls_certificate: Path | None = Field(None, description="Speak TLS with this certificate and those that signed it (PEM)")
    tls_key: Path | None = Field(None, description="The private key of `tls_certificate` (PEM, no passphrase)")
    behind_tls_proxy: bool = Field(False, description="Allow clear text beyond this machine: a proxy before it speaks TLS")
    require_certificates: bool = Field(False, description="Gates come by their certificates only, no longer by the token")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://USER@HOST/DATABASE?password_file=FILE; without it, the file platform.sqlite in the data folder",
    )
    max_order_bytes: int = Field(1 << 20, ge=1024, description="Largest order message (999 cargo lines are about 300 kB)")
    max_batch_bytes: int = Field(8 << 20, ge=1024, description="Largest batch of order messages, of which it may hold 1,000")
    max_registry_bytes: int = Field(4 << 20, ge=1024, description="Largest list of register entries")
    max_confirmation_bytes: int = Field(4 << 20, ge=1024, description="Largest confirmation, without its pictures")
    max_picture_bytes: int = Field(16 << 20, ge=1024, description="Largest JPEG file")
    max_picture_pixels: int = Field(100_000_000, ge=1, description="Largest picture, width times height")
    max_connections: int = Field(4000, ge=10, description="Most connections at once; the process needs as many open files")
    max_connections_of_one_address: int = Field(
        100, ge=1, description="Most connections of one address; not counted behind a proxy or where only this machine gets in"
    )
    firm_requests_per_minute: int = Field(1200, ge=1, description="Most requests a minute of all keys of one firm together")
    webhook_networks: tuple[IPvAnyNetwork, ...] = Field(
        (), description="Networks to which webhooks may lead beside the public internet (192.0.2.0/24)"
    )
    webhook_patience_s: float = Field(15.0, gt=0, description="How long a webhook's receiver may take to answer")
    webhook_retry_first_s: float = Field(
        5.0, gt=0, description="Pause after a webhook's first failure; doubles with each further one"
    )
    webhook_retry_longest_s: float = Field(6 * 3600.0, gt=0, description="Longest such pause")
    max_live_clients: int = Field(200, ge=1, description="How many pages may listen for changes at once")

    @model_validator(mode="after")
    def _one_way_of_tls(self) -> "PlatformSettings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key: give both, or neither")
        if self.tls_names and self.tls_certificate is not None:
            raise ValueError("tls_names: a certificate of your own (tls_certificate) bears its names itself; give one or the other")
        if self.require_certificates and not self.speaks_tls:
            raise ValueError("require_certificates: certificates need TLS; set tls_names, or tls_certificate and tls_key")
        return self

    @property
    def speaks_tls(self) -> bool:
        """Whether the platform itself does, which certificates of gates need: a proxy before it cannot pass them on."""
        return bool(self.tls_names) or self.tls_certificate is not None

    @property
    def room(self) -> Room:
        """Whoever comes through a proxy has the proxy's address."""
        one_is_many = self.behind_tls_proxy or is_loopback(self.host)
        return Room(self.max_connections, None if one_is_many else self.max_connections_of_one_address)

    @property
    def url(self) -> str:
        """The database's address. May hold a password: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'platform.sqlite'}"


def refuse_unsafe_listening(settings: PlatformSettings) -> None:
    """Raises UnsafeListenError where others could write without a token, or read on the way."""
    if is_loopback(settings.host):
        return
    where = settings.host or "all addresses"
    if settings.token_file is None:
        raise UnsafeListenError(
            f"refusing to listen on {where} without a token: anyone could write orders. "
            "Name a token file (token_file), or listen on 127.0.0.1."
        )
    if not (settings.speaks_tls or settings.behind_tls_proxy):
        raise UnsafeListenError(
            f"refusing to listen on {where} in clear text: everyone on the way reads the token and the records. "
            "Give the names under which it is reached (tls_names) or a certificate (tls_certificate, tls_key); "
            "or say that a proxy before it speaks TLS (behind_tls_proxy)."
        )


def read_token(path: Path | None) -> bytes | None:
    """The token in `path`, surrounding white space dropped; None where no file is set. Raises TokenFileError."""
    if path is None:
        return None
    try:
        if wrong := objection(path.stat().st_mode):
            raise TokenFileError(f"token file {path}: {wrong}")
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise TokenFileError(f"token file {path}: {reason}") from error
    if len(token) < SHORTEST_TOKEN or not token.isprintable() or " " in token or not token.isascii():
        raise TokenFileError(
            f"token file {path}: wants one line of at least {SHORTEST_TOKEN} printable ASCII characters, no spaces"
        )
    return token.encode("ascii")
