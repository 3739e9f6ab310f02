"""The name or address of a machine, as lane files give it. Checked there: a resolver raises other things than "not found"."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field


def usable_host(host: str) -> str:
    """Raises ValueError for what no resolver takes: RFC 1035 §2.3.4, and names of other scripts by IDNA."""
    if any(not c.isprintable() or c.isspace() for c in host):
        raise ValueError("a host name holds no space and no control character")
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("no host name: each part between its dots has 1 to 63 characters") from None
    return host


Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(usable_host)]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`. A name other than localhost counts as reachable."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
