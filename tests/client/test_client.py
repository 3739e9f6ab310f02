"""The client against a real platform: what is sent is there, what is refused says why, and pages are read to their end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from gateway.client import (
    Access,
    Client,
    ConflictError,
    Connection,
    GateClient,
    InvalidError,
    NotAdmittedError,
    NotFoundError,
    Patience,
)
from gateway.client import answers as answers_of_client
from gateway.model.clock import utc_now
from gateway.model.evidence import Link
from gateway.model.gate_health import HealthReport
from gateway.model.remote_desk import DeskReport
from gateway.model.transport_order import parse_order
from gateway.model.wire import ConfirmationReceipt, PortPassEntry
from gateway.platform.app import OPERATIONS, build_app
from gateway.platform.openapi import describe
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import SteppingClock
from tests.platform.samples import confirmation, jpeg, order, sha256, verdict

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    settings = PlatformSettings(data_dir=tmp_path / "platform", port=0, token_file=tmp_path / "token")
    async with running(settings, SteppingClock()) as address:
        yield address


@pytest.fixture
async def platform(address: str) -> AsyncIterator[Client]:
    async with Client.opened(Access(address, token=TOKEN)) as client:
        yield client


@pytest.fixture
async def gate(address: str) -> AsyncIterator[GateClient]:
    async with Connection.opened(address, Access(address, token=TOKEN).credentials(), Patience()) as connection:
        yield GateClient(connection)


@dataclass(frozen=True)
class Record:
    """As a gate's outbox has it."""

    message: dict[str, Any]
    link: Link | None = None

    @property
    def sequence(self) -> int:
        return int(self.message["sequence"])

    @property
    def body(self) -> str:
        return json.dumps(self.message)


async def test_an_order_is_sent_found_and_repeated(platform: Client) -> None:
    receipt = await platform.send_order(order())
    assert (receipt.order_number, receipt.repeated) == (order()["order_number"], False)
    assert (await platform.send_order(parse_order(order()).order)).repeated
    state = await platform.order(receipt.order_number)
    assert state.order == parse_order(order()).order
    assert (state.versions, state.confirmed) == (1, False)


async def test_what_is_refused_says_why(platform: Client) -> None:
    with pytest.raises(InvalidError) as invalid:
        await platform.send_order(order(container={"number": "?"}, load_kind="too long"))
    assert {one.field for one in invalid.value.problem.errors} == {"container.number", "load_kind"}
    await platform.send_order(order())
    with pytest.raises(ConflictError, match="409"):
        await platform.send_order(order(destination="KHHW1234"))
    with pytest.raises(NotFoundError):
        await platform.order("BD11020459525799999")
    with pytest.raises(NotFoundError):
        await platform.order("../confirmations")


async def test_without_the_token_nobody_is_admitted(address: str) -> None:
    async with Client.opened(Access(address, token="another")) as stranger:
        assert (await stranger.health()).status == "ok"
        with pytest.raises(NotAdmittedError, match="401"):
            await stranger.send_order(order())


async def test_pages_are_read_to_their_end(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.client.client.PAGE", 2)
    for serial in range(1, 6):
        await platform.send_order(order(serial, serial))
    numbers = [order(serial)["order_number"] for serial in range(1, 6)]
    assert [one.order.order_number async for one in platform.orders()] == numbers
    assert [one.order.order_number async for one in platform.orders(direction="newest")] == numbers[::-1]
    assert [one.order.order_number async for one in platform.orders(q=numbers[2])] == [numbers[2]]
    second = await platform.order(numbers[1])
    assert [one.order.order_number async for one in platform.orders(after=second.cursor)] == numbers[2:]


async def test_confirmations_and_their_pictures(platform: Client, gate: GateClient) -> None:
    picture = jpeg()
    message = confirmation(pictures=(picture,), verdict=verdict("PASS", [order()["order_number"]]))
    await platform.send_order(order())
    receipt = await gate.confirm(message["gate"], Record(message))
    assert (receipt.repeated, receipt.missing_pictures) == (False, (sha256(picture),))
    [found] = [one async for one in platform.confirmations()]
    assert (found.confirmation.gate, found.missing_pictures) == (message["gate"], (sha256(picture),))
    assert await platform.confirmation(message["gate"], 1) == found
    with pytest.raises(NotFoundError):
        await platform.picture(message["gate"], 1, sha256(picture))
    half = len(picture) // 2
    assert await gate.add_to_picture(sha256(picture), picture, 0, half) == half
    assert await gate.add_to_picture(sha256(picture), picture, half, half + 1) == len(picture)
    await gate.send_picture(sha256(picture), picture)
    assert await platform.picture(message["gate"], 1, sha256(picture)) == picture
    assert (await platform.order(order()["order_number"])).confirmations[0].outcome.value == "PASS"


async def test_each_of_several_confirmations_has_its_own_answer(gate: GateClient) -> None:
    ours, theirs = confirmation("kh-t4", 1), confirmation("kh-t5", 2)
    taken, refused = await gate.confirm_all("kh-t4", [Record(ours), Record(theirs)])
    assert isinstance(taken, ConfirmationReceipt)
    assert isinstance(refused, InvalidError)
    with pytest.raises(ConflictError):
        await gate.confirm("kh-t4", Record(ours | {"lane_title": "another"}))


async def test_a_gate_says_how_it_is_and_what_waits_at_its_desk(gate: GateClient) -> None:
    await gate.tell_health("kh-t4", HealthReport(version="1", outbox_waiting=0, clock_limit_s=2.0))
    assert (await gate.desk("kh-t4", DeskReport(waiting=()))).rulings == ()


async def test_credentials_change_while_it_is_open(address: str, gate: GateClient) -> None:
    gate.connection.credentials = Access(address, token="another").credentials()
    with pytest.raises(NotAdmittedError):
        await gate.feed(0)
    gate.connection.credentials = Access(address, token=TOKEN).credentials()
    await gate.feed(0)


async def test_registers_and_the_feed(platform: Client, gate: GateClient) -> None:
    entry = PortPassEntry(technology="uhf", uid="e2801160600002054e1a3b5c", holder="王大明", driving_licence="A123456789")
    assert (await platform.register([entry])).stored == 1
    assert (await platform.register([entry])).repeated == 1
    page, unreadable = await gate.feed(0)
    assert ([one.entry for one in page.items], unreadable) == ([entry], ())
    page, _ = await gate.feed(0, kinds=("order", "vehicle_seal"))
    assert page.items == ()


async def test_what_arrives_is_told(platform: Client) -> None:
    async with aclosing(platform.live()) as events:
        first = asyncio.ensure_future(anext(events))
        serial = 0
        while not first.done():  # until it listens, nobody is told
            serial += 1
            await platform.send_order(order(serial, serial))
        told = first.result()
    assert told.event == "order"
    assert told.fields["order_number"].startswith("BD1102")


def test_the_answers_are_those_that_the_platform_describes(tmp_path: Path) -> None:
    schemas = describe(build_app(PlatformSettings(data_dir=tmp_path), utc_now)[OPERATIONS])["components"]["schemas"]
    models = [one for one in vars(answers_of_client).values() if isinstance(one, type) and issubclass(one, BaseModel)]
    ours = [one for one in models if one.__module__ == answers_of_client.__name__ and not one.__name__.startswith("_")]
    assert len(ours) >= 8
    for model in ours:
        described = schemas[model.__name__]["properties"]
        assert model.model_fields.keys() <= described.keys(), model.__name__
