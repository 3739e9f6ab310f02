"""Finding orders: by fragments, look-alikes and filters that combine, page by page, each firm its own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from gateway.model.transport_order import TransportOrder, parse_order
from gateway.platform.database import migrate
from gateway.platform.orders import search, store
from gateway.platform.orders.life import Event, Kind
from gateway.platform.orders.life_store import record
from gateway.platform.orders.search import Range, Wanted
from tests.platform.conftest import Client
from tests.platform.orders.test_life import BEGIN, passed
from tests.platform.samples import Json, order


def made(serial: int, box: str = "TEMU9221353", plate: str = "KLA-1234", driver: str = "王大明", **changes: object) -> Json:
    one = order(serial, serial, container={"number": box}, **changes)
    one["vehicle"] |= {"plate": plate, "driver": driver}
    return one


async def found(platform: Client, **asked: str) -> list[int]:
    status, page = await platform.get("/api/orders", params=asked)
    assert status == 200, page
    return [int(item["order"]["order_number"][-5:]) for item in page["items"]]


async def test_what_is_spelt_so_is_found_alone_and_else_what_looks_alike(platform: Client) -> None:
    await platform.post("/api/orders", made(1, box="TEMU9221353", plate="KLB-1280"))
    await platform.post("/api/orders", made(2, box="MSKU9070323", plate="KL8-I2B0"))
    assert await found(platform, q="KLB1280") == [1]
    assert await found(platform, q="KL8I2B0") == [2]
    _, page = await platform.get("/api/orders", params={"q": "KLBI28O"})
    assert (page["similar"], [item["order"]["vehicle"]["plate"] for item in page["items"]]) == (True, ["KLB-1280", "KL8-I2B0"])
    assert await found(platform, q="TEMV922I3S3") == [1]
    _, page = await platform.get("/api/orders", params={"q": "XQX"})
    assert (page["similar"], page["items"]) == (False, [])


async def test_similar_ones_go_on_page_by_page(platform: Client) -> None:
    for serial in range(1, 8):
        await platform.post("/api/orders", made(serial, plate="KLB-1280"))
    seen, after = [], 0
    while True:
        _, page = await platform.get("/api/orders", params={"q": "KL8l28O", "limit": 3, "after": after})
        seen += [int(item["order"]["order_number"][-5:]) for item in page["items"]]
        assert page["similar"]
        if not page["more"]:
            break
        after = page["cursor"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


async def test_every_filter_combines_with_every_other(platform: Client) -> None:
    await platform.post("/api/orders", made(1))
    await platform.post("/api/orders", made(2, destination="003C2001", seals=[{"kind": "5", "number": "E-ABC77"}]))
    late = made(3, origin="KELW230W")
    late["vehicle"] |= {"departure_time": "2026-11-25T00:30:00"}
    await platform.post("/api/orders", late)
    await platform.confirm(passed("origin", 1, "05:00:00", "out"))
    for asked, numbers in (
        ({"origin": "017a1150"}, [1, 2]),
        ({"origin": "017A1150", "destination": "003C2001"}, [2]),
        ({"seal": "abc-77"}, [2]),
        ({"seal": "ABC7"}, []),
        ({"seal": "不是"}, []),
        ({"q": "ABC7"}, [2]),
        ({"state": "in_transit"}, [1]),
        ({"state": "issued"}, [2, 3]),
        ({"state": "issued", "q": "temu922"}, [2, 3]),
        ({"state": "in_transit", "q": "temu922", "destination": "003C2001"}, []),
        ({"departure_from": "2026-11-25"}, [3]),
        ({"departure_until": "2026-11-24"}, [1, 2]),
        ({"departure_from": "2026-11-25", "departure_until": "2026-11-25"}, [3]),
        ({"departure_from": "2026-11-24T16:30:00Z"}, [3]),
        ({"departure_until": "2026-11-24T16:30:00Z"}, [1, 2]),
        ({"late": "yes"}, []),
        ({"q": "", "origin": "", "state": "", "late": "", "seal": "", "departure_from": ""}, [1, 2, 3]),
    ):
        assert await found(platform, **asked) == numbers, asked


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "departed"),
        ("state", "x" * 999),
        ("late", "no"),
        ("departure_from", "yesterday"),
        ("departure_until", "0001-01-01"),
        ("departure_until", "9999-12-31T23:59:59Z"),
    ],
)
async def test_a_filter_that_is_none_is_refused_by_name(platform: Client, name: str, value: str) -> None:
    status, problem = await platform.get("/api/orders", params={name: value})
    assert (status, [error["field"] for error in problem["errors"]]) == (400, [name])
    assert len(str(problem)) < 2000


@pytest.mark.parametrize("fragment", ['"', '" OR "', "a*b:c", "NEAR(x)", "x" * 5000, "\x00", "🚚", "'; DROP TABLE orders; --"])
async def test_a_hostile_fragment_finds_nothing_and_harms_nothing(platform: Client, fragment: str) -> None:
    await platform.post("/api/orders", made(1))
    status, page = await platform.get("/api/orders", params={"q": fragment, "seal": fragment[:1]})
    assert (status, page["items"]) == (200, [])
    assert await found(platform) == [1]


async def test_a_new_version_is_found_by_its_own_words_only(platform: Client) -> None:
    await platform.post("/api/orders", made(1, plate="KLA-1234"))
    changed = made(1, plate="QPR-777", seals=[{"kind": "5", "number": "NEW1"}])
    changed["message_id"] = order(1, 99)["message_id"]
    await platform.post("/api/orders", changed)
    assert await found(platform, q="KLA1234") == []
    assert await found(platform, q="WLS88") == []
    assert await found(platform, q="QPR7") == [1]
    assert (await found(platform, seal="NEW1"), await found(platform, seal="WLS8854668")) == ([1], [])


CHARACTERS = "KLBO08I1S5王明"


@settings(max_examples=40)  # each makes a database
@given(
    st.lists(st.text(CHARACTERS, min_size=4, max_size=9), min_size=1, max_size=6),
    st.text(CHARACTERS, min_size=1, max_size=5),
    st.booleans(),
)
def test_the_index_finds_what_reading_every_order_would(drivers: list[str], fragment: str, newest: bool) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection)
        orders: list[TransportOrder] = []
        for serial, driver in enumerate(drivers, start=1):
            orders.append(parse_order(made(serial, driver=driver)).order)
            store.take(connection, orders[-1], BEGIN)
        by_hand = [one.order_number for one in orders if search._needle(fragment) in search.words_of(one)]
        if not by_hand:
            folded = search.alike(search._needle(fragment))
            by_hand = [one.order_number for one in orders if folded in search.alike(search.words_of(one))]
        page = store.page(connection, Range(0, 100, newest), Wanted(fragment))
        assert [item.order.order_number for item in page.items] == (by_hand[::-1] if newest else by_hand)
    engine.dispose()


async def test_the_desk_finds_orders_by_whole_boxes_and_plates(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'one.sqlite'}")
    with engine.begin() as connection:
        migrate(connection)
        for serial, plate in enumerate(("KLA-1234", "KLA-12345", "XKL-A123"), start=1):
            store.take(connection, parse_order(made(serial, box=f"MSKU907032{serial}", plate=plate)).order, BEGIN)
        record(connection, order(2)["order_number"], Event(Kind.CLOSED, BEGIN, "", "", "act/1"))

        def named(numbers: list[str], words: list[str]) -> list[int]:
            return [int(one.order_number[-5:]) for one in store.naming(connection, numbers, words, 10)]

        assert named([], ["kla1234"]) == [1]
        assert named([], ["KLA1234", "MSKU9070323"]) == [3, 1]
        assert named([order(2)["order_number"].lower()], ["KLA1234", "-"]) == [2, 1]
        assert named([], ["", "MSKU907"]) == []
    engine.dispose()
