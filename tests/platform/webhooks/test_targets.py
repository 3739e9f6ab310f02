"""Nobody makes the platform connect to what only it can reach."""

import ipaddress
import socket

import pytest

from gateway.platform.webhooks.targets import ForbiddenTargetError, PublicResolver, Targets

NOBODY_OPENED = Targets(())
LOOPBACK_OPENED = Targets((ipaddress.ip_network("127.0.0.0/8"),))
INWARD = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # where clouds hand out credentials
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",  # NAT64
    "[2002:7f00:1::]",  # 6to4
    "[2001:0:7f00:1::]",  # Teredo
    "[fd00::1]",
    "[fe80::1]",
    "[ff02::1]",
)


@pytest.mark.parametrize("host", INWARD)
def test_no_address_inward(host: str) -> None:
    with pytest.raises(ForbiddenTargetError, match="not on the public internet"):
        NOBODY_OPENED.check(f"https://{host}/events")


@pytest.mark.parametrize(
    "url",
    [
        "http://depot.example/events",
        "http://8.8.8.8/events",
        "https://user:password@depot.example/",
        "https://user@depot.example/",
        "ftp://depot.example/",
        "https:///events",
        "https://",
        "https://depot.example:0/",
        "https://depot.example:99999/",
        "https://" + "x" * 64 + ".example/",
        "file:///etc/passwd",
        "not an address",
    ],
)
def test_no_other_sort_of_address(url: str) -> None:
    with pytest.raises(ForbiddenTargetError):
        NOBODY_OPENED.check(url)


@pytest.mark.parametrize("url", ["https://depot.example/events?key=1", "https://8.8.8.8:8443/", "https://[2001:4860:4860::8888]/"])
def test_the_public_internet_by_https(url: str) -> None:
    NOBODY_OPENED.check(url)


def test_what_the_operator_has_opened() -> None:
    LOOPBACK_OPENED.check("http://127.0.0.1:8000/")
    LOOPBACK_OPENED.check("https://127.0.0.1/")
    with pytest.raises(ForbiddenTargetError):
        LOOPBACK_OPENED.check("https://10.0.0.1/")


@pytest.mark.parametrize("name", ["localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
async def test_a_name_is_looked_at_when_it_is_resolved(name: str) -> None:
    """`localhost`, and the other spellings of 127.0.0.1 that resolvers take."""
    with pytest.raises(OSError, match="not on the public internet"):
        await PublicResolver(NOBODY_OPENED).resolve(name, 443)
    found = await PublicResolver(LOOPBACK_OPENED).resolve(name, 443, socket.AF_INET)
    assert {one["host"] for one in found} == {"127.0.0.1"}
