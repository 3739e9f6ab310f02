"""The page for an address that this gate does not have, in the language of whoever typed it."""

from datetime import datetime

from aiohttp import web

from gateway.display.screens import screen_environment
from gateway.look.pages import language_links, language_of, render
from gateway.look.times import scheme


def missing_page(request: web.Request, now: datetime) -> web.Response:
    """There is no such lane at this gate; the way to all lanes."""
    html = render(
        screen_environment(), "missing.html", language_of(request), language_links=language_links(request), scheme=scheme(now)
    )
    return web.Response(text=html, status=404, content_type="text/html", headers={"Cache-Control": "no-store"})
