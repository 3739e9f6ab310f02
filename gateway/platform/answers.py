"""Answers and problems (RFC 9457) as they leave the platform: JSON, or XML to whom sent XML and accepts it."""

from aiohttp import web
from pydantic import BaseModel

from gateway.model.wire import Problem
from gateway.platform.errors import Refusal
from gateway.platform.xml_documents import encode_xml, problem_xml

XML = "application/xml"
NO_STORE = {"Cache-Control": "no-store"}


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
    return told
