"""Where a webhook may lead. Whoever registers one chooses where this machine connects to: never to what only it can reach.

A name is resolved once for each connection, and the connection goes to the very address that was looked at: a name that changes its
address in between (DNS rebinding) gains nothing. One address of it that is not allowed, and none is used.
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import IPvAnyNetwork
from yarl import URL

from gateway.model.host import is_loopback, usable_host

_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291 §2.4; what embeds IPv4 (mapped, NAT64) is outside of it, or 6to4 or Teredo


class ForbiddenTargetError(OSError):
    """The webhook leads to where it may not. An OSError, so that a connection that is refused for it fails like any other."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EACCES, reason)

    def __str__(self) -> str:
        return str(self.strerror)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is one of the public internet, to one receiver."""
    if isinstance(address, IPv6Address) and (address not in _UNICAST or address.sixtofour or address.teredo):
        return False
    return address.is_global and not address.is_multicast


class Targets:
    """`networks` are those that the operator has opened beside the public internet."""

    def __init__(self, networks: Iterable[IPvAnyNetwork]) -> None:
        self._networks = tuple(networks)

    def allows(self, address: str) -> bool:
        one = ipaddress.ip_address(address.partition("%")[0])
        return is_public(one) or any(one in network for network in self._networks)

    def check(self, raw: str) -> None:
        """Raises ForbiddenTargetError, with the reason. Names are looked up later, by `PublicResolver`."""
        try:
            url = URL(raw)
            host = usable_host(url.raw_host or "")
            port = url.port
        except ValueError as error:
            raise ForbiddenTargetError(f"no address of a web server: {error}") from None
        if url.scheme not in {"http", "https"} or not host or not port:
            raise ForbiddenTargetError("no address of a web server")
        if url.user is not None or url.password is not None:
            raise ForbiddenTargetError("an address with a user or a password would be kept, and shown, in clear")
        if url.scheme == "http" and not is_loopback(host):
            raise ForbiddenTargetError("only https is encrypted on its way")
        try:
            allowed = self.allows(host)
        except ValueError:
            return  # a name
        if not allowed:
            raise ForbiddenTargetError(f"{host} is not on the public internet")


class PublicResolver(AbstractResolver):
    """Gives addresses that `targets` allows, or none. Raises ForbiddenTargetError, and OSError where the name is unknown."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        addresses = dict.fromkeys((str(address[0]), kind) for kind, _, _, _, address in found)
        for address, _ in addresses:
            if not self._targets.allows(address):
                raise ForbiddenTargetError(f"{host} is not on the public internet")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for address, kind in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""
