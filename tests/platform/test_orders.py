"""Orders: taken once, in versions, found again; what is wrong is named and stores nothing."""

import asyncio
import io
import json
from collections.abc import AsyncIterator

import pytest

from gateway.platform import bodies
from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation, order, verdict

pytestmark = pytest.mark.both_databases


async def test_an_order_is_taken_once(platform: Client) -> None:
    assert await platform.post("/api/orders", order()) == (
        201,
        {"order_number": "BD11020459525700001", "cursor": 1, "repeated": False, "warnings": []},
    )
    status, receipt = await platform.post("/api/orders", order())
    assert (status, receipt["repeated"], receipt["cursor"]) == (200, True, 1)
    _, page = await platform.get("/api/orders")
    assert [item["order"]["order_number"] for item in page["items"]] == ["BD11020459525700001"]


async def test_another_spelling_of_the_same_message_is_the_same_message(platform: Client) -> None:
    await platform.post("/api/orders", order())
    spelled = order()
    spelled["vehicle"] |= {"departure_time": "2026-11-23 T11:43:46", "plate": "kla-1234"}
    spelled["container"] = {"number": "temu 922135-3", "size_type": "45g1"}
    status, _ = await platform.post("/api/orders", spelled)
    assert status == 200


async def test_a_new_message_for_a_known_order_number_is_a_new_version(platform: Client) -> None:
    await platform.post("/api/orders", order())
    status, receipt = await platform.post("/api/orders", order(message=2, destination="003C2001"))
    assert (status, receipt["cursor"]) == (201, 2)
    _, state = await platform.get("/api/orders/BD11020459525700001")
    assert (state["order"]["destination"], state["cursor"], state["versions"]) == ("003C2001", 2, 2)
    # The first message, sent once more by a depot that never heard the answer, does not bring the old version back.
    status, receipt = await platform.post("/api/orders", order())
    assert (status, receipt["cursor"]) == (200, 1)
    _, state = await platform.get("/api/orders/BD11020459525700001")
    assert state["order"]["destination"] == "003C2001"


async def test_other_content_under_a_known_message_id_is_refused(platform: Client) -> None:
    await platform.post("/api/orders", order())
    status, problem = await platform.post("/api/orders", order(destination="003C2001"))
    assert (status, problem["title"]) == (409, "Conflict")
    assert "045952572021" in problem["detail"]
    _, state = await platform.get("/api/orders/BD11020459525700001")
    assert state["order"]["destination"] == "KELW230W"


async def test_every_wrong_field_is_named_and_nothing_is_stored(platform: Client) -> None:
    wrong = order(origin="", load_kind="AB", colour="red")
    wrong["vehicle"]["departure_time"] = "tomorrow"
    wrong["seals"][1]["number"] = "?"
    status, problem = await platform.post("/api/orders", wrong)
    assert status == 422
    assert {error["field"] for error in problem["errors"]} == {
        "origin",
        "load_kind",
        "colour",
        "vehicle.departure_time",
        "seals.1.number",
    }
    assert await platform.get("/api/feed") == (
        200,
        {"items": [], "cursor": 0, "more": False, "server_time": "2026-11-23T03:43:51Z"},
    )


async def test_what_is_odd_is_taken_with_a_warning(platform: Client) -> None:
    status, receipt = await platform.post("/api/orders", order(load_kind="A", container={"number": "CTAU0008136"}))
    assert status == 201
    assert [warning["field"] for warning in receipt["warnings"]] == ["container.number"]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 400, "not JSON"),
        (b"", 400, "not JSON"),
        (b"\xff\xfe", 400, "UTF-8"),
        (b'{"a": NaN}', 400, "NaN"),
        (b'{"origin": "A", "origin": "B"}', 400, "twice"),
        (b"[" * 200_000, 400, "nested"),
        (b"[]", 422, "R12"),
        (b'"R12"', 422, "R12"),
        (b'{"\\ud800": 1}', 400, "half a character"),
        (b'{"released_total": ' + b"9" * 4_999 + b"}", 400, "not JSON"),
        (b" " * (2 << 20), 413, "larger"),
    ],
)
async def test_a_body_that_is_no_message_gets_a_clear_problem(platform: Client, body: bytes, status: int, word: str) -> None:
    headers = {"Content-Type": "application/json"}
    seen, problem = await platform.send("POST", "/api/orders", data=io.BytesIO(body), headers=headers)
    assert seen == status
    assert word in problem["detail"]


async def test_a_body_whose_length_is_not_told_is_refused_when_it_grows_too_long(platform: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    status, _ = await platform.send("POST", "/api/orders", data=chunks(), headers=headers)
    assert status == 413


async def test_a_form_of_another_web_site_is_refused(platform: Client) -> None:
    status, problem = await platform.send("POST", "/api/orders", data=json.dumps(order()), headers={"Content-Type": "text/plain"})
    assert (status, problem["title"]) == (415, "Unsupported media type")


async def test_orders_are_found_by_a_part_of_number_box_plate_or_driver(platform: Client) -> None:
    other = order(serial=2, message=2, container={"number": "MSKU9070323"})
    other["vehicle"] |= {"plate": "KLB-777", "driver": "李%小_龍"}
    await platform.post("/api/orders", order())
    await platform.post("/api/orders", other)
    for fragment, numbers in {
        "00002": [2],
        "msku 907": [2],
        "KLB777": [2],
        "klb-7": [2],
        "小": [2],
        "%小_": [2],
        "大明": [1],
        "WLS88": [1, 2],
        "%": [],
        "TEMU922135-3": [1],
        "kl": [1, 2],
        "XYZ": [],
    }.items():
        _, page = await platform.get("/api/orders", params={"q": fragment})
        assert [int(item["order"]["order_number"][-5:]) for item in page["items"]] == numbers, fragment


async def test_a_confirmed_order_says_so_also_when_it_arrives_after_its_confirmation(platform: Client) -> None:
    numbers = ["BD11020459525700001"]
    await platform.confirm(confirmation(sequence=1, verdict=verdict("REFER", numbers)))
    await platform.post("/api/orders", order())
    _, state = await platform.get("/api/orders/BD11020459525700001")
    assert (state["confirmed"], [one["sequence"] for one in state["confirmations"]]) == (False, [1])
    await platform.confirm(confirmation(sequence=2, verdict=verdict("PASS", numbers)))
    _, state = await platform.get("/api/orders/BD11020459525700001")
    assert (state["confirmed"], [one["outcome"] for one in state["confirmations"]]) == (True, ["REFER", "PASS"])


async def test_orders_outlive_a_restart(run_platform: Running) -> None:
    async with run_platform() as platform:
        await platform.post("/api/orders", order())
    async with run_platform() as platform:
        status, receipt = await platform.post("/api/orders", order())
        assert (status, receipt["repeated"]) == (200, True)
        status, receipt = await platform.post("/api/orders", order(serial=2, message=2))
        assert (status, receipt["cursor"]) == (201, 2)


async def test_a_time_that_no_feed_could_tell_is_refused_and_the_feed_goes_on(platform: Client) -> None:
    """In the year 1 it was written without zeros before it: no gate could read its feed from there on."""
    for serial, moment in enumerate(("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-23T11:43:46"), start=1):
        message = order(serial, serial)
        message["vehicle"]["departure_time"] = moment
        status, answer = await platform.post("/api/orders", message)
        assert status == (201 if moment.startswith("2026") else 422), answer
    status, page = await platform.get("/api/feed")
    assert (status, len(page["items"])) == (200, 1)


async def test_a_body_that_never_ends_is_refused(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_S", 0.05)

    async def never_ended() -> AsyncIterator[bytes]:
        yield b'{"message_id": '
        await asyncio.get_running_loop().create_future()

    headers = {"Content-Type": "application/json"}
    status, problem = await platform.send("POST", "/api/orders", data=never_ended(), headers=headers)
    assert (status, problem["title"]) == (408, "Too slow")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_refused(platform: Client, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    status, problem = await platform.send("POST", "/api/orders", data=b"no such thing", headers=headers)
    assert (status, problem["title"]) == (400, "Bad request")
