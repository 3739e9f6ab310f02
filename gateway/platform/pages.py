"""What the platform's pages share: the environment, the language of the person, navigation, and the page for a problem."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.resources import as_file, files
from typing import Final, Literal

import jinja2
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.look import pages as look
from gateway.platform.accounts.people import SESSION
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of

STATIC: Final = "/platform"
PROBLEM_TEMPLATE: Final = "problem.html"


@cache
def _environment() -> jinja2.Environment:
    """The templates, compiled once for all platforms of a process."""
    made = look.environment("gateway.platform")
    made.globals["platform_asset"] = _asset
    return made


@dataclass(frozen=True, slots=True)
class Page:
    """One method of one address that people go to, and who may."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    right: Right | None = Right.READ  # that it wants; None: open to everyone
    for_firms: bool = False  # it keeps to the data of the viewer's firm
    for_owing: bool = False  # open to those, too, who have to set a password or a second factor before anything else
    by_person: bool = False  # what it does bears the name of somebody who has signed in; all that is sent by a form does


AdmitToPage = Callable[[web.Request, Page], Awaitable[None]]


def _guarded(page: Page, admit: AdmitToPage) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        await admit(request, page)
        return await page.handler(request)

    return guarded


def add_pages(app: web.Application, pages: Iterable[Page], admit: AdmitToPage) -> None:
    for one in pages:
        app.router.add_route(one.method, one.path, _guarded(one, admit))


class Pages:
    """Renders templates in the language of the request, in a thread: the event loop has gates to answer."""

    async def answer(self, request: web.Request, template: str, status: int = 200, **context: object) -> web.Response:
        language = look.language_of(request)
        html = await asyncio.to_thread(
            look.render,
            _environment(),
            template,
            language,
            language_links=look.language_links(request),
            path=request.path,
            session=request.get(SESSION),
            asker=viewer_of(request),
            **context,
        )
        return web.Response(status=status, text=html, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def problem(self, request: web.Request, status: int) -> web.Response:
        return await self.answer(request, PROBLEM_TEMPLATE, status=status, status_code=status)


def see_other(address: str) -> web.Response:
    """What a form has done is looked at under an address of its own: to read that again does nothing twice."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _asset(name: str) -> str:
    return f"{STATIC}/{name}?v={look.page_version()}"


def add_static(app: web.Application) -> None:
    """The platform's own stylesheet and script, beside those of the look."""
    with as_file(files("gateway.platform").joinpath("static")) as folder:  # the package is always installed unpacked
        app.router.add_static(STATIC, folder)
    look.add_static(app)
