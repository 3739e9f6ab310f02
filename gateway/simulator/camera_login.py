"""The login that a simulated camera asks for: Basic (RFC 7617), or Digest with MD5 (RFC 7616), as most cameras do it."""

import base64
import hashlib
import hmac
import re
from typing import Final, Literal

REALM: Final = "camera"


class CameraLogin:
    """What a camera asks of its clients. A camera that offers Digest offers Basic, too, and never wants to see it used."""

    def __init__(self, username: str, password: str, scheme: Literal["basic", "digest"] = "basic", nonce: str = "n1") -> None:
        self._digest = scheme == "digest"
        self._nonce = nonce
        self._basic = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
        self._secret = _md5(f"{username}:{REALM}:{password}")
        self.shown = 0  # how often a client sent its password as it is

    @property
    def challenges(self) -> tuple[str, ...]:
        """The values of WWW-Authenticate."""
        basic = f'Basic realm="{REALM}"'
        return (basic, f'Digest realm="{REALM}", nonce="{self._nonce}", qop="auth", algorithm=MD5') if self._digest else (basic,)

    def admits(self, method: str, authorization: str) -> bool:
        if authorization.startswith("Basic "):
            self.shown += 1
            return not self._digest and hmac.compare_digest(authorization.encode(), self._basic.encode())
        return self._digest and authorization.startswith("Digest ") and self._answered(method, authorization)

    def _answered(self, method: str, authorization: str) -> bool:
        """RFC 7616 §3.4.1; a client may leave out the quality of protection (RFC 2069)."""
        told: dict[str, str] = dict(re.findall(r'(\w+)="?([^",]*)"?', authorization))
        quality = [told.get(key, "") for key in ("nc", "cnonce", "qop")] if "qop" in told else []
        expected = _md5(":".join([self._secret, self._nonce, *quality, _md5(f"{method}:{told.get('uri', '')}")]))
        return hmac.compare_digest(told.get("response", "").encode(), expected.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
