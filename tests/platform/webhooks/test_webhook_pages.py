"""Webhooks by their pages: what their keepers see and do, and what a receiver has of a secret that is changed."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from gateway.platform.accounts.roles import Role
from gateway.platform.database import Database
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from gateway.platform.webhooks import sender
from gateway.platform.webhooks.sender import FAILS_FOR
from gateway.platform.webhooks.store import MOST_SECRETS, OLD_SECRETS, OVERLAP
from tests.platform.conftest import DEADLINE, Client
from tests.platform.person import Person, add_account
from tests.platform.samples import order
from tests.platform.webhooks.receiver import Receiver
from tests.platform.webhooks.test_webhooks import Time, until

FIRM, OTHER = "04595257", "97162640"


class Office:
    """A platform, a firm's manager who has signed in, another firm's, a program of Customs, and a receiver."""

    def __init__(self, boss: Person, other: Person, customs: Client, receiver: Receiver, settings: PlatformSettings) -> None:
        self.boss, self.other, self.customs, self.receiver, self.settings = boss, other, customs, receiver, settings

    async def register(self) -> tuple[str, str]:
        """The webhook's id and secret, as the page shows them."""
        await self.boss.get("/webhooks")
        status, page = await self.boss.post("/webhooks", url=self.receiver.url, kind_order="1", kind_confirmation="1")
        assert status == 200, page
        return re.findall(r"/webhooks/([-0-9a-f]{36})", page)[0], secret_on(page)

    async def acts(self, webhook: str, action: str) -> tuple[int, str]:
        await self.boss.get(f"/webhooks/{webhook}")
        return await self.boss.post(f"/webhooks/{webhook}", action=action)

    async def page_when(self, path: str, webhook: str, holds: Callable[[dict[str, Any]], bool]) -> str:
        """The page, once the webhook's first event is so. Time flies while one waits: the session may be over by then."""
        deliveries = f"/api/webhooks/{webhook}/deliveries"
        await until(lambda: self.customs.get(deliveries), lambda answer: holds(answer[1]["items"][0]))
        await self.boss.sign_in("boss")
        _, page = await self.boss.get(path)
        return page


def secret_on(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/]{43}=", page)
    assert found, page
    return found[0]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def office(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(sender, "FORGET_EVERY_S", 0.02)
    settings = PlatformSettings(
        data_dir=tmp_path / "platform", port=0, webhook_networks=("127.0.0.0/8",), webhook_retry_longest_s=60, webhook_patience_s=5
    )
    await add_account(settings.data_dir, "boss", Role.FIRM_MANAGER, name="張三豐", firm=FIRM)
    await add_account(settings.data_dir, "other", Role.FIRM_MANAGER, name="李四光", firm=OTHER)
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(running(settings, time))
        session = await stack.enter_async_context(ClientSession(timeout=DEADLINE))
        boss, other = await stack.enter_async_context(Person(address)), await stack.enter_async_context(Person(address))
        receiver = await stack.enter_async_context(Receiver())
        await boss.sign_in("boss")
        await other.sign_in("other")
        yield Office(boss, other, Client(session, address), receiver, settings)


async def test_a_manager_registers_a_webhook_and_sees_what_becomes_of_its_events(office: Office) -> None:
    webhook, secret = await office.register()
    await office.customs.post("/api/orders", order())
    (received,) = await office.receiver.until(1)
    assert received.is_signed_with(secret)
    one = await office.page_when(f"/webhooks/{webhook}", webhook, lambda event: bool(event["delivered_at"]))
    assert received.event_id in one
    assert "✓" in one
    assert "new orders and new versions" in one
    _, everything = await office.boss.get("/webhooks")
    assert office.receiver.url in everything
    assert f'href="/webhooks/{webhook}"' in everything
    assert secret not in one + everything


async def test_a_test_event_a_pause_and_the_way_back(office: Office) -> None:
    webhook, _ = await office.register()
    assert "A test event waits to be sent." in (await office.acts(webhook, "ping"))[1]
    assert (await office.receiver.until(1))[0].event["type"] == "ping"
    status, page = await office.acts(webhook, "pause")
    assert (status, "paused" in page, "Send a test event" in page) == (200, True, False)
    status, page = await office.acts(webhook, "ping")
    assert (status, "resume it first" in page) == (422, True)
    await office.customs.post("/api/orders", order(1, 1))
    assert "Resumed." in (await office.acts(webhook, "resume"))[1]
    await office.customs.post("/api/orders", order(2, 2))
    received = await office.receiver.until(2)
    assert received[1].event["data"]["order_number"] == order(2)["order_number"]
    _, page = await office.acts(webhook, "remove")
    assert "There is no webhook yet." in page
    assert (await office.boss.get(f"/webhooks/{webhook}"))[0] == 404


async def test_what_is_not_taken_and_why_a_webhook_was_given_up_is_shown(office: Office, time: Time) -> None:
    office.receiver.always = 500
    webhook, _ = await office.register()
    await office.customs.post("/api/orders", order())
    page = await office.page_when(f"/webhooks/{webhook}", webhook, lambda event: bool(event["attempts"]))
    assert "the receiver answered 500" in page
    assert "not taken, is tried again" in page
    assert "<dt>Waiting</dt><dd>1</dd>" in page
    time.now += FAILS_FOR
    path = f"/api/webhooks/{webhook}"
    await until(lambda: office.customs.get(path), lambda answer: not answer[1]["active"])
    await office.boss.sign_in("boss")  # the session is over, too
    _, page = await office.boss.get("/webhooks")
    assert "given up" in page
    assert "nothing was taken for 5 days" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "http://depot.example/", "kind_order": "1"}, "An address that begins with https://"),
        ({"url": "https://10.0.0.1/", "kind_order": "1"}, "An address that begins with https://"),
        ({"url": "nonsense", "kind_order": "1"}, "An address that begins with https://"),
        ({"url": "https://depot.example/"}, "Pick at least one thing"),
    ],
)
async def test_what_is_wrong_with_the_form_is_said_and_nothing_is_kept(office: Office, fields: dict[str, str], words: str) -> None:
    await office.boss.get("/webhooks")
    status, page = await office.boss.post("/webhooks", **fields)
    assert (status, words in page, f'value="{fields["url"]}"' in page) == (422, True, True)
    assert "There is no webhook yet." in page


async def test_another_firms_manager_neither_sees_nor_touches_it(office: Office) -> None:
    webhook, _ = await office.register()
    _, page = await office.other.get("/webhooks")
    assert "There is no webhook yet." in page
    assert (await office.other.get(f"/webhooks/{webhook}"))[0] == 404
    for action in ("pause", "ping", "secret", "remove"):
        assert (await office.other.post(f"/webhooks/{webhook}", action=action))[0] == 404, action
    assert (await office.boss.get(f"/webhooks/{webhook}"))[0] == 200
    assert office.receiver.received == []


async def test_for_a_day_each_message_bears_both_signatures_then_the_old_secret_is_forgotten(office: Office, time: Time) -> None:
    webhook, old = await office.register()
    status, page = await office.acts(webhook, "secret")
    new = secret_on(page)
    assert (status, new != old) == (200, True)
    await office.acts(webhook, "ping")
    (both,) = await office.receiver.until(1)
    assert both.is_signed_with(new)
    assert both.is_signed_with(old)
    assert len(both.signature.split(" ")) == 2
    time.now += OVERLAP
    await office.boss.sign_in("boss")  # the session is over, too
    await office.acts(webhook, "ping")
    later = (await office.receiver.until(2))[1]
    assert later.is_signed_with(new)
    assert not later.is_signed_with(old)
    database = Database(office.settings.url)
    await database.open()
    try:
        kept = select(OLD_SECRETS.c.secret)
        await until(lambda: database.read(lambda connection: connection.execute(kept).all()), lambda rows: not rows)
    finally:
        await database.close()


async def test_a_secret_that_is_changed_again_within_the_day_leaves_no_receiver_without(office: Office) -> None:
    """Whoever lost the new one, or pressed twice, takes a further one; whichever the receiver has, it can check what comes."""
    webhook, first = await office.register()
    secrets = [first] + [secret_on((await office.acts(webhook, "secret"))[1]) for _ in range(MOST_SECRETS - 1)]
    await office.acts(webhook, "ping")
    (received,) = await office.receiver.until(1)
    assert all(received.is_signed_with(one) for one in secrets)
    status, page = await office.acts(webhook, "secret")
    assert (status, "Five secrets are good at once" in page) == (422, True)
    assert (await office.customs.post(f"/api/webhooks/{webhook}/secret", None))[0] == 409


async def test_by_the_interface_a_secret_is_changed_likewise(office: Office, time: Time) -> None:
    _, made = await office.customs.post("/api/webhooks", {"url": office.receiver.url, "kinds": ["order"]})
    status, new = await office.customs.post(f"/api/webhooks/{made['id']}/secret", None)
    assert (status, set(new)) == (200, {"secret", "old_until"})
    await office.customs.post("/api/orders", order())
    (received,) = await office.receiver.until(1)
    assert received.is_signed_with(made["secret"])
    assert received.is_signed_with(new["secret"])
    assert (await office.customs.send("DELETE", f"/api/webhooks/{made['id']}"))[0] == 204  # with all its secrets
    assert (await office.customs.post(f"/api/webhooks/{made['id']}/secret", None))[0] == 404


async def test_each_act_is_in_the_trail_and_no_secret_is(office: Office) -> None:
    webhook, secret = await office.register()
    for action in ("ping", "pause", "resume"):
        await office.acts(webhook, action)
    new = secret_on((await office.acts(webhook, "secret"))[1])
    await office.acts(webhook, "remove")
    await add_account(office.settings.data_dir, "root", Role.ADMINISTRATOR, name="管理員")
    async with Person(office.boss.address) as root:
        await root.sign_in("root")
        _, trail = await root.get("/trail?who=boss")
    for act in (
        "made a webhook",
        "sent a test event",
        "changed a webhook",
        "changed a webhook&#39;s secret",
        "took a webhook away",
    ):
        assert act in trail, act
    assert secret not in trail
    assert new not in trail
