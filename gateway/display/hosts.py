"""Under which names browsers may ask for this gate's pages.

A page of somebody else's whose name is made to lead here after it was loaded (DNS rebinding) would otherwise be of the same
origin as the desk. Such a page still says its own name in the Host field (RFC 9110 §7.2), and so it is told apart.
"""

import asyncio
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.look import i18n
from gateway.look.i18n import _
from gateway.look.pages import language_of

LOOPBACK_NAME: Final = "localhost"
NOT_HERE: Final = _("This gate does not answer to this name. The site engineer adds it to `screen.names` in the lane file.")


def only_for(names: Iterable[str]) -> Middleware:
    """Refuse (421, RFC 9110 §15.5.20) what is asked of another host than `localhost`, a loopback address, the address at which
    this very connection reached this machine, or one of `names`."""
    known = {LOOPBACK_NAME, *(asked_host(_as_browsers_write(name)) for name in names)} - {""}

    @web.middleware
    async def refuse_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = asked_host(request.headers.get("Host", ""))
        if host in known or _is_here(host, request.transport):
            return await handler(request)
        with i18n.speaking(language_of(request)):
            raise web.HTTPMisdirectedRequest(text=i18n.gettext(NOT_HERE) + "\n")

    return refuse_strangers


def asked_host(field: str) -> str:
    """The name or address in a Host field, without port, last dot and capitals; empty where there is none."""
    try:
        return (urlsplit(f"//{field}").hostname or "").lower().removesuffix(".")  # it lowers no zone
    except ValueError:
        return ""


def _as_browsers_write(name: str) -> str:
    return f"[{name}]" if ":" in name else name.encode("idna").decode("ascii")


def _is_here(host: str, connection: asyncio.Transport | None) -> bool:
    try:
        asked = _address(host)
        here = _address(connection.get_extra_info("sockname")[0]) if connection else None
    except ValueError:
        return False
    return asked.is_loopback or asked == here


def _address(text: str) -> IPv4Address | IPv6Address:
    """Without the zone of a link, and IPv4 as itself where a socket serves both. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
