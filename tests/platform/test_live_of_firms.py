"""A firm's open pages are told of what is the firm's own, at once, and of nothing else: two firms and Customs listen."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, StreamReader

from gateway.platform import live
from gateway.platform.accounts.roles import Right, Role
from gateway.platform.examples import CANCELLATION, INSTRUCTION
from gateway.platform.live import MOST_OF_ONE_FIRM
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.accounts.keys import make_key
from tests.platform.conftest import DEADLINE, Client
from tests.platform.person import Person, add_account
from tests.platform.samples import confirmation, jpeg, order, sha256, verdict
from tests.platform.test_live import next_event

A, B = "04595257", "97162640"
Told = tuple[str, dict[str, Any]]


def order_of_b(serial: int, message: int, haulier: str = B) -> dict[str, Any]:
    ours = order(serial, message)
    number, name = ours["order_number"].replace(A, B), ours["message_id"].replace(A, B)
    theirs = order(serial, message, order_number=number, message_id=name)
    theirs["vehicle"] |= {"haulier_ban": haulier}
    theirs["container"] |= {"number": "CSQU3054383"}
    return theirs


def news_of(one: dict[str, Any]) -> Told:
    return "order", {"order_number": one["order_number"]}


@dataclass(frozen=True)
class Town:
    """A program of Customs, two firms' managers, and what the three hear."""

    customs: Client
    a: Person
    b: Person
    heard_by_customs: StreamReader
    heard_by_a: StreamReader
    heard_by_b: StreamReader

    async def hear(self, stream: StreamReader, last: dict[str, Any]) -> list[Told]:
        """All that came until the news of `last`, which is left out."""
        told = []
        while (one := await next_event(stream)) != news_of(last):
            told.append(one)
        return told

    async def send(self, *orders: dict[str, Any]) -> None:
        for one in orders:
            status, answer = await self.customs.post("/api/orders", one)
            assert status == 201, answer


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    settings = PlatformSettings(data_dir=tmp_path / "platform", port=0)
    await add_account(settings.data_dir, "a-manager", Role.FIRM_MANAGER, name="張三豐", firm=A)
    await add_account(settings.data_dir, "b-manager", Role.FIRM_MANAGER, name="李四光", firm=B)
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(running(settings))
        session = await stack.enter_async_context(ClientSession(timeout=DEADLINE))
        a, b = await stack.enter_async_context(Person(address)), await stack.enter_async_context(Person(address))
        await a.sign_in("a-manager", go_to="/orders")
        await b.sign_in("b-manager", go_to="/orders")
        heard = []
        for listener in (session, a._session, b._session):
            answer = await stack.enter_async_context(listener.get(address + "/api/live"))
            assert (answer.status, answer.content_type) == (200, "text/event-stream")
            heard.append(answer.content)
        yield Town(Client(session, address), a, b, *heard)


ENDS = order(99, 99), order_of_b(99, 99)


async def test_each_firm_hears_of_its_own_orders_confirmations_and_pictures_only(town: Town) -> None:
    of_a, of_b, of_both = order(1, 1), order_of_b(2, 2), order_of_b(3, 3, haulier=A)
    front, rear = jpeg(shade=40), jpeg(shade=200)
    await town.send(of_a, of_b, of_both)
    only_b, both, nobodys = (
        confirmation(sequence=1, verdict=verdict("PASS", [of_b["order_number"]]), pictures=(front,)),
        confirmation(sequence=2, verdict=verdict("PASS", [of_both["order_number"]]), pictures=(rear,)),
        confirmation(sequence=3, verdict=verdict("STOP", [])),
    )
    for one in (only_b, both, nobodys):
        assert (await town.customs.confirm(one))[0] == 201
    for picture in (front, rear):
        assert (await town.customs.picture(sha256(picture), picture))[0] == 201
    await town.send(*ENDS)

    orders = [news_of(one) for one in (of_a, of_b, of_both)]
    passages: list[Told] = [("confirmation", {"gate": "ct4-116", "sequence": number}) for number in (1, 2, 3)]
    pictures: list[Told] = [("picture", {"sha256": sha256(one)}) for one in (front, rear)]
    assert await town.hear(town.heard_by_customs, ENDS[0]) == [*orders, *passages, *pictures]
    assert await town.hear(town.heard_by_a, ENDS[0]) == [orders[0], orders[2], passages[1], pictures[1]]
    assert await town.hear(town.heard_by_b, ENDS[1]) == [*orders[1:], *passages[:2], *pictures]


async def test_what_is_done_about_an_order_is_heard_by_its_firms_only(town: Town) -> None:
    of_a, of_b = order(1, 1), order_of_b(2, 2)
    await town.send(of_a, of_b)
    number = of_b["order_number"]
    cancellation = CANCELLATION | {"order_number": number, "message_id": of_b["message_id"][:-1] + "9"}
    status, answer = await town.customs.post(f"/api/orders/{number}/cancellation", cancellation)
    assert status == 201, answer
    assert (await town.customs.post("/api/instructions", INSTRUCTION))[0] == 201  # of the box that A's order names
    await town.send(*ENDS)
    heard_by_a = await town.hear(town.heard_by_a, ENDS[0])
    assert heard_by_a == [news_of(of_a), ("order", {"instruction": INSTRUCTION["message_id"]})]
    assert (await town.hear(town.heard_by_b, ENDS[1]))[:2] == [news_of(of_b), news_of(of_b)]


async def test_orders_that_come_at_once_are_told_to_each_firm_by_its_own_numbers(town: Town) -> None:
    batch = [order(1, 1), order_of_b(2, 2), order(3, 3), order_of_b(4, 4)]
    assert (await town.customs.post("/api/orders/batch", batch))[0] == 200
    await town.send(*ENDS)
    assert await town.hear(town.heard_by_a, ENDS[0]) == [news_of(batch[0]), news_of(batch[2])]
    assert await town.hear(town.heard_by_b, ENDS[1]) == [news_of(batch[1]), news_of(batch[3])]


async def test_a_batch_of_confirmations_is_told_likewise(town: Town) -> None:
    of_a, of_b = order(1, 1), order_of_b(2, 2)
    await town.send(of_a, of_b)
    passes = [verdict("PASS", [one["order_number"]]) for one in (of_a, of_b)]
    records = [confirmation(sequence=number, verdict=one) for number, one in enumerate(passes, start=1)]
    bodies = {"records": [{"body": json.dumps(one)} for one in records]}
    status, answer = await town.customs.post("/api/gates/ct4-116/confirmations", bodies)
    assert (status, [one["status"] for one in answer["answers"]]) == (200, [201, 201]), answer
    await town.send(*ENDS)
    assert (await town.hear(town.heard_by_a, ENDS[0]))[1:] == [("confirmation", {"gate": "ct4-116", "sequence": 1})]
    assert (await town.hear(town.heard_by_b, ENDS[1]))[1:] == [("confirmation", {"gate": "ct4-116", "sequence": 2})]


async def test_a_firm_takes_no_more_than_its_places(town: Town) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MOST_OF_ONE_FIRM - 1):
            answer = await stack.enter_async_context(town.a._session.get(town.a.address + "/api/live"))
            assert answer.status == 200
        assert (await town.a.get("/api/live"))[0] == 503
        async with town.b._session.get(town.b.address + "/api/live") as answer:
            assert answer.status == 200


async def test_who_signs_out_hears_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.01)
    await town.a.post("/sign-out")
    await town.send(order(1, 1), *ENDS)  # the first wakes streams that wait as long as they did
    await town.heard_by_a.read()  # it ends
    assert (await town.hear(town.heard_by_b, ENDS[1])) == []


async def test_a_key_that_is_taken_back_hears_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.01)
    key = await make_key(town.a, Right.READ)
    async with town.b._session.get(town.a.address + "/api/live", headers={"Authorization": f"Bearer {key}"}) as stream:
        assert stream.status == 200
        assert (await town.a.post(f"/keys/{key.split('_')[1]}"))[0] == 200
        await stream.content.read()  # it ends


async def test_a_firms_pages_are_live(town: Town) -> None:
    for path in ("/orders", "/"):
        _, page = await town.a.get(path)
        assert re.search(r"<body[^>]*>", page)
        assert "data-live" in page
        assert "data-still" not in page
