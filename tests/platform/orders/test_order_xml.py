"""R12 as XML: the same message as in JSON, and nothing else that XML could bring along."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.transport_order import TransportOrder, parse_order
from gateway.platform.errors import BadRequestError
from gateway.platform.orders.order_xml import json_of, one_order, order_xml
from gateway.platform.xml_documents import DEEPEST, decode_xml
from tests.platform.conftest import Client
from tests.platform.samples import order

XML = {"Content-Type": "application/xml"}
BOTH = XML | {"Accept": "application/xml, application/json"}
RFC_9457 = "{urn:ietf:rfc:7807}"


def document(message: TransportOrder | None = None) -> str:
    return order_xml(message or parse_order(order()).order)


async def send(platform: Client, body: str | bytes, headers: dict[str, str] = XML) -> tuple[int, object]:
    data = io.BytesIO(body.encode() if isinstance(body, str) else body)
    return await platform.send("POST", "/api/orders", data=data, headers=headers)


# Any text that XML has a way to write: no control characters but tab and ends of line, no halves of pairs.
characters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff", include_characters="\t\n\r")


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(characters, min_size=1, max_size=most).filter(lambda value: bool(value.strip()))


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


def letters(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=least, max_size=most)


maybe = st.none()
cargo = st.fixed_dictionaries(
    {"quantity": digits(3)},
    optional={
        "trade_kind": st.sampled_from("IETX"),
        "declaration": text(20) | maybe,
        "master_bill": text(35) | maybe,
        "customs_number": text(6) | maybe,
        "vessel_name": text(35) | maybe,
        "release_conditions": letters(1, 20) | maybe,
    },
)
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.isoformat(timespec="seconds"))
messages = st.fixed_dictionaries(
    {
        "message_id": letters(1, 20),
        "order_number": digits(13).map(lambda tail: f"BD1102{tail}"),
        "application_kind": letters(1, 1),
        "operation_kind": letters(1, 1),
        "load_kind": letters(1, 1),
        "origin": text(8),
        "destination": text(8),
        "vehicle": st.fixed_dictionaries(
            {
                "kind": letters(1, 1),
                "plate": text(12),
                "driving_licence": text(12),
                "driver": text(30),
                "count": digits(2),
                "departure_time": times,
            },
            optional={"haulier_name": text(40) | maybe, "haulier_ban": digits(8), "number": text(4) | maybe},
        ),
    },
    optional={
        "container": st.fixed_dictionaries({"number": letters(1, 17)}, optional={"size_type": letters(4, 4)}),
        "cargo": st.lists(cargo, max_size=4),
        "seals": st.lists(st.fixed_dictionaries({"kind": letters(1, 1), "number": letters(1, 17)}), max_size=4),
        "released_total": digits(4),
    },
)


def understood(message: Any) -> TransportOrder | None:
    """None for what NFKC makes too long, which is no matter of XML's."""
    try:
        return parse_order(message).order
    except ValueError:
        return None


orders = messages.map(understood).filter(lambda made: made is not None)


@given(orders)
def test_any_order_written_as_xml_is_the_same_order(made: TransportOrder) -> None:
    assert parse_order(json_of(one_order(decode_xml(order_xml(made).encode())))).order == made


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.text('<>&;!/="?a [].-').map(str.encode))
def test_any_bytes_are_a_document_or_a_clear_refusal(body: bytes) -> None:
    try:
        said = decode_xml(body).name
    except BadRequestError as refusal:
        said = refusal.detail
    assert said


async def test_xml_and_json_of_one_message_are_one_message(platform: Client) -> None:
    status, receipt = await send(platform, document())
    assert (status, receipt) == (
        201,
        {"order_number": "BD11020459525700001", "cursor": 1, "repeated": False, "warnings": []},
    )
    assert (await platform.post("/api/orders", order()))[0] == 200
    assert (await send(platform, document()))[0] == 200
    spread = re.sub(r"(?=<[a-zA-Z])", "\n   ", document().split("?>\n")[1])
    assert (await send(platform, f"\ufeff{spread}"))[0] == 200, "laid out on lines, with a byte order mark, without a declaration"
    status, problem = await send(platform, document().replace("KELW230W", "003C2001"))
    assert (status, problem["title"]) == (409, "Conflict")  # type: ignore[index]


async def test_who_sends_xml_and_accepts_it_is_answered_in_xml(platform: Client) -> None:
    async with platform.session.post(f"{platform.address}/api/orders", data=document().encode(), headers=BOTH) as answer:
        receipt = ElementTree.fromstring(await answer.text())
        assert (answer.status, answer.content_type, receipt.tag) == (201, "application/xml", "OrderReceipt")
    assert {one.tag: one.text for one in receipt} == {"order_number": "BD11020459525700001", "cursor": "1", "repeated": "false"}
    wrong = document().replace("017A1150", "").replace("<kind>8</kind>", "<kind>88</kind>")
    async with platform.session.post(f"{platform.address}/api/orders", data=wrong.encode(), headers=BOTH) as answer:
        problem = ElementTree.fromstring(await answer.text())
        assert (answer.status, answer.content_type) == (422, "application/problem+xml")
    assert problem.findtext(f"{RFC_9457}status") == "422"
    assert {one.text for one in problem.iter(f"{RFC_9457}field")} == {"origin", "seals.1.kind"}
    async with platform.session.post(f"{platform.address}/api/orders", data=wrong.encode(), headers=XML) as answer:
        assert (answer.status, answer.content_type) == (422, "application/problem+json")
    async with platform.session.get(f"{platform.address}/api/orders/none", headers={"Accept": "application/xml"}) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json"), "XML was not sent"


async def test_wrong_and_repeated_elements_are_named_as_the_fields_of_json(platform: Client) -> None:
    twice = document().replace("<plate>", "<plate>KLA-9999</plate>\n<plate>").replace("<container>", "<container/><container>")
    status, problem = await send(platform, twice)
    assert status == 422
    assert [one["field"] for one in problem["errors"]] == ["container", "vehicle.plate"]  # type: ignore[index]
    assert "line 3" in problem["errors"][1]["message"]  # type: ignore[index]
    status, problem = await send(platform, document().replace("<quantity>120</quantity>", "<colour>red</colour>"))
    assert status == 422
    assert {one["field"] for one in problem["errors"]} == {"cargo.0.quantity", "cargo.0.colour"}  # type: ignore[index]


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]><TransportOrder>&j;</TransportOrder>"
)


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ("", 400, "no element found"),
        ("<TransportOrder>", 400, "line 1"),
        ("{}", 400, "not XML"),
        (b"\xff\xfe<\0a\0/\0>\0", 400, "UTF-8"),
        ('<?xml version="1.0" encoding="Big5"?><TransportOrder/>', 400, "Big5"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><TransportOrder/>', 400, "DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><TransportOrder>&e;</TransportOrder>', 400, "DOCTYPE"),
        (LAUGHS, 400, "DOCTYPE"),
        ("<TransportOrder>&e;</TransportOrder>", 400, "undefined entity"),
        ("<?xml-stylesheet href='http://example.com/x.xsl'?><TransportOrder/>", 400, "processing instruction"),
        ("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1), 400, "deep"),
        ("<a>" * 300_000, 400, "deep"),
        (f"<TransportOrder>{'<a/>' * 200_000}</TransportOrder>", 413, "elements"),
        ("<TransportOrder>" + "x" * (2 << 20) + "</TransportOrder>", 413, "larger"),
        (f"<{'n' * 100_000}/>", 400, "…"),
        ("<TransportOrder kind='8'/>", 400, "'kind'"),
        ("<TransportOrder>text<origin>A</origin></TransportOrder>", 400, "text between"),
        ("<order/>", 400, "'order'"),
        ("<TransportOrder/>", 422, "R12"),
        ("<TransportOrder>text</TransportOrder>", 422, "R12"),
    ],
)
async def test_xml_that_is_no_message_gets_a_clear_problem(platform: Client, body: str | bytes, status: int, word: str) -> None:
    seen, problem = await send(platform, body)
    assert (seen, word in problem["detail"]) == (status, True), problem  # type: ignore[index]
    assert len(problem["detail"]) < 1000  # type: ignore[index]


def test_what_xml_has_no_way_to_write_is_replaced() -> None:
    """JSON may carry it, and whoever reads a document of ours must be able to."""
    made = parse_order(order(vehicle=order()["vehicle"] | {"driver": "A\x01\uffffB\x1b]]>"})).order
    assert ElementTree.fromstring(document(made)).findtext("vehicle/driver") == "A\ufffd\ufffdB\ufffd]]>"


def test_orders_of_the_next_years_keep_their_second() -> None:
    """The one field that is no text: written as Taipei's, read as Taipei's."""
    made = parse_order(order()).order
    for at in (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC) + timedelta(seconds=n) for n in range(2)):
        moved = made.model_copy(update={"vehicle": made.vehicle.model_copy(update={"departure_time": at})})
        assert parse_order(json_of(decode_xml(order_xml(moved).encode()))).order.vehicle.departure_time == at
