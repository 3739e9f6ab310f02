"""The R12 message: lenient in, strict out, every wrong field named."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.errors import OrderError
from gateway.model.transport_order import TransportOrder, parse_order

ORDER: dict[str, Any] = {
    "message_id": "04595257202611230001",
    "order_number": "BD11020459525700001",
    "message_code": "R12",
    "application_kind": "1",
    "operation_kind": "4",
    "load_kind": "A",
    "released_total": "1",
    "origin": "017A1150",
    "destination": "KELW230W",
    "container": {"number": "TEMU9221353", "size_type": "45G1"},
    "vehicle": {
        "kind": "1",
        "number": "0001",
        "haulier_ban": "04595257",
        "haulier_name": "長榮運輸",
        "plate": "KLA-1235",
        "driving_licence": "A123456789",
        "driver": "王小明",
        "count": "1",
        "departure_time": "2021-02-22 T11:43:46",
    },
    "cargo": [
        {
            "trade_kind": "E",
            "declaration": "BD101234567890",
            "master_bill": "MB1",
            "house_bill": "HB1",
            "customs_number": "123456",
            "manifest": "0001",
            "voyage": "012E",
            "vessel_code": "V1",
            "vessel_name": "EVER GIVEN",
            "quantity": "100",
            "clearance_mode": "C1",
            "release_conditions": "58",
        }
    ],
    "seals": [{"kind": "5", "number": "E-WLS8854668"}, {"kind": "8", "number": "VS000123"}],
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**ORDER, **changes}


def vehicle(**changes: Any) -> dict[str, Any]:
    return changed(vehicle={**ORDER["vehicle"], **changes})


def test_every_field_of_the_guide_is_understood_and_written_strictly() -> None:
    parsed = parse_order(ORDER)
    assert parsed.warnings == ()
    written = parsed.order.model_dump(mode="json")
    assert written["vehicle"]["departure_time"] == "2021-02-22T11:43:46"
    assert written["seals"][0] == {"kind": "5", "number": "WLS8854668"}
    assert parse_order(written).order == parsed.order


@pytest.mark.parametrize("number", ["BD11020459525700001", "E017A11010112000001"])
def test_both_order_number_forms(number: str) -> None:
    assert parse_order(changed(order_number=number)).order.order_number == number


@pytest.mark.parametrize(
    "text", ["2021-02-22 T11:43:46", "2021-02-22T11:43:46", "2021/02/22 11:43:46", "20210222114346", "2021-02-22T03:43:46Z"]
)
def test_departure_times_are_read_leniently_and_are_taipei_time(text: str) -> None:
    order = parse_order(vehicle(departure_time=text)).order
    assert order.vehicle.departure_time == datetime(2021, 2, 22, 3, 43, 46, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({k: v for k, v in ORDER.items() if k != "origin"}, "origin"),
        ({k: v for k, v in ORDER.items() if k != "vehicle"}, "vehicle"),
        (vehicle(departure_time="yesterday"), "vehicle.departure_time"),
        (vehicle(departure_time="2021-02-31T11:43:46"), "vehicle.departure_time"),
        (vehicle(haulier_ban="123"), "vehicle.haulier_ban"),
        (vehicle(plate=""), "vehicle.plate"),
        (changed(order_number="??"), "order_number"),
        (changed(message_code="R13"), "message_code"),
        (changed(container={"number": "A" * 18}), "container.number"),
        (changed(seals=[{"kind": "5", "number": "///"}]), "seals.0.number"),
        (changed(surprise=1), "surprise"),
        ("text", "order"),
        (None, "order"),
    ],
)
def test_a_wrong_field_is_named(message: object, field: str) -> None:
    with pytest.raises(OrderError) as raised:
        parse_order(message)
    assert field in [error.field for error in raised.value.errors]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(OrderError) as raised:
        parse_order({**vehicle(departure_time="x", driver=""), "origin": ""})
    assert {e.field for e in raised.value.errors} >= {"vehicle.departure_time", "vehicle.driver", "origin"}


def test_unknown_codes_and_bad_check_digits_are_warnings() -> None:
    parsed = parse_order(changed(operation_kind="X", container={"number": "CTAU0008136"}, message_id="ABC"))
    assert {warning.field for warning in parsed.warnings} == {"operation_kind", "container.number", "message_id"}


def test_an_empty_vehicle_needs_no_container() -> None:
    parsed = parse_order({k: v for k, v in changed(load_kind="E", seals=[]).items() if k != "container"})
    assert parsed.order.container is None
    assert parsed.warnings == ()


def test_a_long_container_number_is_kept_whole() -> None:
    assert parse_order(changed(container={"number": "ABCDEFGH123456789"})).order.container_number is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(ORDER)), json_values))
def test_any_json_is_an_order_or_an_error_that_names_fields(changes: dict[str, Any]) -> None:
    try:
        parsed = parse_order({**ORDER, **changes})
    except OrderError as error:
        named = [found.field for found in error.errors]
    else:
        named = ["none"]
        assert TransportOrder.model_validate_json(parsed.order.model_dump_json()) == parsed.order
    assert named
