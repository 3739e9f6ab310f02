"""The registers over the interface: entered, changed, taken out, their history, and what gates hear of it."""

from typing import Any

import pytest

from gateway.model.wire import FeedPage
from gateway.orders.register_cache import RegisterCache
from gateway.platform.examples import REGISTER
from gateway.platform.registry.kinds import KINDS
from tests.platform.conftest import Client

DRIVER = KINDS["driver"].example
SEAL = KINDS["vehicle_seal"].example
CHIP = KINDS["passive_seal"].example
FIRM = KINDS["firm"].example
ADDRESS = "/api/registers/driver/A123456789"


async def put(platform: Client, kind: str, entry: dict[str, Any], **fields: str) -> tuple[int, Any]:
    return await platform.send("PUT", f"/api/registers/{kind}/{entry[KINDS[kind].key]}", json=entry, headers=fields)


async def cache_of(platform: Client) -> RegisterCache:
    """What a gate knows that has followed the whole feed."""
    _, page = await platform.get("/api/feed")
    cache = RegisterCache()
    cache.take(item.entry for item in FeedPage.model_validate(page).items if item.entry.kind != "order")
    return cache


async def entries_of_feed(platform: Client) -> list[dict[str, Any]]:
    _, page = await platform.get("/api/feed")
    return [item["entry"] for item in page["items"]]


@pytest.mark.parametrize("kind", list(KINDS))
async def test_an_entry_is_entered_read_changed_nothing_by_and_taken_out(platform: Client, kind: str) -> None:
    entry = KINDS[kind].example
    address = f"/api/registers/{kind}/{entry[KINDS[kind].key]}"
    status, made = await put(platform, kind, entry)
    assert (status, made["version"], made["changed_by"]) == (201, 1, "this machine")
    assert entry.items() <= made["entry"].items()
    assert await put(platform, kind, entry) == (200, made)  # the same again: no new version, nobody's name
    assert await platform.get(address) == (200, made)
    assert (await platform.get(f"/api/registers/{kind}"))[1]["items"] == [made]
    status, gone = await platform.send("DELETE", address)
    assert (status, gone["entry"]) == (200, made["entry"])
    assert (await platform.get(address))[0] == 404
    assert (await platform.get(f"/api/registers/{kind}"))[1]["items"] == []
    _, past = await platform.get(address + "/history")
    assert [(one["version"], one["removed"]) for one in past["items"]] == [(2, True), (1, False)]
    status, again = await put(platform, kind, entry)
    assert (status, again["version"]) == (201, 3)


async def test_a_drivers_passes_reach_the_gates_and_leave_them(platform: Client) -> None:
    await put(platform, "driver", DRIVER)
    (entry,) = await entries_of_feed(platform)
    assert (entry["holder"], entry["driving_licence"], entry["uid"]) == ("王大明", "A123456789", "e2801160600002054e1a3b5c")
    assert entry["valid_until"] == "2027-01-31T16:00:00Z", "the pass is good until the day is over in Taiwan"
    await put(platform, "driver", DRIVER | {"passes": [DRIVER["passes"][0] | {"uid": "04a1"}]})
    old, new = await entries_of_feed(platform)
    assert (new["uid"], old["uid"]) == ("e2801160600002054e1a3b5c", "04a1")
    assert new["valid_until"] < "2026-12", "the pass that the driver no longer has is none from now on"
    await platform.send("DELETE", ADDRESS)
    assert all(one["valid_until"] < "2026-12" for one in await entries_of_feed(platform))


async def test_a_seal_that_is_lost_is_unknown_to_gates_and_known_again_when_it_is_found(platform: Client) -> None:
    await put(platform, "vehicle_seal", SEAL)
    await put(platform, "passive_seal", CHIP)
    assert (await cache_of(platform)).seal_number(1234) == "VS00001234"
    await put(platform, "vehicle_seal", SEAL | {"status": "lost"})
    await platform.send("DELETE", "/api/registers/passive_seal/300833B2DDD9014000000001")
    assert (await cache_of(platform)).seal_number(1234) is None
    assert [one["number"] for one in await entries_of_feed(platform)] == ["-", "-"]
    await put(platform, "vehicle_seal", SEAL)
    assert (await cache_of(platform)).seal_number(1234) == "VS00001234"


async def test_what_does_not_matter_to_gates_is_not_sent_again(platform: Client) -> None:
    await put(platform, "vehicle_seal", SEAL)
    _, before = await platform.get("/api/feed")
    await put(platform, "vehicle_seal", SEAL | {"model": "VS-2"})
    _, after = await platform.get("/api/feed")
    assert after["cursor"] == before["cursor"]


async def test_no_two_entries_have_the_same_pass_or_seal_number(platform: Client) -> None:
    await put(platform, "driver", DRIVER)
    status, problem = await put(platform, "driver", DRIVER | {"licence": "B223456789"})
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["passes.0.uid"])
    await put(platform, "vehicle_seal", SEAL)
    status, problem = await put(platform, "passive_seal", CHIP | {"number": SEAL["number"]})
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["number"])
    await platform.send("DELETE", ADDRESS)
    assert (await put(platform, "driver", DRIVER | {"licence": "B223456789"}))[0] == 201


async def test_a_lost_update_is_refused(platform: Client) -> None:
    async with platform.session.put(platform.address + ADDRESS, json=DRIVER) as answer:
        assert answer.headers["ETag"] == '"1"'
    assert (await put(platform, "driver", DRIVER | {"name": "王小明"}, **{"If-Match": '"1"'}))[0] == 200
    status, problem = await put(platform, "driver", DRIVER | {"name": "李大明"}, **{"If-Match": '"1"'})
    assert (status, problem["title"]) == (412, "Changed meanwhile")
    assert (await platform.send("DELETE", ADDRESS, headers={"If-Match": '"1"'}))[0] == 412
    assert (await put(platform, "driver", DRIVER, **{"If-None-Match": "*"}))[0] == 412
    assert (await put(platform, "driver", DRIVER, **{"If-Match": "1"}))[0] == 400
    assert (await platform.get(ADDRESS))[1]["entry"]["name"] == "王小明"
    assert (await put(platform, "driver", DRIVER | {"licence": "NEW1", "passes": []}, **{"If-None-Match": "*"}))[0] == 201


async def test_every_wrong_field_is_named_and_nothing_is_stored(platform: Client) -> None:
    wrong = DRIVER | {"firm": "123", "licence_until": "2027-02-30", "phone": "\x00", "passes": [{"technology": "x", "uid": ""}]}
    status, problem = await put(platform, "driver", wrong)
    named = [one["field"] for one in problem["errors"]]
    assert (status, named) == (422, ["firm", "phone", "licence_until", "passes.0.technology", "passes.0.uid"])
    status, problem = await put(platform, "driver", DRIVER | {"licence": "B1", "more": 1})
    assert (status, problem["errors"][0]["field"]) == (422, "more")
    status, problem = await platform.send("PUT", ADDRESS, json=DRIVER | {"licence": "B1"})
    assert (status, problem["errors"][0]["field"]) == (422, "licence")
    assert (await platform.get("/api/registers/driver"))[1]["items"] == []


@pytest.mark.parametrize(("ban", "fits"), [("04595257", True), ("22099131", True), ("10458575", True), ("04595258", False)])
async def test_a_business_number_that_does_not_add_up_is_taken_with_a_warning(platform: Client, ban: str, fits: bool) -> None:
    status, made = await put(platform, "firm", FIRM | {"ban": ban})
    assert (status, [one["field"] for one in made["warnings"]]) == (201, [] if fits else ["ban"])


async def test_spellings_of_one_key_are_one_entry(platform: Client) -> None:
    vehicle = KINDS["vehicle"].example
    await put(platform, "vehicle", vehicle)
    status, _ = await platform.send("PUT", "/api/registers/vehicle/kla1234", json=vehicle | {"plate": "kla 1234"})
    assert status == 200
    assert (await platform.get("/api/registers/vehicle/KLA1234"))[1]["entry"]["plate"] == "KLA-1234"


async def test_a_register_is_read_page_by_page_searched_and_asked_what_expires(platform: Client) -> None:
    for number in range(7):
        driver = {"licence": f"L{number}", "name": f"司機{number}", "firm": "04595257", "licence_until": f"2027-0{number + 1}-01"}
        await put(platform, "driver", driver)
    keys: list[str] = []
    after, more = "", True
    while more:
        _, page = await platform.get("/api/registers/driver", params={"limit": 3, "after": after})
        keys += [one["entry"]["licence"] for one in page["items"]]
        after, more = page["cursor"], page["more"]
    assert keys == [f"L{number}" for number in range(7)]
    _, found = await platform.get("/api/registers/driver", params={"q": "司機３"})
    assert [one["entry"]["licence"] for one in found["items"]] == ["L3"]
    _, found = await platform.get("/api/registers/driver", params={"expiring_before": "2027-03-01"})
    assert [one["entry"]["licence"] for one in found["items"]] == ["L0", "L1"]
    assert (await platform.get("/api/registers/driver?expiring_before=soon"))[0] == 400
    assert (await platform.get("/api/registers/driver?after=%00"))[0] == 400
    assert (await platform.get("/api/registers/nothing"))[0] == 404


async def test_the_older_way_in_works_on_beside_the_registers(platform: Client) -> None:
    assert (await platform.post("/api/registry", REGISTER))[0] == 201
    assert (await put(platform, "driver", DRIVER | {"name": "李小龍"}))[0] == 201
    assert [one["holder"] for one in await entries_of_feed(platform) if one["kind"] == "port_pass"] == ["李小龍"]
