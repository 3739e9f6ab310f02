"""Refusals become answers: problem details (RFC 9457) for programs, a page for people."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from gateway.model.wire import Problem
from gateway.platform.answers import problem_answer, refusal_answer
from gateway.platform.errors import Refusal
from gateway.platform.pages import Pages

_FOR_PROGRAMS: Final = ("/api", "/healthz", "/metrics")


def _for_programs(request: web.Request) -> bool:
    return request.path in _FOR_PROGRAMS or request.path.startswith("/api/")


def _of_router(error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals: no such path, no such method."""
    detail = "There is nothing at this path." if error.status == 404 else ""
    answer = problem_answer(Problem(title=error.reason, status=error.status, detail=detail))
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


def make_problem_middleware(pages: Pages) -> Middleware:
    @web.middleware
    async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return refusal_answer(request, refusal) if _for_programs(request) else await pages.problem(request, refusal.status)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return _of_router(error) if _for_programs(request) else await pages.problem(request, error.status)

    return problems
