"""Who asks: a person, a program, a gate. What they may do, and whose data they see, is known before a handler runs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.platform.accounts.roles import Right


@dataclass(frozen=True, slots=True)
class Viewer:
    """`name` as the audit trail has it. `firm`: the BAN of the firm whose data alone this one sees; None: everybody's."""

    name: str
    rights: frozenset[Right]
    firm: str | None = None

    def may(self, right: Right) -> bool:
        return right in self.rights


@dataclass(frozen=True, slots=True)
class Stay:
    """Of a request that is answered for long. `holds` looks whether its viewer would be let in now."""

    holds: Callable[[], Awaitable[bool]]


NOBODY: Final = Viewer("nobody", frozenset())
VIEWER: Final = web.RequestKey("viewer", Viewer)
STAY: Final = web.RequestKey("stay", Stay)


def viewer_of(request: web.Request) -> Viewer:
    """Whom the doorkeeper let in; nobody at a route that is open to everyone."""
    viewer: Viewer = request.get(VIEWER, NOBODY)
    return viewer


async def may_stay(request: web.Request) -> bool:
    """Whether whoever was let in for this request would be let in now."""
    stay: Stay | None = request.get(STAY)
    return stay is None or await stay.holds()
