"""Who may reach what, asked of every route that the platform has: the test lists them itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.model.clock import utc_now
from gateway.platform.accounts import second_factor
from gateway.platform.accounts.roles import Role
from gateway.platform.app import build_app
from gateway.platform.registry.kinds import KINDS
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.person import Person, add_account

TOKEN = "a-token-that-nobody-guesses"
FOR_EVERYONE = {
    ("GET", "/healthz"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/authority"),
    ("POST", "/api/enrolments"),  # proves itself by its code
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/look/look.css"),
    ("GET", "/status/{token}"),  # proves itself by its token
}
STATIC = ("/look", "/platform")
BEYOND_A_CLERK = {"/orders/{order_number}/life"}
APART = {"/api/live", "/sign-in", "/sign-out"}  # a stream without an end; forms, which have tests of their own
ISSUING = ("/orders/new", "/orders/upload")  # pages that want another right than reading
FOR_KEEPERS = ("/accounts", "/keys", "/trail", "/api/webhooks")
NAMES = {
    "gate": "g-1",
    "message_id": "M1",
    "sequence": "1",
    "sha256": "0" * 64,
    "order_number": "BD110204595257",
    "passage_id": "p-1",
    "webhook": "w-1",
    "login": "nobody",
    "key_id": "0" * 12,
    "token": "0" * 64,
    "kind": "driver",
    "key": "A1",
    "form": "csv",
    "upload_id": "0" * 32,
}
NAMES |= {kind.key: str(kind.example[kind.key]) for kind in KINDS.values()}
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def settings(settings: PlatformSettings, tmp_path: Path) -> PlatformSettings:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    return settings.model_copy(update={"token_file": tmp_path / "token"})


@pytest.fixture
async def address(settings: PlatformSettings) -> AsyncIterator[str]:
    await add_account(settings.data_dir, "chen", Role.CLERK, KEY, database_url=settings.database_url)
    async with running(settings) as address:
        yield address


def routes(settings: PlatformSettings) -> list[tuple[str, str]]:
    app = build_app(settings, utc_now)
    return sorted(
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource and route.method != "HEAD" and not route.resource.canonical.startswith(STATIC)
    )


async def answers(session: ClientSession, address: str, method: str, route: str) -> tuple[int, str]:
    async with session.request(method, address + route.format_map(NAMES), allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "")


def kept_out(status: int, location: str) -> bool:
    return status in {401, 403} or (status == 303 and location.startswith("/sign-in"))


async def test_a_stranger_reaches_nothing_but_what_is_for_everyone(settings: PlatformSettings, address: str) -> None:
    everything = routes(settings)
    assert len(everything) > 20
    async with ClientSession() as stranger:
        reached = {
            (method, route) for method, route in everything if not kept_out(*await answers(stranger, address, method, route))
        }
    assert reached <= FOR_EVERYONE, reached - FOR_EVERYONE


async def test_a_person_who_has_signed_in_reads_and_sends_nothing_in_a_programs_name(
    settings: PlatformSettings, address: str
) -> None:
    async with Person(address) as chen:
        await chen.sign_in("chen", code=second_factor.code_at(KEY, utc_now()))
        for method, route in routes(settings):
            if route in APART:
                continue
            status, location = await answers(chen._session, address, method, route)
            sends = route.startswith("/api/") and (method != "GET" or route == "/api/feed") and route != "/api/enrolments"
            keeps = method == "POST" and route.startswith("/registers")  # which a clerk may not
            beyond = route.startswith((*FOR_KEEPERS, *ISSUING)) or route in BEYOND_A_CLERK or keeps
            assert kept_out(status, location) == (sends or beyond), (method, route, status)


async def test_the_token_reads_the_interface_and_is_no_person(settings: PlatformSettings, address: str) -> None:
    async with ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as program:
        for method, route in routes(settings):
            if route in APART:
                continue
            status, location = await answers(program, address, method, route)
            assert kept_out(status, location) == (
                not route.startswith(("/api/", "/metrics")) and (method, route) not in FOR_EVERYONE
            ), route
