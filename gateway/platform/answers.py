"""JSON answers and problems (RFC 9457) as they leave the platform, and the tags by which a caller knows an answer again."""

import hashlib
from typing import Final

from aiohttp import ETag, web
from pydantic import BaseModel

from gateway.model.wire import Problem
from gateway.platform.errors import ChangedError, Refusal

NO_STORE = {"Cache-Control": "no-store"}
ASK_AGAIN: Final = "private, no-cache"  # whoever asked may keep it, and asks each time whether it still holds


def json_answer(status: int, message: BaseModel) -> web.Response:
    return web.Response(status=status, text=message.model_dump_json(), content_type="application/json", headers=NO_STORE)


def problem_answer(problem: Problem) -> web.Response:
    body = problem.model_dump_json()
    return web.Response(status=problem.status, text=body, content_type="application/problem+json", headers=NO_STORE)


def refusal_answer(refusal: Refusal) -> web.Response:
    answer = problem_answer(Problem(title=refusal.title, status=refusal.status, detail=refusal.detail, errors=refusal.errors))
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def tag_of(body: bytes) -> str:
    """The entity tag of an answer: the same bytes have the same one, on any day and on any platform."""
    return hashlib.sha256(body).hexdigest()[:32]


def tagged(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """A whole answer with its tag; in its place 304, where the caller says that it has this very one (RFC 9110 §13.1.2)."""
    if answer.status != 200 or not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
        return answer
    tag = tag_of(answer.body)
    if _names(request.if_none_match, tag):
        answer = web.Response(status=304)
    answer.etag = tag
    answer.headers["Cache-Control"] = ASK_AGAIN
    return answer


def require_unchanged(request: web.Request, message: BaseModel) -> None:
    """Raises ChangedError where the caller wants to change another `message` than the one that is there (RFC 9110 §13.1.1)."""
    wanted = request.if_match
    if wanted is None:
        return
    # A weak tag says that two answers mean the same, which is not enough to change one.
    exact = tuple(one for one in wanted if not one.is_weak)
    if not _names(exact, tag_of(message.model_dump_json().encode())):
        raise ChangedError("This was changed meanwhile: read it again, and then decide.")


def _names(given: tuple[ETag, ...] | None, tag: str) -> bool:
    return any(one.value in {tag, "*"} for one in given or ())
