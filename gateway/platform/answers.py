"""Answers and problems (RFC 9457) as they leave the platform: JSON, or XML to whom sent XML and accepts it.

Some bear a tag, by which a caller knows an answer again.
"""

import hashlib
from typing import Final

from aiohttp import ETag, web
from pydantic import BaseModel

from gateway.model.wire import Problem
from gateway.platform.errors import OutdatedError, Refusal, TooManyError
from gateway.platform.xml_documents import encode_xml, problem_xml

XML = "application/xml"
NO_STORE = {"Cache-Control": "no-store"}
ASK_AGAIN: Final = "private, no-cache"  # whoever asked may keep it, and asks each time whether it still holds


def json_answer(status: int, message: BaseModel) -> web.Response:
    return web.Response(status=status, text=message.model_dump_json(), content_type="application/json", headers=NO_STORE)


def wants_xml(request: web.Request) -> bool:
    """Whether the request is XML and its `Accept` names XML; how much it prefers what is not asked."""
    ranges = (one.partition(";")[0].strip().casefold() for one in request.headers.get("Accept", "").split(","))
    return request.content_type == XML and XML in ranges


def answer(request: web.Request, status: int, message: BaseModel) -> web.Response:
    """JSON; where XML is wanted, an element of the message's name."""
    if not wants_xml(request):
        return json_answer(status, message)
    text = encode_xml(type(message).__name__, message.model_dump(mode="json"))
    return web.Response(status=status, text=text, content_type=XML, headers=NO_STORE)


def problem_answer(problem: Problem) -> web.Response:
    body = problem.model_dump_json()
    return web.Response(status=problem.status, text=body, content_type="application/problem+json", headers=NO_STORE)


def refusal_answer(request: web.Request, refusal: Refusal) -> web.Response:
    if wants_xml(request):
        text = problem_xml(refusal.problem.model_dump(mode="json"))
        told = web.Response(status=refusal.status, text=text, content_type="application/problem+xml", headers=NO_STORE)
    else:
        told = problem_answer(refusal.problem)
    if refusal.status == 401:
        told.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, TooManyError):
        told.headers["Retry-After"] = str(refusal.wait_s)
    return told


def tag_of(body: bytes) -> str:
    """The entity tag of an answer: the same bytes have the same one, on any day and on any platform."""
    return hashlib.sha256(body).hexdigest()[:32]


def tagged(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """A whole answer with its tag; in its place 304, where the caller says that it has this very one (RFC 9110 §13.1.2)."""
    if answer.status != 200 or not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
        return answer
    tag = answer.etag.value if answer.etag else tag_of(answer.body)
    if _names(request.if_none_match, tag):
        answer = web.Response(status=304)
    answer.etag = tag
    answer.headers["Cache-Control"] = ASK_AGAIN
    return answer


def require_unchanged(request: web.Request, message: BaseModel) -> None:
    """Raises OutdatedError where the caller wants to change another `message` than the one that is there (RFC 9110 §13.1.1)."""
    wanted = request.if_match
    if wanted is None:
        return
    # A weak tag says that two answers mean the same, which is not enough to change one.
    exact = tuple(one for one in wanted if not one.is_weak)
    if not _names(exact, tag_of(message.model_dump_json().encode())):
        raise OutdatedError("This was changed meanwhile: read it again, and then decide.")


def _names(given: tuple[ETag, ...] | None, tag: str) -> bool:
    return any(one.value in {tag, "*"} for one in given or ())
