"""A firm sees its own and nothing of another: asked of every route that the platform has. The test lists them itself.

Firm A has one of everything. Firm B's manager, and firm B's key, ask every route for what is A's: what is not written for firms is
closed to them, what names a thing of A's is not there, and no answer holds a word of A's. A itself gets to all of it, so that a
route which shows nobody anything does not pass.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from gateway.model.clock import utc_now
from gateway.platform.accounts.roles import CUSTOMS_PROGRAMS, FIRMS_PROGRAMS, RIGHTS, Right, Role
from gateway.platform.app import OPERATIONS, PAGES, build_app
from gateway.platform.examples import INSTRUCTION
from gateway.platform.operations import Operation
from gateway.platform.pages import Page
from gateway.platform.registry.kinds import KINDS
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.accounts.keys import make_key
from tests.platform.conftest import Client
from tests.platform.filled import PICTURE, TOKEN, fill, upload, webhook
from tests.platform.person import Person, add_account
from tests.platform.samples import confirmation, order, sha256

A, B = "04595257", "97162640"
# Routes that show the same to everybody, or a form with nothing in it yet.
OF_NOBODY = {
    "/orders/upload/template.{form}",
    "/api/registers/place/{place}",
    "/api/registers/place/{place}/history",
    "/registers/{kind}",
    "/registers/{kind}/+new",
    "/registers/{kind}/+import",
    "/registers/{kind}/+export.csv",
}
THE_EXAMPLE = {"/orders/upload", "/orders/upload/template.{form}"}  # an order of nobody, which bears A's BAN here
NOTHING_OF_A = {
    "/api/registers/place",
    "/api/registers/place/{place}",
    "/api/registers/place/{place}/history",
    "/registers/place/+places.geojson",
    "/orders/upload/{upload_id}/problems.csv",
    "/api/webhooks/{webhook}/deliveries",
}
A_STREAM = "/api/live"  # without an end: tests/platform/test_live_of_firms.py listens to it
# What of A's must stand in no answer to B: order number, box, plates as written and as kept, driver, name, BAN, people, pictures.
WORDS_OF_A = (
    "BD11020459525700001",
    "TEMU9221353",
    "922135",
    "KLA-1234",
    "KLA1234",
    "王大明",
    "長榮國際儲運",
    A,
    "張三豐",
    sha256(PICTURE),
)


@dataclass(frozen=True)
class Firm:
    """Its manager, who has signed in, and its program with a key for all that programs of firms may do."""

    manager: Person
    program: Client


@dataclass(frozen=True)
class Town:
    """Two firms at one platform; `things` are A's, by the names that routes have for them."""

    a: Firm
    b: Firm
    things: dict[str, str]


@pytest.fixture
def settings(tmp_path: Path) -> PlatformSettings:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    return PlatformSettings(data_dir=tmp_path / "platform", port=0, token_file=tmp_path / "token")


@pytest.fixture
async def town(settings: PlatformSettings) -> AsyncIterator[Town]:
    await add_account(settings.data_dir, "a-manager", Role.FIRM_MANAGER, name="張三豐", firm=A)
    await add_account(settings.data_dir, "a-clerk", Role.FIRM_CLERK, name="張三豐", firm=A)
    await add_account(settings.data_dir, "b-manager", Role.FIRM_MANAGER, name="李四光", firm=B)
    async with running(settings) as address:
        async with ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
            customs = Client(session, address)
            await fill(customs)
        async with Person(address) as manager_a, Person(address) as manager_b:
            key_a, key_b = await _key(manager_a, "a-manager"), await _key(manager_b, "b-manager")
            async with _program(key_a) as program_a, _program(key_b) as program_b:
                things = {
                    "order_number": order()["order_number"],
                    "gate": "ct4-116",
                    "message_id": INSTRUCTION["message_id"],
                    "sequence": "1",
                    "sha256": sha256(PICTURE),
                    "passage_id": confirmation()["passage_id"],
                    "login": "a-clerk",
                    "key_id": key_a.split("_")[1],
                    "kind": "driver",
                    "key": str(KINDS["driver"].example["licence"]),
                    "form": "csv",
                    "upload_id": await upload(manager_a),
                    "webhook": await webhook(Client(program_a, address)),
                }
                a, b = Firm(manager_a, Client(program_a, address)), Firm(manager_b, Client(program_b, address))
                yield Town(a, b, things)


async def _key(manager: Person, login: str) -> str:
    await manager.sign_in(login)
    return await make_key(manager, *FIRMS_PROGRAMS, per_minute=6000)


def _program(key: str) -> ClientSession:
    return ClientSession(headers={"Authorization": f"Bearer {key}"})


def table(settings: PlatformSettings) -> list[Operation | Page]:
    """Every route that wants a right; the others tell nothing, or ask for their own proof."""
    app = build_app(settings, utc_now)
    everything: list[Operation | Page] = [*app[OPERATIONS], *app[PAGES]]
    return [route for route in everything if route.right is not None and route.path != A_STREAM]


def what_b_sends(route: Operation | Page, person: Person) -> dict[str, Any]:
    """What would change something of A's, or bring something in A's name, if it were let through."""
    if route.method == "GET":
        return {}
    if isinstance(route, Page):
        return {"data": {"form_token": person.form_token, "action": "close"}, "headers": {"Origin": person.address}}
    return {"json": order(serial=2, message=2)}


def address_of(route: Operation | Page, things: dict[str, str]) -> str:
    """Every register has a name of its own for its key."""
    kind = KINDS.get(route.path.removeprefix("/api/registers/").split("/")[0])
    return route.path.format_map(things | {kind.key: str(kind.example[kind.key])} if kind else things)


async def answer(
    session: ClientSession, address: str, route: Operation | Page, things: dict[str, str], **sent: Any
) -> tuple[int, str]:
    """The status, 401 where one is led to the sign-in; and the whole answer as text."""
    async with session.request(route.method, address + address_of(route, things), **sent) as got:
        body = (await got.read()).decode("utf-8", "replace")
        return 401 if got.url.path == "/sign-in" else got.status, body


async def test_nothing_of_another_firm_is_reached_by_any_route(settings: PlatformSettings, town: Town) -> None:
    routes = table(settings)
    assert len(routes) > 30
    manager, address = town.b.manager, town.b.manager.address
    for session, pages in ((manager._session, True), (town.b.program.session, False)):
        for route in routes:
            if isinstance(route, Page) and not pages:
                continue
            status, body = await answer(session, address, route, town.things, **what_b_sends(route, manager))
            said = (route.method, route.path, status)
            assert route.path in THE_EXAMPLE or [word for word in WORDS_OF_A if word in body] == [], said
            assert status in expected(route, by_key=not pages), said


def expected(route: Operation | Page, by_key: bool) -> set[int]:
    held = FIRMS_PROGRAMS if by_key else RIGHTS[Role.FIRM_MANAGER]
    if not by_key and isinstance(route, Operation) and route.method != "GET":
        return {401}  # a browser's cookie changes nothing at the interface
    if not route.for_firms or route.right not in held:
        return {403}
    if route.path in OF_NOBODY and route.method == "GET":
        return {200}
    if "{" in route.path and route.method == "GET":
        return {404}
    return {200, 303, 400, 404, 415, 422, 428}  # what was sent is no message or form of B's: never 201


async def test_a_firm_reaches_all_that_is_its_own(settings: PlatformSettings, town: Town) -> None:
    manager, shown = town.a.manager, set()
    for route in table(settings):
        if not route.for_firms or route.method != "GET":
            continue
        ways = [manager._session, town.a.program.session] if isinstance(route, Operation) else [manager._session]
        for session in ways:
            status, body = await answer(session, manager.address, route, town.things)
            assert status == 200, route.path
            if any(word in body for word in WORDS_OF_A) or body.startswith("\ufffd\ufffd\ufffd\ufffd\x00\x10JFIF"):
                shown.add(route.path)
    everything = {route.path for route in table(settings) if route.for_firms and route.method == "GET"}
    assert everything - shown == NOTHING_OF_A


async def test_what_b_tried_changed_nothing_of_a(settings: PlatformSettings, town: Town) -> None:
    manager, address = town.b.manager, town.b.manager.address
    for route in table(settings):
        if route.method != "GET" and "{" in route.path:
            await answer(manager._session, address, route, town.things, **what_b_sends(route, manager))
    _, page = await town.a.manager.get("/accounts/a-clerk")
    assert "Close it now" in page  # it is open still
    status, orders = await town.a.program.get("/api/orders")  # by a key that nobody has revoked
    assert (status, len(orders["items"])) == (200, 1)


async def test_a_firms_program_hands_in_orders_under_its_own_number_only(town: Town) -> None:
    status, problem = await town.b.program.post("/api/orders", order(serial=2, message=2))
    assert (status, {one["field"] for one in problem["errors"]}) == (422, {"message_id", "order_number"})
    status, receipt = await town.a.program.post("/api/orders", order(serial=2, message=2))
    assert (status, receipt["order_number"]) == (201, order(serial=2)["order_number"])


def test_no_key_has_what_bears_a_persons_name_or_makes_further_keys() -> None:
    never = {Right.DECIDE, Right.RELEASE_STOPPED, Right.KEEP_ACCOUNTS}
    assert not never & (CUSTOMS_PROGRAMS | FIRMS_PROGRAMS)
    assert sorted(FIRMS_PROGRAMS) == [Right.KEEP_REGISTERS, Right.READ, Right.SEND_ORDERS, Right.SUBSCRIBE]
