"""An order is withdrawn: once, by whoever issued it, and the gates know at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.platform.accounts import trail
from gateway.platform.accounts.roles import RIGHTS, Role
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import Database
from gateway.platform.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, Refusal
from gateway.platform.orders.cancelling import cancel
from gateway.platform.orders.messages import OrderCancellation
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, Running
from tests.platform.samples import Json, confirmation, order, verdict
from tests.platform.test_feed import read_feed

NUMBER = "BD11020459525700001"
PATH = f"/api/orders/{NUMBER}/cancellation"
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
HAULIER, STRANGER = "12345675", "22099131"


def cancellation(message: int = 9, **changes: Any) -> Json:
    return {"message_id": f"0459525720211123{message:04d}", "order_number": NUMBER, "reason": "船期變更"} | changes


async def test_a_cancelled_order_is_cancelled_at_the_gates_in_its_state_and_on_its_page(platform: Client) -> None:
    await platform.post("/api/orders", order())
    waiting = asyncio.create_task(platform.get("/api/feed", params={"after": 1, "wait": 30}))
    status, receipt = await platform.post(PATH, cancellation())
    assert (status, receipt) == (201, {"order_number": NUMBER, "message_id": "04595257202111230009", "repeated": False})
    _, page = await waiting
    (entry,) = [item["entry"] for item in page["items"]]
    assert (entry["kind"], entry["order_number"], entry["state"]) == ("order_standing", NUMBER, "cancelled")
    _, state = await platform.get(f"/api/orders/{NUMBER}")
    assert (state["standing"]["state"], state["cancellation"]["reason"]) == ("cancelled", "船期變更")
    for language, word in (("zh_TW", "已取消"), ("en", "Cancelled")):
        _, html = await platform.page(f"/orders/{NUMBER}", language)
        assert word in html
        assert "船期變更" in html


async def test_the_same_cancellation_again_changes_nothing_and_another_one_is_refused(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post(PATH, cancellation())
    status, receipt = await platform.post(PATH, cancellation(order_number=NUMBER.lower()))
    assert (status, receipt["repeated"]) == (200, True)
    status, problem = await platform.post(PATH, cancellation(reason="x"))
    assert (status, "other content" in problem["detail"]) == (409, True)
    status, problem = await platform.post(PATH, cancellation(10))
    assert (status, "cancelled before by message 04595257202111230009" in problem["detail"]) == (409, True)
    assert len(await read_feed(platform, 0, 10)) == 2


async def test_a_cancelled_order_is_not_corrected_and_its_own_message_is_still_a_repetition(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post(PATH, cancellation())
    status, problem = await platform.post("/api/orders", order(message=2, destination="003C2001"))
    assert (status, "cancelled" in problem["detail"]) == (409, True)
    assert (await platform.post("/api/orders", order()))[0] == 200
    _, receipt = await platform.post("/api/orders/batch", [order(message=2), order(serial=2, message=3)])
    assert [item["status"] for item in receipt["items"]] == ["refused", "stored"]
    _, state = await platform.get(f"/api/orders/{NUMBER}")
    assert (state["versions"], state["standing"]["state"]) == (1, "cancelled")


@pytest.mark.parametrize(
    ("path", "changes", "status", "fields"),
    [
        ("/api/orders/BD11020459525700002/cancellation", {"order_number": "BD11020459525700002"}, 404, []),
        ("/api/orders/BD11020459525700002/cancellation", {}, 422, ["order_number"]),
        (PATH, {"reason": "  ", "message_id": "?", "colour": 1}, 422, ["message_id", "reason", "colour"]),
    ],
)
async def test_what_is_no_cancellation_is_refused(
    platform: Client, path: str, changes: Json, status: int, fields: list[str]
) -> None:
    await platform.post("/api/orders", order())
    seen, problem = await platform.post(path, cancellation(**changes))
    assert (seen, [error["field"] for error in problem["errors"]]) == (status, fields)


async def test_what_other_messages_asked_of_the_order_stays(platform: Client) -> None:
    await platform.post("/api/orders", order())
    told = {"kind": "order_standing", "order_number": NUMBER, "notes": ["B"], "inspection": "required"}
    await platform.post("/api/registry", told)
    await platform.post(PATH, cancellation())
    entry = (await read_feed(platform, 0, 10))[-1]["entry"]
    assert (entry["state"], entry["notes"], entry["inspection"]) == ("cancelled", ["B"], "required")


async def test_a_closed_order_is_not_cancelled(platform: Client) -> None:
    await platform.post("/api/orders", order())
    await platform.post("/api/registry", {"kind": "order_standing", "order_number": NUMBER, "state": "closed"})
    status, problem = await platform.post(PATH, cancellation())
    assert (status, "arrived" in problem["detail"]) == (409, True)


# Firms: nobody but a person comes in a firm's name yet, and people cancel by a form; so these ask the store.


@pytest.fixture
async def database(run_platform: Running, settings: PlatformSettings) -> AsyncIterator[Database]:
    """Holds one order, hauled by HAULIER, on which a lane has let a vehicle go, and one that nobody has used."""
    async with run_platform() as platform:
        for serial in (1, 2):
            vehicle = order()["vehicle"] | {"haulier_ban": HAULIER}
            await platform.post("/api/orders", order(serial=serial, message=serial, vehicle=vehicle))
        await platform.confirm(confirmation(verdict=verdict("PASS", [NUMBER])))
    database = Database(settings.url)
    await database.open()
    yield database
    await database.close()


async def ask(database: Database, viewer: Viewer, **changes: Any) -> bool | type[Refusal]:
    asked = OrderCancellation.model_validate(cancellation(**changes))
    try:
        return await database.write(lambda connection: cancel(connection, asked, viewer, NOW))
    except Refusal as refusal:
        return type(refusal)


def clerk_of(firm: str) -> Viewer:
    return Viewer(f"clerk of {firm}", RIGHTS[Role.FIRM_CLERK], firm)


async def test_the_firm_that_issued_it_cancels_under_its_own_number(database: Database) -> None:
    unused = {"order_number": "BD11020459525700002"}
    assert await ask(database, clerk_of(STRANGER), **unused) is NotFoundError
    assert await ask(database, clerk_of(HAULIER), **unused) is ForbiddenError
    assert await ask(database, clerk_of("04595257"), message_id=f"{HAULIER}202111230001", **unused) is InvalidError
    assert await ask(database, clerk_of("04595257"), **unused) is True
    assert await ask(database, clerk_of("04595257"), **unused) is False
    (line,) = await database.read(lambda connection: trail.read(connection, trail.Wanted()))
    act = line.act
    assert (act.who, act.act, act.about) == ("clerk of 04595257", "cancelled an order", "BD11020459525700002: 船期變更")


async def test_once_its_vehicle_has_gone_customs_alone_cancels_an_order(database: Database) -> None:
    assert await ask(database, clerk_of("04595257")) is ConflictError
    assert await ask(database, Viewer("officer", RIGHTS[Role.OFFICER])) is True
