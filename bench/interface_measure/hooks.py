"""What schemathesis is told beyond the description: what is there to be asked for, and that it need not wait for what is not."""

import json
import os
from itertools import count
from typing import Any, Final

import schemathesis
from schemathesis.generation import GenerationMode

KNOWN: Final[dict[str, str]] = json.loads(os.environ["GATEWAY_KNOWN"])  # path parameters of things that the platform has
NOWHERE: Final = os.environ["GATEWAY_NOWHERE"]
_calls = count()


@schemathesis.serializer("application/partial-upload")
def piece(_context: Any, value: Any) -> Any:
    """A part of a picture, as it is."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Every second well-formed question asks for something that is there, or brings what its path names; none waits for news.

    Wrong ones stay as they are. Webhooks lead nowhere, whoever they would have called upon.
    """
    if isinstance(case.body, dict) and isinstance(case.body.get("url"), str) and case.body["url"].startswith("http"):
        case.body["url"] = NOWHERE
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.query and "wait" in case.query:
        case.query["wait"] = 0
    if not case.path_parameters or next(_calls) % 2:
        return
    there = case.body if case.method == "PUT" and isinstance(case.body, dict) else KNOWN
    if case.method in {"GET", "PUT"}:
        case.path_parameters.update({name: str(there[name]) for name in case.path_parameters if there.get(name)})
