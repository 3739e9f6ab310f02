"""A caller who has an answer already is told so, and is not sent it again."""

from typing import Any

import pytest

from tests.platform import samples
from tests.platform.conftest import Client

ORDER = f"/api/orders/{samples.order()['order_number']}"
CONFIRMATION = "/api/confirmations/ct4-116/1"


async def asked(platform: Client, path: str, **fields: str) -> tuple[int, str, bytes]:
    async with platform.session.get(platform.address + path, headers=fields) as answer:
        return answer.status, answer.headers.get("ETag", ""), await answer.read()


@pytest.fixture
async def stocked(platform: Client) -> Client:
    await platform.post("/api/orders", samples.order())
    await platform.confirm(samples.confirmation())
    return platform


@pytest.mark.parametrize("path", [ORDER, CONFIRMATION, "/api/openapi.json"])
async def test_what_a_caller_has_is_not_sent_again(stocked: Client, path: str) -> None:
    status, tag, body = await asked(stocked, path)
    assert status == 200
    assert body
    for field in (tag, f'"another", {tag}', f"W/{tag}", "*"):
        assert await asked(stocked, path, **{"If-None-Match": field}) == (304, tag, b"")
    for field in ('"another"', "nonsense", tag.strip('"'), '"\\'):
        assert await asked(stocked, path, **{"If-None-Match": field}) == (200, tag, body)


async def test_an_order_that_a_lane_has_confirmed_has_another_tag(platform: Client) -> None:
    await platform.post("/api/orders", samples.order())
    _, before, _ = await asked(platform, ORDER)
    message = samples.confirmation(verdict=samples.verdict("PASS", [samples.order()["order_number"]]))
    assert (await platform.confirm(message))[0] == 201
    status, after, _ = await asked(platform, ORDER, **{"If-None-Match": before})
    assert status == 200
    assert after != before


async def test_what_is_missing_has_no_tag(platform: Client) -> None:
    assert (await asked(platform, "/api/orders/BD11020459525700999", **{"If-None-Match": "*"}))[:2] == (404, "")


async def test_tags_are_described_where_they_are_given(stocked: Client) -> None:
    _, description = await stocked.get("/api/openapi.json")
    described = {path: operations["get"] for path, operations in description["paths"].items() if "get" in operations}

    def names(operation: dict[str, Any]) -> bool:
        return "304" in operation["responses"] and any(one["name"] == "If-None-Match" for one in operation["parameters"])

    tagged = {path for path, operation in described.items() if names(operation)}
    assert tagged >= {"/api/orders/{order_number}", "/api/confirmations/{gate}/{sequence}", "/api/openapi.json"}
    assert "/api/live" not in tagged
