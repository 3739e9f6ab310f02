"""Many orders at once: each is judged by itself, and what is wrong with one is said of that one."""

import io
from typing import Any
from xml.etree import ElementTree

import pytest

from gateway.model.transport_order import parse_order
from gateway.platform.orders.order_xml import order_xml, orders_xml
from tests.platform.conftest import Client, Running
from tests.platform.samples import order
from tests.platform.test_feed import read_feed

XML = {"Content-Type": "application/xml"}


def fates(receipt: Any) -> list[tuple[int, str, list[str]]]:
    return [(item["index"], item["status"], [error["field"] for error in item["errors"]]) for item in receipt["items"]]


async def test_a_bad_message_keeps_no_good_one_out(platform: Client) -> None:
    await platform.post("/api/orders", order())
    batch = [
        order(),  # is here already
        order(serial=2, message=2),
        order(serial=3, message=3, origin="", load_kind="AB"),
        "R12",
        order(serial=4, message=2),  # other content under an id of this very batch
        order(serial=2, message=2),  # the second one again
        order(serial=5, message=5, load_kind="Z"),
        {"message_id": 7},
    ]
    status, receipt = await platform.post("/api/orders/batch", batch)
    assert status == 200
    assert fates(receipt) == [
        (0, "repeated", []),
        (1, "stored", []),
        (2, "refused", ["load_kind", "origin"]),
        (3, "refused", ["order"]),
        (4, "refused", []),
        (5, "repeated", []),
        (6, "stored", []),
        (7, "refused", receipt_fields(receipt, 7)),
    ]
    items = receipt["items"]
    assert (receipt["stored"], receipt["repeated"], receipt["refused"]) == (2, 2, 4)
    assert (items[2]["message_id"], items[2]["order_number"]) == (batch[2]["message_id"], batch[2]["order_number"])  # type: ignore[index]
    assert "other content" in items[4]["detail"]
    assert [one["field"] for one in items[6]["warnings"]] == ["load_kind"]
    assert (items[7]["message_id"], "vehicle" in receipt_fields(receipt, 7)) == (None, True)
    assert [item["entry"]["order"]["order_number"][-1] for item in await read_feed(platform, 0, 10)] == ["1", "2", "5"]


def receipt_fields(receipt: Any, index: int) -> list[str]:
    return [error["field"] for error in receipt["items"][index]["errors"]]


async def test_a_batch_in_xml_is_the_batch_in_json(platform: Client) -> None:
    made = [parse_order(order(serial=n, message=n)).order for n in (1, 2, 3)]
    body = orders_xml(made).replace("<origin>017A1150</origin>", "<origin/>", 1)
    status, receipt = await platform.send("POST", "/api/orders/batch", data=body.encode(), headers=XML)
    assert (status, fates(receipt)) == (200, [(0, "refused", ["origin"]), (1, "stored", []), (2, "stored", [])])
    status, receipt = await platform.post("/api/orders/batch", [order(serial=n, message=n) for n in (1, 2, 3)])
    assert [item["status"] for item in receipt["items"]] == ["stored", "repeated", "repeated"]
    headers = XML | {"Accept": "application/xml"}
    async with platform.session.post(f"{platform.address}/api/orders/batch", data=body.encode(), headers=headers) as answer:
        told = ElementTree.fromstring(await answer.text())
    assert (answer.content_type, told.tag, told.findtext("refused")) == ("application/xml", "BatchReceipt", "1")
    assert [one.findtext("status") for one in told.iter("items")] == ["refused", "repeated", "repeated"]
    assert [one.findtext("field") for one in told.iter("errors")] == ["origin"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "word"),
    [
        (b"{}", {"Content-Type": "application/json"}, 400, "list"),
        (b"[" + b"0," * 1000 + b"0]", {"Content-Type": "application/json"}, 413, "1000"),
        (b"[" + b" " * (9 << 20) + b"]", {"Content-Type": "application/json"}, 413, "larger"),
        (order_xml(parse_order(order()).order).encode(), XML, 400, "TransportOrders"),
        (b"<TransportOrders>\n<order/></TransportOrders>", XML, 400, "Line 2"),
        (b"<TransportOrders>" + b"<TransportOrder/>" * 1001 + b"</TransportOrders>", XML, 413, "1000"),
    ],
)
async def test_what_is_no_batch_is_refused_as_a_whole(
    platform: Client, body: bytes, headers: dict[str, str], status: int, word: str
) -> None:
    seen, problem = await platform.send("POST", "/api/orders/batch", data=io.BytesIO(body), headers=headers)
    assert (seen, word in problem["detail"]) == (status, True), problem


async def test_an_empty_batch_changes_nothing(platform: Client) -> None:
    for body, headers in ((b"[]", {"Content-Type": "application/json"}), (b"<TransportOrders/>", XML)):
        status, receipt = await platform.send("POST", "/api/orders/batch", data=body, headers=headers)
        assert (status, receipt) == (200, {"stored": 0, "repeated": 0, "refused": 0, "items": []})


async def test_a_thousand_orders_outlive_a_restart(run_platform: Running) -> None:
    async with run_platform() as platform:
        batch = [order(serial=n, message=n) for n in range(1, 1001)]
        status, receipt = await platform.post("/api/orders/batch", batch)
        assert (status, receipt["stored"]) == (200, 1000)
    async with run_platform() as platform:
        assert len(await read_feed(platform, 0, 1000)) == 1000
