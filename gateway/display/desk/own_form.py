"""Only this gate's own page may send the desk's form: its origin, and a token that no other site can read."""

import hashlib
import hmac
from typing import Final

from aiohttp import web

from gateway.look.errors import FormError
from gateway.look.forms import require_own_page
from gateway.model.clock import RandomBytes

COOKIE: Final = "desk"
_BYTES: Final = 32


class OwnForm:
    """Tokens of one run of the service. A form of the run before is refused and its page loads anew."""

    def __init__(self, random: RandomBytes) -> None:
        self._random = random
        self._key = random(_BYTES)

    def browser_of(self, request: web.Request) -> str:
        """What tells this browser from others; a new one for a browser that has none yet."""
        known = request.cookies.get(COOKIE, "")
        return known if len(known) == 2 * _BYTES and known.isalnum() else self._random(_BYTES).hex()

    def remember(self, response: web.Response, browser: str) -> None:
        response.set_cookie(COOKIE, browser, httponly=True, samesite="Strict", path="/lanes")

    def token(self, browser: str, passage_id: str) -> str:
        return hmac.new(self._key, f"{browser} {passage_id}".encode(), hashlib.sha256).hexdigest()

    def check(self, request: web.Request, token: str, passage_id: str) -> None:
        """Raises FormError."""
        require_own_page(request)
        expected = self.token(request.cookies.get(COOKIE, ""), passage_id)
        if not hmac.compare_digest(expected.encode(), token.encode(errors="replace")):
            raise FormError("a form without this gate's token")
