"""A file of orders for a replay: every wrong order is named at once, with its place and its fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.orders.errors import OrdersFileError
from gateway.orders.orders_file import load_orders_file
from tests.orders.entries import message, order


def _file(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "orders.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode())
    return path


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_list_of_messages_with_or_without_a_name(tmp_path: Path, wrapped: bool) -> None:
    messages = [message(2), message(1)]
    path = _file(tmp_path, {"orders": messages} if wrapped else messages)
    assert load_orders_file(path) == (order(2), order(1))


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    assert load_orders_file(_file(tmp_path, b"\xef\xbb\xbf" + json.dumps([message(1)]).encode())) == (order(1),)


def test_every_bad_order_is_named_with_its_place_and_fields(tmp_path: Path) -> None:
    no_plate, bad_date = message(2), message(3)
    del no_plate["vehicle"]["plate"]
    bad_date["vehicle"]["departure_time"] = "next Monday"
    bad_date["origin"] = "MUCH-TOO-LONG"
    path = _file(tmp_path, [message(1), no_plate, "text", bad_date])
    with pytest.raises(OrdersFileError) as caught:
        load_orders_file(path)
    assert [(bad.index, [error.field for error in bad.errors]) for bad in caught.value.bad] == [
        (1, ["vehicle.plate"]),
        (2, ["order"]),
        (3, ["origin", "vehicle.departure_time"]),
    ]
    assert f"{path}: order 1, vehicle.plate: Field required" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1, column 1"),
        (b"[1,\n2,,]", "line 2, column 3"),
        (b"\xff\xfe[]", "not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"1" * 10_000 + b"]", "not JSON"),
        (b'{"order": []}', "wants a JSON list"),
        (b"null", "wants a JSON list"),
    ],
)
def test_a_file_that_is_no_orders_file_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(OrdersFileError, match=said) as caught:
        load_orders_file(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OrdersFileError, match=r"nothing\.json: No such file"):
        load_orders_file(tmp_path / "nothing.json")


def test_of_two_versions_the_last_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = _file(tmp_path, [message(1, plate="KLA-1111"), message(2), message(1, plate="KLA-2222")])
    assert load_orders_file(path) == (order(2), order(1, plate="KLA-2222"))
    assert "order 2 is a later version" in caplog.text


def test_what_is_odd_but_usable_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_orders_file(_file(tmp_path, [message(1, box="CTAU0008136")]))
    assert "order 0, container.number: the check digit does not fit" in caplog.text
