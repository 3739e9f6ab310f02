"""JSON answers and problems (RFC 9457) as they leave the platform."""

from aiohttp import web
from pydantic import BaseModel

from gateway.model.wire import Problem
from gateway.platform.errors import Refusal, TooManyError

NO_STORE = {"Cache-Control": "no-store"}


def json_answer(status: int, message: BaseModel) -> web.Response:
    return web.Response(status=status, text=message.model_dump_json(), content_type="application/json", headers=NO_STORE)


def problem_answer(problem: Problem) -> web.Response:
    body = problem.model_dump_json()
    return web.Response(status=problem.status, text=body, content_type="application/problem+json", headers=NO_STORE)


def refusal_answer(refusal: Refusal) -> web.Response:
    answer = problem_answer(Problem(title=refusal.title, status=refusal.status, detail=refusal.detail, errors=refusal.errors))
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, TooManyError):
        answer.headers["Retry-After"] = str(refusal.wait_s)
    return answer
