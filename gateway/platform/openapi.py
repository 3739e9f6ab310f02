"""The OpenAPI 3.1 description, made from the table of routes and the wire models. Nothing here is written twice."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import gateway
from gateway.model.wire import Problem
from gateway.platform.accounts.roles import Right
from gateway.platform.errors import Refusal
from gateway.platform.operations import Body, Operation, Parameter, Reply
from gateway.platform.webhooks.messages import EVENTS

_PROBLEMS: Final = {refusal.status: refusal.title for refusal in Refusal.__subclasses__()}
_INTRODUCTION: Final = (
    "Orders and register entries in, a feed to the gates out, lane confirmations and their pictures kept exactly once. "
    "Everything that is handed in may be sent again until it is acknowledged: a repetition changes nothing."
)
_TOKEN: Final = {"type": "http", "scheme": "bearer", "description": "A program's key (`gwk_…`), or the platform's token"}
_CERTIFICATE: Final = {"type": "mutualTLS", "description": "An enrolled gate's certificate, for what is under its own name"}
_SESSION: Final = {"type": "apiKey", "in": "cookie", "name": "session", "description": "Of a person who has signed in"}
_ETAG: Final = {"description": "Names this very answer", "schema": {"type": "string"}, "required": True}
_IF_NONE_MATCH: Final = Parameter("If-None-Match", "header", "The ETag of the answer that you have", {"type": "string"})
_SIGNED: Final = {
    "webhook-id": "The event's, the same however often it is sent",
    "webhook-timestamp": "When this was sent, Unix seconds: refuse what is older than some minutes",
    "webhook-signature": (
        "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` (standardwebhooks.com); "
        "one for each secret that is good, divided by spaces"
    ),
}
_EVERYWHERE: Final = (400, 503)  # a request that is no HTTP; a database that does not answer who is asking
_XML: Final = "application/xml"
References = Mapping[Any, dict[str, Any]]  # (model, mode) to where its schema stands


def _models(operations: Iterable[Operation]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    used: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    used |= {(model, "serialization"): None for model in EVENTS.values()}
    for operation in operations:
        for model in operation.body.models if operation.body else ():
            used[model, "validation"] = None
        for reply in operation.replies:
            if reply.model:
                used[reply.model, "serialization"] = None
    return list(used)


def _body(body: Body, references: References) -> dict[str, Any]:
    if not body.models:
        schema: dict[str, Any] = {"type": "string", "format": "binary"}
    else:
        choices = [references[model, "validation"] for model in body.models]
        schema = choices[0] if len(choices) == 1 else {"oneOf": choices}
        if body.or_list:
            schema = {"oneOf": [schema, {"type": "array", "items": schema}]}
        elif body.as_list:
            schema = {"type": "array", "items": schema}
    content: dict[str, Any] = {"schema": schema}
    if body.example is not None:
        content["example"] = body.example
    media = {body.media: content}
    if body.xml_example:
        media[_XML] = {"schema": schema, "example": body.xml_example}
    return {"description": body.description, "required": True, "content": media}


def _reply(reply: Reply, references: References, also_xml: bool) -> dict[str, Any]:
    if not reply.media:
        return {"description": reply.description}
    without_model = {"type": "object" if reply.media == "application/json" else "string"}
    schema = references[reply.model, "serialization"] if reply.model else without_model
    content: dict[str, Any] = {"schema": schema}
    if reply.example is not None:
        content["example"] = reply.example
    media = {reply.media: content} | ({_XML: {"schema": schema}} if also_xml else {})
    return {"description": reply.description, "content": media}


def _problem(status: int, references: References) -> dict[str, Any]:
    example = {"type": "about:blank", "title": _PROBLEMS[status], "status": status, "detail": "…", "errors": []}
    content: dict[str, Any] = {"application/problem+json": {"schema": references[Problem, "serialization"], "example": example}}
    if status == 400:
        content["text/plain"] = {"schema": {"type": "string"}}  # of what is no HTTP, and so got to no operation
    return {"description": _PROBLEMS[status], "content": content}


def _parameter(one: Parameter) -> dict[str, Any]:
    required = one.required or one.where == "path"
    return {"name": one.name, "in": one.where, "description": one.description, "required": required, "schema": one.schema}


def _operation(operation: Operation, references: References) -> dict[str, Any]:
    statuses = {*operation.problems, *_EVERYWHERE, *((401, 403, 429) if operation.right is not None else ())}
    also_xml = operation.body is not None and bool(operation.body.xml_example)
    responses = {str(reply.status): _reply(reply, references, also_xml) for reply in operation.replies}
    responses |= {str(status): _problem(status, references) for status in sorted(statuses)}
    parameters = operation.parameters
    if operation.tagged:
        responses["200"]["headers"] = {"ETag": _ETAG}
        responses["304"] = {"description": "What `If-None-Match` names still holds", "headers": {"ETag": _ETAG}}
        parameters += (_IF_NONE_MATCH,)
    described: dict[str, Any] = {
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": responses,
        "parameters": [_parameter(one) for one in parameters],
    }
    if operation.body:
        described["requestBody"] = _body(operation.body, references)
    if operation.right is not None:
        ways = [
            "token",
            *(["session"] if operation.method == "GET" and operation.right is Right.READ else []),
            *(["certificate"] if operation.by_gates else []),
        ]
        described["security"] = [*({way: list[str]()} for way in ways), {}]
    return described


def _event(model: type[BaseModel], references: References) -> dict[str, Any]:
    """A message that the platform sends to a webhook (OpenAPI 3.1, `webhooks`)."""
    body = {"required": True, "content": {"application/json": {"schema": references[model, "serialization"]}}}
    taken = {"2XX": {"description": "Taken; anything else, a redirection too, is tried again later"}}
    parameters = [_parameter(Parameter(name, "header", said, {"type": "string"}, required=True)) for name, said in _SIGNED.items()]
    summary = (model.__doc__ or "").strip() or f"Sent to webhooks that want `{model.model_fields['type'].default}`"
    return {"post": {"summary": summary, "tags": ["webhooks"], "parameters": parameters, "requestBody": body, "responses": taken}}


def describe(operations: tuple[Operation, ...]) -> dict[str, Any]:
    """The whole description, ready to be written as JSON."""
    references, definitions = models_json_schema(_models(operations), ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "gateway platform", "version": gateway.__version__, "description": _INTRODUCTION},
        "paths": paths,
        "webhooks": {kind: _event(model, references) for kind, model in EVENTS.items()},
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": _TOKEN, "certificate": _CERTIFICATE, "session": _SESSION},
        },
    }
