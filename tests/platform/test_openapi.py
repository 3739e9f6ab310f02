"""The API's description is the router's own, and its examples work."""

from typing import Any

from aiohttp import web

from gateway.model.clock import utc_now
from gateway.model.wire import Problem
from gateway.platform.app import build_app
from gateway.platform.registry.kinds import KINDS
from gateway.platform.settings import PlatformSettings
from gateway.platform.webhooks.messages import NEW_WEBHOOK
from tests.platform.conftest import Client

FOR_PEOPLE = (
    *("/look", "/platform", "/passages", "/orders", "/pictures", "/desk", "/sign-"),
    *("/account", "/keys", "/trail", "/status", "/registers", "/gates", "/instructions"),
)


async def test_the_description_names_every_route_and_no_other(platform: Client, tmp_path: Any) -> None:
    _, description = await platform.get("/api/openapi.json")
    described = {(method.upper(), path) for path, operations in description["paths"].items() for method in operations}
    app: web.Application = build_app(PlatformSettings(data_dir=tmp_path), utc_now)
    routed = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource and route.resource.canonical != "/" and not route.resource.canonical.startswith(FOR_PEOPLE)
    }
    assert described == routed
    assert ("PUT", "/api/gates/{gate}/confirmations/{sequence}") in described


async def test_the_examples_work(platform: Client) -> None:
    _, description = await platform.get("/api/openapi.json")
    _, webhook = await platform.post("/api/webhooks", NEW_WEBHOOK)
    sent = 0
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            offered = operation.get("requestBody", {}).get("content", {})
            example = offered.get("application/json", {}).get("example")
            if example is None:
                continue
            values = example if isinstance(example, dict) else {}
            address = path.format_map(values if "gate" in values else {"gate": "ct4-116", "webhook": webhook["id"]} | values)
            status, answer = await platform.send(method, address, json=example)
            assert str(status) == min(operation["responses"].keys() & {"200", "201"}, key=lambda s: s != "201"), answer
            sent += 1
            if "application/xml" in offered:  # the same message: it is here by now
                data, headers = offered["application/xml"]["example"].encode(), {"Content-Type": "application/xml"}
                status, answer = await platform.send(method, address, data=data, headers=headers)
                assert (status, answer.get("repeated")) in {(200, True), (200, len(example))}, answer
                sent += 1
    assert sent >= 11 + len(KINDS)


async def test_every_reference_leads_somewhere_and_every_field_is_described_as_it_is(platform: Client) -> None:
    _, description = await platform.get("/api/openapi.json")
    schemas = description["components"]["schemas"]

    def follow(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].removeprefix("#/components/schemas/") in schemas
            for value in node.values():
                follow(value)
        elif isinstance(node, list):
            for value in node:
                follow(value)

    follow(description)
    assert schemas["Problem"]["properties"].keys() == Problem.model_fields.keys()
    order = description["paths"]["/api/orders"]["post"]
    assert {"201", "200", "409", "422", "401"} <= order["responses"].keys()
    assert order["security"] == [{"token": []}, {}]
    confirmation = description["paths"]["/api/gates/{gate}/confirmations/{sequence}"]["put"]
    assert confirmation["security"] == [{"token": []}, {"certificate": []}, {}]
    assert {"401", "403"} <= confirmation["responses"].keys()


async def test_unknown_paths_and_methods_under_the_api_are_problems(platform: Client) -> None:
    for method, path, expected in (
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/nothing", 404),
        ("DELETE", "/api/orders", 405),
    ):
        status, problem = await platform.send(method, path)
        assert (status, Problem.model_validate(problem).status) == (expected, expected)


async def test_health_and_counters(platform: Client) -> None:
    assert await platform.get("/healthz") == (200, {"status": "ok"})
    await platform.get("/no-such-page-" + "x" * 40)
    _, text = await platform.get("/metrics")
    assert b'gateway_platform_requests_total{method="GET",route="/healthz",status="200"} 1.0' in text
    assert b"no-such-page" not in text
