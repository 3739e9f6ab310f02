"""Cameras on the network: an address without secrets, and a login by reference."""

import os
import re
from math import inf
from pathlib import Path
from typing import ClassVar, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import Field, field_validator, model_validator

from gateway.model.host import usable_host
from gateway.model.secret_file import objection
from gateway.ocr.cameras.camera import Camera
from gateway.ocr.errors import CameraLoginError

MAX_SECRET_BYTES: Final = 4096  # a password file, not a disk image named by mistake
_SECRET_KEYS: Final = {"password", "passwd", "passwort", "pwd", "pass", "psw", "token", "auth", "secret"}
# Some recorders take it in the path: /user=admin_password=…_channel=1_stream=0.sdp
_SECRET_IN_PATH: Final = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(_SECRET_KEYS))})=", re.IGNORECASE)


class Login(NamedTuple):
    username: str
    password: str

    def __repr__(self) -> str:  # a stray log line must not show the password
        return f"Login({self.username!r}, ***)"


class NetworkCamera(Camera):
    """A camera with a URL."""

    schemes: ClassVar[tuple[str, ...]] = ()

    url: str = Field(max_length=2000, description="Address of the stream or picture, without user name and password")
    username: str = Field("", max_length=200, pattern="^[^:]*$", description="User name, where the camera asks for a login")
    password_file: Path | None = Field(None, description="File that holds the password (its first line); not readable by everyone")
    frozen_s: float = Field(
        15.0, ge=0, le=3600, description="How long the very same picture may come before the camera counts as lost; 0: for ever"
    )
    password_env: str = Field("", max_length=200, description="Environment variable that holds the password")

    @field_validator("url")
    @classmethod
    def _usable_and_without_secret(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("not a URL") from None
        if "@" in parts.netloc:
            raise ValueError("the URL holds a login: give username, and password_file or password_env instead")
        if any(key.lower() in _SECRET_KEYS for key, _ in parse_qsl(parts.query, keep_blank_values=True)):
            raise ValueError("the URL's query holds a secret: give username, and password_file or password_env instead")
        if _SECRET_IN_PATH.search(unquote(parts.path)):
            raise ValueError("the URL's path holds a secret: give username, and password_file or password_env instead")
        if parts.scheme not in cls.schemes or not parts.hostname or port == 0:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in cls.schemes)} and name a host")
        if any(ord(c) <= 0x20 or ord(c) == 0x7F for c in url):
            raise ValueError("holds a space or a control character")
        usable_host(parts.hostname)
        return url

    @model_validator(mode="after")
    def _login_is_whole(self) -> "NetworkCamera":
        if self.password_file and self.password_env:
            raise ValueError("give either password_file or password_env, not both")
        if (self.password_file or self.password_env) and not self.username:
            raise ValueError("username is missing: a password is given")
        if self.username and not (self.password_file or self.password_env):
            raise ValueError("password_file or password_env is missing: a username is given")
        return self

    @property
    def may_repeat_s(self) -> float:
        return self.frozen_s or inf

    @property
    def address(self) -> str:
        """The URL without its query, where a camera's own tokens may stand."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    def login(self) -> Login | None:
        """The login, its secret read now (so that a changed password needs no restart). Raises CameraLoginError."""
        if not self.username:
            return None
        password = self._from_file(self.password_file) if self.password_file else os.environ.get(self.password_env, "")
        if not password:
            place = self.password_file or f"the environment variable {self.password_env}"
            raise CameraLoginError(self.name, f"no password in {place}")
        return Login(self.username, password)

    def _from_file(self, path: Path) -> str:
        try:
            if wrong := objection(path.stat().st_mode):
                raise CameraLoginError(self.name, f"the password file {path}: {wrong}")
            with path.open("rb") as file:
                first_line = file.read(MAX_SECRET_BYTES).decode().partition("\n")[0]
        except OSError as error:
            raise CameraLoginError(self.name, f"cannot read the password file {path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CameraLoginError(self.name, f"the password file {path} is not UTF-8 text") from None
        return first_line.rstrip("\r")
