"""From where somebody has signed in, in words by which a person knows their own devices again."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from aiohttp import web

LONGEST: Final = 60  # characters of a browser's name
LONGEST_ADDRESS: Final = 45  # characters; an IPv6 address with its zone may be longer
_LONGEST_READ: Final = 500  # of a User-Agent, which may be of any length
# In this order: each of them also says the names of those behind it.
_BROWSERS: Final = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Version/", "Safari"))
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Came:
    """From where somebody comes: the address, and the browser's name."""

    address: str
    browser: str


def came_from(request: web.Request, behind_proxy: bool) -> Came:
    """Behind a proxy the address is what it has added last to `X-Forwarded-For`: whatever stands before that, anybody can write."""
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if behind_proxy else ""
    return Came(_address(said or request.remote or ""), browser_name(request.headers.get("User-Agent", "")))


def _address(text: str) -> str:
    try:
        return str(ip_address(text))[:LONGEST_ADDRESS]
    except ValueError:
        return ""


def browser_name(user_agent: str) -> str:
    """`Firefox 140, Windows`; of a program that is none of the known ones, the first printable characters of what it says."""
    read = "".join(character for character in user_agent[:_LONGEST_READ] if character.isprintable())
    browser = next((f"{name} {_version(read, mark)}".strip() for mark, name in _BROWSERS if mark in read), "")
    system = next((name for mark, name in _SYSTEMS if mark in read), "")
    return (f"{browser}, {system}" if browser and system else browser or read)[:LONGEST]


def _version(read: str, mark: str) -> str:
    after = read.partition(mark)[2]
    digits = after[: len(after) - len(after.lstrip("0123456789"))]
    return digits[:4]
