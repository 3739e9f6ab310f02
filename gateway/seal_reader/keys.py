"""Keys of vehicle seals: each seal has its own, derived from a master key that stays in a file or an environment variable.

A master key is 16 or 32 bytes in hex. A line may begin with a key id (`2: 00112233…`); without one it is key 1. Several
lines are several masters, so that seals can move to a new one while the old one still counts. Nothing here is ever
logged or shown: errors name the place, never the text that stands there.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.seal_reader.errors import SealKeyError

LABEL: Final = b"vehicle seal advertisement"
RECEIPT_LABEL: Final = b"vehicle seal receipt"
KEY_LENGTH: Final = 16
AUTHORITY_LENGTH: Final = 32
MAX_CACHED: Final = 8192  # derived keys, ten times the seals that pass a busy gate in a day; anybody may send a serial
_LINE = re.compile(r"(?:(?P<id>[0-9]{1,3})\s*:)?\s*(?P<hex>[0-9A-Fa-f]+)")
_OPEN_TO_OTHERS = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO


class SealKeyConfig(BaseModel):
    """Where the master keys of vehicle seals are: in a file, or in an environment variable. Never in the lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path | None = Field(None, description="File with the master keys, readable by the service alone (mode 0600 or 0640)")
    environment: str | None = Field(
        None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable with the master keys"
    )

    @model_validator(mode="after")
    def _one_place(self) -> "SealKeyConfig":
        if (self.file is None) == (self.environment is None):
            raise ValueError("name either a file or an environment variable")
        return self


def derive(master: bytes, key_id: int, serial: int, label: bytes = LABEL) -> bytes:
    """A seal's own 16-byte key for one purpose: NIST SP 800-108r1, KDF in counter mode, AES-CMAC as its function.

    Counter and output length are 32 bits, big-endian; the context is the key id and the serial as in the frame.
    """
    context = bytes([key_id]) + serial.to_bytes(4, "little")
    kdf = KBKDFCMAC(
        algorithm=AES,
        mode=Mode.CounterMode,
        length=KEY_LENGTH,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=context,
        fixed=None,
    )
    return kdf.derive(master)


class SealKeys:
    """The master keys of a gate by key id. Its text shows the ids alone."""

    def __init__(self, masters: Mapping[int, bytes]) -> None:
        for key_id, master in masters.items():
            if not 1 <= key_id <= 255:
                raise SealKeyError(f"key id {key_id}: 1 to 255 are possible")
            if len(master) not in (16, 32):
                raise SealKeyError(f"master key {key_id} has {len(master)} bytes; 16 or 32 are needed")
        self._masters = dict(masters)
        self._derived: dict[tuple[int, int], bytes] = {}

    def __repr__(self) -> str:
        return f"SealKeys(key ids {', '.join(str(key_id) for key_id in self._masters)})"

    def of(self, key_id: int, serial: int) -> bytes:
        """The key of one seal. Raises SealKeyError when there is no such master here."""
        key = self._derived.get((key_id, serial))
        if key is None:
            if len(self._derived) >= MAX_CACHED:
                self._derived.clear()
            key = self._derived[key_id, serial] = derive(self._master(key_id), key_id, serial)
        return key

    def for_receipts(self, key_id: int, serial: int) -> bytes:
        """The key under which one seal signs receipts. Raises SealKeyError when there is no such master here."""
        return derive(self._master(key_id), key_id, serial, RECEIPT_LABEL)

    def _master(self, key_id: int) -> bytes:
        if key_id not in self._masters:
            raise SealKeyError(f"no master key {key_id} here")
        return self._masters[key_id]


def parse_keys(text: str, place: str) -> SealKeys:
    """Read master keys as a file or variable holds them. Raises SealKeyError naming `place` and line, never what is there."""
    return SealKeys(_keys(text, place))


def _keys(text: str, place: str) -> dict[int, bytes]:
    """Keys by key id, in the order in which they stand there; each 16 or 32 bytes."""
    masters: dict[int, bytes] = {}
    for number, line in enumerate(re.split(r"[\n,]", text), start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        key_id, master = _key(content, f"{place}, line {number}")
        if key_id in masters:
            raise SealKeyError(f"{place}, line {number}: master key {key_id} stands there twice")
        masters[key_id] = master
    if not masters:
        raise SealKeyError(f"{place}: no master key in it")
    return masters


def _key(content: str, where: str) -> tuple[int, bytes]:
    match = _LINE.fullmatch(content)
    if match is None:
        raise SealKeyError(f"{where}: not a key in hex, nor a key id and a key")
    digits = match["hex"]
    if len(digits) not in (32, 64):
        raise SealKeyError(f"{where}: {len(digits)} hex digits; 32 (AES-128) or 64 (AES-256) are needed")
    key_id = int(match["id"] or 1)
    if not 1 <= key_id <= 255:
        raise SealKeyError(f"{where}: key id {key_id}; 1 to 255 are possible")
    return key_id, bytes.fromhex(digits)


def load_keys(config: SealKeyConfig, environment: Mapping[str, str]) -> SealKeys:
    """Read the master keys from where the lane file says they are. Raises SealKeyError."""
    return SealKeys(_load(config, environment))


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may command seals: an Ed25519 key, and the id under which seals know its public half."""

    key_id: int
    key: Ed25519PrivateKey = field(repr=False)


def load_authority(config: SealKeyConfig, environment: Mapping[str, str]) -> Authority:
    """The first key there, 64 hex digits (the private key of RFC 8032, §5.1.5). Raises SealKeyError."""
    key_id, key = next(iter(_load(config, environment).items()))
    if len(key) != AUTHORITY_LENGTH:
        raise SealKeyError(f"{config.file or config.environment}: an authority's key has 64 hex digits")
    return Authority(key_id, Ed25519PrivateKey.from_private_bytes(key))


def _load(config: SealKeyConfig, environment: Mapping[str, str]) -> dict[int, bytes]:
    if config.file is not None:
        return _keys(_read_secret(config.file), f"seal key file {config.file}")
    name = config.environment or ""
    if name not in environment:
        raise SealKeyError(f"seal keys: environment variable {name} is not set")
    return _keys(environment[name], f"environment variable {name}")


def _read_secret(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & _OPEN_TO_OTHERS:
            raise SealKeyError(f"seal key file {path}: mode {stat.S_IMODE(mode):04o} lets others at it; chmod 600")
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise SealKeyError(f"seal key file {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SealKeyError(f"seal key file {path}: not plain text") from None
