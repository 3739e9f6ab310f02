"""The gate's own signing key: made on the gate when its store is first opened, and never sent anywhere."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.store.connection import naming
from gateway.store.durable_file import whole_file
from gateway.store.errors import StoreCorruptError

FILE_NAME: Final = "signing.key"
KEY_BYTES: Final = 32
OPEN_TO_OTHERS: Final = 0o077


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in `folder` (32 bytes, mode 0600), made where there is none; what is returned is on the disk.

    Raises StoreCorruptError for a file that is no key, StoreError where it cannot be read or written.
    """
    path = folder / FILE_NAME
    with naming(path):
        if not path.exists():
            _make(path)
        secret = path.read_bytes()
        if path.stat().st_mode & OPEN_TO_OTHERS:
            path.chmod(0o600)
    if len(secret) != KEY_BYTES:
        raise StoreCorruptError(path, "is no signing key of a gate: restore a copy, or put it aside and the gate makes another")
    return Ed25519PrivateKey.from_private_bytes(secret)


def _make(path: Path) -> None:
    """Whole or not at all, also after a power cut. The system's randomness, not a test's: it is a secret."""
    with whole_file(path) as file:
        file.write(Ed25519PrivateKey.generate().private_bytes_raw())
