"""What a site sets about its platform. Secrets are named by file or environment variable and never stand here."""

from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.model.host import is_loopback

LONGEST_WAIT_S: Final = 30  # the platform's own limit of a long poll


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose text quotes a part of it, and that may be a password
        raise ValueError("not a web address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError("wants an address like https://platform.example or http://127.0.0.1:8080")
    return parts


class UplinkSettings(BaseModel):
    """The platform's address and how patient the gate is with it. Times are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        description="The platform's address: https; http only on this machine and with `allow_clear_text`",
        examples=["https://platform.example"],
    )
    token_file: Path | None = Field(None, description="File with the gate's token; not readable by everyone")
    token_env: str | None = Field(
        None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable with the gate's token"
    )
    ca_file: Path | None = Field(
        None, description="Certificates (PEM) to trust instead of the authority that enrolled this gate, or of the system's"
    )
    allow_clear_text: bool = Field(False, description="Allow http to this machine itself, as in a rehearsal; to no other")
    connect_timeout_s: float = Field(5.0, gt=0, le=60, description="Longest wait for a connection")
    answer_timeout_s: float = Field(
        15.0, gt=0, le=300, description="Longest wait for an answer; a second more for each kB that comes or goes"
    )
    picture_timeout_s: float = Field(60.0, gt=0, le=900, description="Longest wait for the answer to a piece of a picture")
    feed_wait_s: int = Field(20, ge=0, le=LONGEST_WAIT_S, description="How long the platform may wait for news before it answers")
    feed_limit: int = Field(
        200, ge=1, le=500, description="Most entries of one answer; the lanes wait for no more than it takes to check and keep them"
    )
    remote_desk: bool = Field(True, description="Whether people at the platform may decide on lanes of this gate that wait for one")
    feed_pause_s: float = Field(0.2, gt=0, le=60, description="Pause after an answer without news")
    retry_first_s: float = Field(0.5, gt=0, le=60, description="First pause after a failure; each further one is twice as long")
    retry_cap_s: float = Field(30.0, gt=0, le=600, description="Longest pause between attempts")

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = _split(url.strip())
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not hold a user or password: use token_file or token_env")
        if parts.query or parts.fragment:
            raise ValueError("must not hold a query or fragment")
        return url.strip().rstrip("/")

    @model_validator(mode="after")
    def _safe(self) -> "UplinkSettings":
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("url: http to another machine shows token and records to everyone on the way; use https")
        if parts.scheme == "http" and not self.allow_clear_text:
            raise ValueError("url: http, even to this machine, wants `allow_clear_text: true`; use https")
        if self.token_file is not None and self.token_env is not None:
            raise ValueError("token_env: give token_file or token_env, not both")
        if self.retry_first_s > self.retry_cap_s:
            raise ValueError("retry_cap_s: must not be less than retry_first_s")
        return self
