"""The gate's token: read from its file or variable, checked, and never written anywhere."""

import os
from pathlib import Path

from gateway.model.secret_file import objection
from gateway.uplink.errors import TokenError
from gateway.uplink.settings import UplinkSettings


def _checked(text: str, source: str) -> str:
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise TokenError(f"{source}: wants one line of printable ASCII characters without spaces")
    return token


def secret_of(path: Path) -> str:
    """What a file holds that is not for everyone. Raises TokenError."""
    try:
        if wrong := objection(path.stat().st_mode):
            raise TokenError(f"token file {path}: {wrong}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TokenError(f"token file {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise TokenError(f"token file {path}: not text") from None
    return _checked(text, f"token file {path}")


def read_token(settings: UplinkSettings) -> str | None:
    """The token; None where the site names none. Raises TokenError, which never holds the token."""
    if settings.token_file is not None:
        return secret_of(settings.token_file)
    if settings.token_env is not None:
        text = os.environ.get(settings.token_env)
        if text is None:
            raise TokenError(f"environment variable {settings.token_env}: not set")
        return _checked(text, f"environment variable {settings.token_env}")
    return None
