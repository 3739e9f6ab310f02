"""Confirmations: one per gate and sequence number, whatever the network makes a gate repeat."""

import json
import logging

import pytest

from gateway.model.wire import ConfirmationReceipt
from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation, jpeg, order, sha256, verdict

pytestmark = pytest.mark.both_databases


async def test_a_confirmation_is_stored_once_and_names_the_pictures_it_wants(platform: Client) -> None:
    front, rear = jpeg(10), jpeg(200)
    await platform.picture(sha256(rear), rear)
    message = confirmation(pictures=(front, rear))
    status, receipt = await platform.confirm(message)
    assert (status, receipt["repeated"], receipt["missing_pictures"]) == (201, False, [sha256(front)])
    await platform.picture(sha256(front), front)
    status, receipt = await platform.confirm(message)
    assert (status, receipt["repeated"], receipt["missing_pictures"]) == (200, True, [])
    assert ConfirmationReceipt.model_validate(receipt).sequence == 1
    _, page = await platform.get("/api/confirmations")
    assert [item["cursor"] for item in page["items"]] == [1]


async def test_another_record_under_the_same_key_is_refused_noted_and_shown(
    platform: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await platform.confirm(confirmation())
    with caplog.at_level(logging.ERROR, logger="gateway.platform"):
        for _ in range(2):
            status, problem = await platform.confirm(confirmation(lane_title="other"))
            assert status == 409
            assert "ct4-116" in problem["detail"]
    assert "gate ct4-116 sequence 1 came again with other content" in caplog.text
    _, state = await platform.get("/api/confirmations/ct4-116/1")
    assert state["confirmation"]["lane_title"] != "other"
    assert len(state["conflicts"]) == 1
    _, page = await platform.page("/passages/ct4-116/1", "en")
    assert "Another record came under this number" in page
    status, _ = await platform.confirm(confirmation())
    assert status == 200


async def test_the_path_must_name_the_confirmation(platform: Client) -> None:
    message = confirmation()
    status, problem = await platform.send("PUT", "/api/gates/ct5-79/confirmations/2", json=message)
    assert status == 422
    assert [error["field"] for error in problem["errors"]] == ["gate", "sequence"]
    for sequence in ("0", "-1", "1.0", "x", "01", "9" * 40):
        status, _ = await platform.send("PUT", f"/api/gates/ct4-116/confirmations/{sequence}", json=message)
        assert status == 422


async def test_wrong_fields_are_named(platform: Client) -> None:
    wrong = confirmation(opened_at="2026-11-23T03:43:40", colour="red")
    wrong["verdict"]["outcome"] = "MAYBE"
    del wrong["passes"]
    status, problem = await platform.confirm(wrong)
    assert status == 422
    assert {error["field"] for error in problem["errors"]} == {"opened_at", "colour", "verdict.outcome", "passes"}
    status, _ = await platform.confirm(confirmation(sequence=1 << 70))
    assert status == 422
    _, page = await platform.get("/api/confirmations")
    assert page["items"] == []


async def test_confirmations_are_paged_from_either_end(platform: Client) -> None:
    for sequence in range(1, 6):
        await platform.confirm(confirmation(sequence=sequence))
    for direction, expected in (("oldest", [1, 2, 3, 4, 5]), ("newest", [5, 4, 3, 2, 1])):
        after, seen = 0, []
        while True:
            query = {"direction": direction, "limit": 2, "after": after}
            _, page = await platform.get("/api/confirmations", params=query)
            seen += [item["confirmation"]["sequence"] for item in page["items"]]
            after = page["cursor"]
            if not page["more"]:
                break
        assert seen == expected
    status, _ = await platform.get("/api/confirmations?direction=up")
    assert status == 400


async def test_confirmations_outlive_a_restart(run_platform: Running) -> None:
    async with run_platform() as platform:
        await platform.confirm(confirmation())
        await platform.confirm(confirmation(gate="ct5-79"))
    async with run_platform() as platform:
        status, receipt = await platform.confirm(confirmation())
        assert (status, receipt["repeated"]) == (200, True)
        status, _ = await platform.confirm(confirmation(lane="in-2"))
        assert status == 409
        _, page = await platform.get("/api/confirmations")
        assert [item["confirmation"]["gate"] for item in page["items"]] == ["ct4-116", "ct5-79"]


async def test_a_name_with_a_nul_is_refused_and_named(platform: Client) -> None:
    """The one character that PostgreSQL keeps in no text: within a record it is kept as JSON writes it."""
    for field in ("lane_title", "passage_id"):
        status, problem = await platform.confirm(confirmation() | {field: "a\0b"})
        assert (status, [one["field"] for one in problem["errors"]]) == (400, [field])
    status, problem = await platform.post(
        "/api/registry",
        {"kind": "port_pass", "technology": "hf", "uid": "a\0b", "holder": "h", "driving_licence": "d"},
    )
    assert (status, [one["field"] for one in problem["errors"]]) == (400, ["key"])
    record = confirmation()
    record["answer"]["containers"][0]["size_type"] = "a\0b"
    assert (await platform.confirm(record))[0] == 201
    _, found = await platform.get("/api/confirmations/ct4-116/1")
    assert found["confirmation"]["answer"]["containers"][0]["size_type"] == "a\0b"
    for path in ("/api/orders/%00", "/orders/%00", "/passages/%00/1"):
        assert (await platform.get(path))[0] == 404
    assert (await platform.get("/api/orders?q=%00"))[0] == 200


async def test_orders_that_cannot_be_are_not_marked_and_the_record_is_kept(platform: Client) -> None:
    numbers = ["a\0b", "N" * 21, "BD11020459525700001", "BD1102045952570000１"]
    record = confirmation(verdict=verdict("PASS", numbers))
    assert (await platform.confirm(record))[0] == 201
    await platform.post("/api/orders", order())
    _, found = await platform.get("/api/orders/BD11020459525700001")
    assert [one["sequence"] for one in found["confirmations"]] == [1]


@pytest.mark.parametrize("path", ["ct4-116/2", "ct4-116/x", "ct4-116/0", "nowhere/1", "ct4-116/" + "9" * 40, "%00/1", "a%2Fb/1"])
async def test_a_confirmation_that_is_not_there(platform: Client, path: str) -> None:
    await platform.confirm(confirmation())
    status, problem = await platform.get(f"/api/confirmations/{path}")
    assert (status, problem["status"]) == (404, 404)


@pytest.mark.parametrize(
    ("plain", "hostile"),
    [
        ('"rssi": -58.0', '"rssi": 1e999'),  # was stored as nothing at all, and could then not be read
        ('"decided_at": "2026-11-23T03:43:49.918Z"', '"decided_at": "9999-12-31T23:59:59Z"'),  # no such time in Taipei
        ('"decided_at": "2026-11-23T03:43:49.918Z"', '"decided_at": "0001-01-01T00:00:00Z"'),
        ('"lane_title": "', '"lane_title": "\\ud800'),  # half a character
    ],
)
async def test_a_record_that_could_not_be_shown_again_is_refused_and_takes_no_page_with_it(
    platform: Client, plain: str, hostile: str
) -> None:
    await platform.confirm(confirmation(sequence=1))
    heard = {
        "kind": "vehicle_seal_heard",
        "device": "hci0",
        "at": "2026-11-23T03:43:49Z",
        "number": "12345",
        "rssi": -58.0,
        "inserted": True,
        "locked": True,
        "battery_percent": 90,
        "counter": 1,
    }
    written = json.dumps(confirmation(sequence=2, decided_at="2026-11-23T03:43:49.918Z", vehicle_seals=[heard]))
    assert plain in written
    path, json_type = "/api/gates/ct4-116/confirmations/2", {"Content-Type": "application/json"}
    status, problem = await platform.send("PUT", path, data=written.replace(plain, hostile), headers=json_type)
    assert status in {400, 422}, problem
    assert (await platform.page("/"))[0] == 200
    assert len((await platform.get("/api/confirmations"))[1]["items"]) == 1
    assert (await platform.send("PUT", path, data=written, headers=json_type))[0] == 201
