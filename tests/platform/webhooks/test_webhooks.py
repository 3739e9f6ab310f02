"""Events get to a real receiver, once it takes them, whatever happens on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from gateway.platform.accounts import store as accounts
from gateway.platform.accounts.passwords import hash_password
from gateway.platform.accounts.roles import Role
from gateway.platform.accounts.store import Account, Secrets
from gateway.platform.database import Database
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.platform.webhooks import sender, store
from gateway.platform.webhooks.messages import Webhook
from gateway.platform.webhooks.sender import FAILS_FOR, pause
from tests.platform.conftest import DEADLINE, Client
from tests.platform.person import PASSWORD, Person
from tests.platform.samples import confirmation, order, verdict
from tests.platform.webhooks.receiver import Receiver

Start = Callable[..., AbstractAsyncContextManager[Client]]
BOTH = ["order", "confirmation"]


class Time:
    """A clock that is set by hand, and moves on by a minute whenever it is read: pauses are over soon."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 3, 43, 50, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def start(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> Start:
    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.02)

    @asynccontextmanager
    async def started(**changes: Any) -> AsyncIterator[Client]:
        given = {"webhook_networks": ("127.0.0.0/8",), "webhook_patience_s": 5.0} | changes
        settings = PlatformSettings(data_dir=tmp_path / "platform", port=0, webhook_retry_longest_s=60, **given)
        async with running(settings, time) as address, ClientSession(timeout=DEADLINE) as session:
            yield Client(session, address)

    return started


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as one:
        yield one


@pytest.fixture
async def platform(start: Start) -> AsyncIterator[Client]:
    async with start() as client:
        yield client


async def registered(platform: Client, receiver: Receiver, kinds: list[str] | None = None) -> dict[str, Any]:
    status, webhook = await platform.post("/api/webhooks", {"url": receiver.url, "kinds": kinds or BOTH})
    assert status == 201, webhook
    made: dict[str, Any] = webhook
    return made


async def until(look: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """What `look` sees, once it holds."""
    async with asyncio.timeout(30):
        while not holds(seen := await look()):
            pass
    return seen


async def deliveries(platform: Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    _, page = await platform.get(f"/api/webhooks/{webhook['id']}/deliveries")
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_what_arrives_is_told_in_order_and_signed(platform: Client, receiver: Receiver) -> None:
    webhook = await registered(platform, receiver)
    await platform.post("/api/orders", order(1, 1))
    await platform.post("/api/orders", order(1, 1))  # again: no news
    await platform.post("/api/orders", order(1, 2, destination="KHHW1234"))
    await platform.confirm(confirmation(verdict=verdict("PASS", [order(1)["order_number"]])))
    received = await receiver.until(3)
    assert [one.event["type"] for one in received] == ["order", "order", "confirmation"]
    assert [one.event["data"].get("message_id") for one in received[:2]] == [order(1, 1)["message_id"], order(1, 2)["message_id"]]
    told = received[2].event["data"]
    assert (told["gate"], told["sequence"], told["outcome"], told["orders"]) == ("ct4-116", 1, "PASS", [order(1)["order_number"]])
    assert all(one.is_signed_with(webhook["secret"]) for one in received)
    assert not any(one.is_signed_with("whsec_" + "A" * 44) for one in received)
    assert len({one.event_id for one in received}) == 3
    seen = await until(lambda: deliveries(platform, webhook), lambda items: all(one["delivered_at"] for one in items))
    assert [(one["event_id"], one["attempts"], one["last_status"]) for one in seen] == [(one.event_id, 1, 204) for one in received]


async def test_the_secret_is_shown_once(platform: Client, receiver: Receiver) -> None:
    webhook = await registered(platform, receiver)
    assert webhook["secret"].startswith("whsec_")
    for path in ("/api/webhooks", f"/api/webhooks/{webhook['id']}"):
        _, shown = await platform.get(path)
        assert webhook["secret"] not in str(shown)
        assert webhook["url"] in str(shown)


async def test_only_what_was_chosen(platform: Client, receiver: Receiver) -> None:
    await registered(platform, receiver, ["confirmation"])
    await platform.post("/api/orders", order())
    await platform.confirm(confirmation())
    assert [one.event["type"] for one in await receiver.until(1)] == ["confirmation"]


@pytest.mark.parametrize("failure", [500, 503, 404, 301, 307])
async def test_what_is_not_taken_is_sent_again_and_nothing_overtakes_it(platform: Client, receiver: Receiver, failure: int) -> None:
    receiver.answers.extend([failure, failure])
    webhook = await registered(platform, receiver)
    for serial in (1, 2):
        await platform.post("/api/orders", order(serial, serial))
    received = await receiver.until(4)
    first, second = order(1)["order_number"], order(2)["order_number"]
    assert [one.event["data"]["order_number"] for one in received] == [first, first, first, second]
    assert len({one.event_id for one in received[:3]}) == 1
    assert len({one.body for one in received[:3]}) == 1
    assert all(one.is_signed_with(webhook["secret"]) for one in received)
    assert len({one.timestamp for one in received[:3]}) == 3  # each attempt is fresh
    seen = await until(lambda: deliveries(platform, webhook), lambda items: all(one["delivered_at"] for one in items))
    assert [one["attempts"] for one in seen] == [3, 1]


async def test_a_redirection_is_not_followed(platform: Client, receiver: Receiver) -> None:
    receiver.always = 302
    webhook = await registered(platform, receiver)
    await platform.post("/api/orders", order())
    seen = await until(lambda: deliveries(platform, webhook), lambda items: items[0]["attempts"] > 1)
    assert (seen[0]["last_status"], seen[0]["last_error"]) == (302, "the receiver answered 302")
    assert {one.path for one in receiver.received} == {"/events"}


async def test_a_receiver_that_hangs_holds_up_nobody_else(platform: Client, receiver: Receiver) -> None:
    receiver.go_on.clear()
    hanging = await registered(platform, receiver)
    async with Receiver() as other:
        await registered(platform, other)
        for serial in (1, 2, 3):
            assert (await platform.post("/api/orders", order(serial, serial)))[0] == 201
        await receiver.until(1)
        await other.until(3)
        assert len(receiver.received) == 1
    receiver.go_on.set()
    assert [one.event["data"]["order_number"] for one in await receiver.until(3)] == [order(n)["order_number"] for n in (1, 2, 3)]
    await until(lambda: deliveries(platform, hanging), lambda items: all(one["delivered_at"] for one in items))


async def test_a_receiver_that_never_answers_is_let_go(start: Start, receiver: Receiver) -> None:
    receiver.go_on.clear()
    async with start(webhook_patience_s=0.2) as platform:
        webhook = await registered(platform, receiver)
        await platform.post("/api/orders", order())
        seen = await until(lambda: deliveries(platform, webhook), lambda items: items[0]["attempts"] >= 1)
        assert (seen[0]["last_status"], seen[0]["last_error"]) == (None, "no answer within 0.2 s")
        receiver.go_on.set()
        await until(lambda: deliveries(platform, webhook), lambda items: items[0]["delivered_at"])


async def test_events_outlive_the_receiver_and_the_platform(start: Start, receiver: Receiver) -> None:
    async with start() as platform:
        webhook = await registered(platform, receiver)
        await receiver.stop()
        await platform.post("/api/orders", order(1, 1))
        await until(lambda: deliveries(platform, webhook), lambda items: items[0]["attempts"] >= 1)
        await platform.post("/api/orders", order(2, 2))
    async with start() as platform:
        await receiver.start()
        received = await receiver.until(2)
        assert [one.event["data"]["order_number"] for one in received] == [order(1)["order_number"], order(2)["order_number"]]


async def test_a_webhook_that_takes_nothing_for_days_is_given_up_and_can_be_begun_anew(
    platform: Client, receiver: Receiver, time: Time
) -> None:
    receiver.always = 500
    webhook = await registered(platform, receiver)
    path = f"/api/webhooks/{webhook['id']}"
    await platform.post("/api/orders", order(1, 1))
    await until(lambda: deliveries(platform, webhook), lambda items: items[0]["attempts"] > 1)
    assert (await platform.get(path))[1]["active"]
    time.now += FAILS_FOR
    given_up = await until(lambda: platform.get(path), lambda answer: not answer[1]["active"])
    assert "nothing was taken for 5 days. The last: the receiver answered 500" in given_up[1]["note"]
    await platform.post("/api/orders", order(2, 2))
    assert await deliveries(platform, webhook) == []
    assert (await platform.post(f"{path}/ping", None))[0] == 409
    receiver.always = 204
    status, anew = await platform.send("PATCH", path, json={"active": True})
    assert (status, anew["active"], anew["note"]) == (200, True, "")
    await platform.post("/api/orders", order(3, 3))
    assert (await receiver.until(len(receiver.received) + 1))[-1].event["data"]["order_number"] == order(3)["order_number"]


async def test_a_receiver_that_is_gone_for_good_is_given_up_at_once(platform: Client, receiver: Receiver) -> None:
    receiver.answers.append(410)
    webhook = await registered(platform, receiver)
    await platform.post("/api/orders", order())
    _, seen = await until(lambda: platform.get(f"/api/webhooks/{webhook['id']}"), lambda answer: not answer[1]["active"])
    assert "410" in seen["note"]


async def test_ping(platform: Client, receiver: Receiver) -> None:
    webhook = await registered(platform, receiver)
    status, waiting = await platform.post(f"/api/webhooks/{webhook['id']}/ping", None)
    assert (status, waiting["kind"], waiting["attempts"]) == (202, "ping", 0)
    [received] = await receiver.until(1)
    assert received.event["data"] == {"webhook": webhook["id"]}
    assert received.event_id == waiting["event_id"]


async def test_whoever_changes_a_webhook_says_which_state_of_it(platform: Client, receiver: Receiver) -> None:
    webhook = await registered(platform, receiver)
    path = f"/api/webhooks/{webhook['id']}"
    async with platform.session.get(platform.address + path) as answer:
        tag = answer.headers["ETag"]
    change = {"kinds": ["order"]}
    assert (await platform.send("PATCH", path, json=change, headers={"If-Match": '"another"'}))[0] == 412
    status, changed = await platform.send("PATCH", path, json=change, headers={"If-Match": tag})
    assert (status, changed["kinds"]) == (200, ["order"])
    assert (await platform.send("DELETE", path, headers={"If-Match": tag}))[0] == 412
    assert (await platform.send("DELETE", path))[0] == 204
    assert (await platform.get(path))[0] == 404


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "http://depot.example/", "https://10.0.0.1/", "nonsense", ""]
)
async def test_where_a_webhook_may_not_lead_is_refused_by_name(start: Start, url: str) -> None:
    async with start(webhook_networks=()) as platform:
        status, problem = await platform.post("/api/webhooks", {"url": url, "kinds": ["order"]})
        assert (status, [one["field"] for one in problem["errors"]]) == (422, ["url"])


async def test_a_name_that_leads_inward_gets_nothing(start: Start, receiver: Receiver) -> None:
    """The name is public as far as it can be read; where it leads is looked at when it is connected to."""
    async with start(webhook_networks=()) as platform:
        url = f"https://localhost:{receiver.port}/events"
        _, webhook = await platform.post("/api/webhooks", {"url": url, "kinds": ["order"]})
        await platform.post("/api/orders", order())
        seen = await until(lambda: deliveries(platform, webhook), lambda items: items[0]["attempts"] >= 1)
        assert "not on the public internet" in seen[0]["last_error"]
        assert receiver.received == []


async def test_there_are_not_too_many(platform: Client, receiver: Receiver) -> None:
    for _ in range(20):
        await registered(platform, receiver)
    assert (await platform.post("/api/webhooks", {"url": receiver.url, "kinds": BOTH}))[0] == 409


def test_pauses_double_to_six_hours_and_are_spread() -> None:
    longest = [pause(failures, 5, 21600, lambda number: b"\xff" * number).total_seconds() for failures in range(1, 16)]
    assert longest[:4] == [5, 10, 20, 40]
    assert longest[-1] == 21600
    assert pause(10_000, 5, 21600, lambda number: b"\x00" * number).total_seconds() == 10800


async def test_a_firm_is_told_of_its_own_orders_only_and_sees_its_own_webhooks_only(
    start: Start, tmp_path: Path, time: Time, receiver: Receiver
) -> None:
    ours, theirs = "04595257", "12345675"
    number, other_number = order(1)["order_number"], order(2)["order_number"].replace(ours, theirs)
    other = order(2, 2, order_number=other_number, message_id=f"{theirs}202111230001")
    other["vehicle"] |= {"haulier_ban": theirs}
    async with start() as platform, Receiver() as customs, Receiver() as other_receiver:
        of_customs = await registered(platform, customs)
        database = Database(f"sqlite:///{tmp_path / 'platform' / 'platform.sqlite'}")
        await database.open()
        for firm, url in ((ours, receiver.url), (theirs, other_receiver.url)):
            webhook = Webhook(id=f"of-{firm}", firm=firm, url=url, kinds=tuple(BOTH), active=True, note="", created_at=time())
            await database.write(partial(store.add, webhook=webhook, secret="whsec_" + "A" * 44))
            account = Account(login=f"m{firm}", name="林經理", role=Role.FIRM_MANAGER, firm=firm)
            secrets = Secrets(hash_password(PASSWORD, bytes), None)
            await database.write(partial(accounts.put, account=account, secrets=secrets, now=time()))
        await database.close()

        await platform.post("/api/orders", order(1, 1))
        assert (await platform.post("/api/orders", other))[0] == 201
        await platform.confirm(confirmation(verdict=verdict("PASS", [number, other_number])))
        everything = [one.event["data"] for one in await customs.until(3)]
        own = [one.event["data"] for one in await receiver.until(2)]
        others = [one.event["data"] for one in await other_receiver.until(2)]
        assert everything[2]["orders"] == [number, other_number]
        assert [own[0]["order_number"], own[1]["orders"]] == [number, [number]]
        assert [others[0]["order_number"], others[1]["orders"]] == [other_number, [other_number]]

        async with Person(platform.address) as manager:
            await manager.sign_in(f"m{ours}")
            async with manager._session.get(f"{platform.address}/api/webhooks") as answer:
                assert [one["id"] for one in (await answer.json())["items"]] == [f"of-{ours}"]
            for stranger in (of_customs["id"], f"of-{theirs}"):
                for path in (stranger, f"{stranger}/deliveries"):
                    async with manager._session.get(f"{platform.address}/api/webhooks/{path}") as answer:
                        assert answer.status == 404, path
