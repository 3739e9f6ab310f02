"""Forms that people send: bounded, only from the page's own site, kept as typed so that nobody types anything twice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from gateway.look.errors import FormError

MOST_BYTES: Final = 16 << 10
MOST_FIELDS: Final = 40
PATIENCE_S: Final = 30.0  # for a form to arrive; 16 kB take 3 s at 50 kbit/s
FORM_TYPE: Final = "application/x-www-form-urlencoded"
SECRETS: Final = ("pin", "badge", "password", "new_password", "new_password_again", "code")

Problem = tuple[str, str]  # a field's name, and what is wrong with it: a message id of the catalogue


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed. The secrets are never shown again, and `repr` does not have them."""

    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, name: str, otherwise: str = "") -> str:
        return self.values.get(name, otherwise)

    def secret(self, name: str) -> str:
        return self.secrets.get(name, "")


NOTHING_TYPED: Final = Typed({})


def parse_form(body: str, most_fields: int = MOST_FIELDS) -> Typed:
    """Raises FormError for more fields than the form has."""
    try:
        values = {name: value.strip() for name, value in parse_qsl(body, max_num_fields=most_fields, keep_blank_values=True)}
    except ValueError:
        raise FormError("a form of too many fields") from None
    return Typed(values, {name: values.pop(name) for name in SECRETS if name in values})


async def read_form(request: web.Request, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS) -> Typed:
    """The form. Raises FormError for what no page of ours would send, HTTPRequestEntityTooLarge for too much."""
    if request.content_type != FORM_TYPE:
        raise FormError("a form of another type")
    if (request.content_length or 0) > most_bytes:
        raise web.HTTPRequestEntityTooLarge(most_bytes, request.content_length or 0)
    try:
        async with asyncio.timeout(PATIENCE_S):
            body = await request.content.read(most_bytes + 1)
            while len(body) <= most_bytes and (more := await request.content.read(most_bytes + 1 - len(body))):
                body += more
    except (TimeoutError, ConnectionError, web.RequestPayloadError):
        raise FormError("a form that did not come to its end") from None
    if len(body) > most_bytes:
        raise web.HTTPRequestEntityTooLarge(most_bytes, len(body))
    try:
        return parse_form(body.decode(), most_fields)
    except UnicodeDecodeError as error:
        raise FormError("a form that cannot be read") from error


def require_own_page(request: web.Request) -> None:
    """Raises FormError where a page of another site sends the form."""
    origin = request.headers.get("Origin", "")
    if _host_of(origin) != request.host or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise FormError(f"a form from {origin[:100]!r}")


def _host_of(origin: str) -> str:
    """Host and port; empty for what is no address, as `null` of a page without an origin."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # http://[
        return ""
