"""The gate's page over HTTP: pages, events, pictures, views, health; and what hostile addresses get."""

import asyncio
import json

import aiohttp
import pytest

from gateway.display.board import Board
from gateway.look.marks import Mark
from gateway.seal_reader.alarms import SealAlarm
from gateway.store.space import SpaceState
from tests.display import scenes
from tests.display.scenes import Album
from tests.display.served import Served

PATIENCE_S = 20.0


async def get(served: Served, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(served.address + path) as response:
        return response.status, await response.text(errors="replace")


async def next_event(response: aiohttp.ClientResponse) -> tuple[str, dict[str, str]]:
    async with asyncio.timeout(PATIENCE_S):
        kind = (await response.content.readline()).decode().removeprefix("event: ").strip()
        data = (await response.content.readline()).decode().removeprefix("data: ")
        await response.content.readline()
    return kind, json.loads(data)


async def swaps_until_beat(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The fragments sent before the next beat."""
    found: dict[str, str] = {}
    while True:
        kind, data = await next_event(response)
        if kind == "beat":
            return found
        found[data["id"]] = data["html"]


async def test_a_gate_that_starts_says_so(served: Served) -> None:
    assert await get(served, "/healthz") == (503, '{"status": "starting", "lanes": 0, "screens": 0}')
    status, page = await get(served, "/")
    assert status == 200
    assert "尚無車道回報" in page


async def test_all_lanes_with_their_states(served: Served, board: Board, album: Album) -> None:
    board.publish_site(scenes.site())
    for view in scenes.all_lanes(album):
        board.publish(view)
    status, page = await get(served, "/")
    assert status == 200
    for word in ("放行", "轉人工", "攔停", "辨識中", "待車", "連線中斷", "空車", "請攔停車輛：貨櫃與運送單不符"):
        assert word in page
    status, body = await get(served, "/api/lanes")
    assert [lane["mark"] for lane in json.loads(body)["lanes"]][:3] == ["PASS", "REFER", "STOP"]
    assert (await get(served, "/healthz"))[0] == 200


async def test_one_lane_says_what_to_do_and_why(served: Served, board: Board, album: Album) -> None:
    board.publish(scenes.stopped(album))
    status, page = await get(served, "/lanes/lane-3?lang=en")
    assert status == 200
    for words in (
        "Hold the truck: the box is not the one in the order",
        "BOX_DIFFERS",
        "Cable cut",
        "Not inserted",
        "KNB-6603",
        "林志豪",
    ):
        assert words in page


async def test_what_a_person_ruled_and_that_the_green_was_taken_back_is_told_in_its_order(
    served: Served, board: Board, album: Album
) -> None:
    passage = scenes.taken_back(album)
    said = passage.model_copy(update={"verdict": passage.withdrawn})  # as a site publishes it
    board.publish(scenes.view("lane-2", Mark.STOP, "red", said))
    for path, words in (
        ("/", ("由人員核准放行", "綠燈已收回")),
        ("/lanes/lane-2", ("由人員核准放行", "A017 陳美玲", "綠燈已收回")),
    ):
        _, page = await get(served, path)
        places = [page.find(word) for word in words]
        assert -1 not in places
        assert places == sorted(places)
    _, page = await get(served, "/lanes/lane-2?lang=en")
    assert page.index("Approved by a person") < page.index("Green light taken back") < page.index("Seal tampered with")
    earlier = passage.withdrawn.model_copy(update={"decided_at": passage.opened_at}) if passage.withdrawn else None
    board.publish(scenes.view("lane-2", Mark.PASS, "green", passage.model_copy(update={"withdrawn": earlier})))
    _, page = await get(served, "/?lang=en")
    assert page.index("Green light taken back") < page.index("Approved by a person")


async def test_forged_and_replayed_seals_are_told_on_the_lanes_page_and_among_all(served: Served, board: Board) -> None:
    values = {"number": "VS00012877", "receiver": "ble-1", "address": "C0:00", "last_at": scenes.NOW}
    alarms = (SealAlarm(why="forged", count=17, **values), SealAlarm(why="replayed", count=2, **values))
    board.publish(scenes.view("lane-1", Mark.IDLE, "red", None, seal_alarms=alarms))
    for path in ("/lanes/lane-1", "/"):
        _, english = await get(served, f"{path}?lang=en")
        assert "<strong>Forged seal signal</strong> <code>VS00012877</code> <code>ble-1</code> ×17" in english
        assert "Replayed seal signal" in english
        _, chinese = await get(served, f"{path}?lang=zh-TW")
        assert "偽造的封條訊號" in chinese


async def test_a_lane_that_does_not_exist(served: Served) -> None:
    assert (await get(served, "/lanes/lane-3"))[0] == 404
    assert (await get(served, "/events?lane=lane-3"))[0] == 404


async def test_pictures_are_found_by_their_sha256_only(served: Served, album: Album) -> None:
    sha = album.front("KNA-2085")[0]
    async with aiohttp.ClientSession() as session, session.get(f"{served.address}/pictures/{sha}.jpg") as response:
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert await response.read() == album.read(sha)
        assert "immutable" in response.headers["Cache-Control"]
    (album.folder / "secret.jpg").write_bytes(b"x")
    for path in (f"/pictures/{'0' * 64}.jpg", "/pictures/secret.jpg", "/pictures/..%2Fsecret.jpg", f"/pictures/{sha.upper()}.jpg"):
        assert (await get(served, path))[0] == 404


async def test_an_open_page_is_sent_what_changed_and_nothing_else(served: Served, board: Board, album: Album) -> None:
    board.publish_site(scenes.site())
    board.publish(scenes.idle())
    async with aiohttp.ClientSession() as session, session.get(served.address + "/events?lane=lane-6&lang=en") as response:
        assert response.content_type == "text/event-stream"
        first = await swaps_until_beat(response)
        assert set(first) == {"site", "light-lane-6", "facts-lane-6"}
        assert await swaps_until_beat(response) == {}
        board.publish(scenes.view("lane-6", Mark.BUSY, "amber", None))
        changed = await swaps_until_beat(response)
        assert set(changed) == {"light-lane-6"}
        assert "Reading" in changed["light-lane-6"]


async def test_a_page_counts_time_by_itself_and_turns_dark_at_night(served: Served, board: Board) -> None:
    board.publish_site(scenes.site())
    async with aiohttp.ClientSession() as session, session.get(served.address + "/events") as response:
        assert "14:03" in (await swaps_until_beat(response))["site"]
        served.now = scenes.NIGHT
        while True:
            kind, data = await next_event(response)
            if kind == "swap":
                assert "21:03" in data["html"]
                assert "7 小時前" in data["html"]
            elif data["scheme"] == "night":
                break


async def test_a_new_lane_makes_open_pages_load_anew(served: Served, board: Board) -> None:
    board.publish(scenes.idle())
    async with aiohttp.ClientSession() as session, session.get(served.address + "/events") as response:
        versions: set[str] = set()
        while len(versions) < 2:
            kind, data = await next_event(response)
            if kind == "beat":
                versions.add(data["version"])
                board.publish(scenes.offline())


async def test_browsers_that_leave_are_forgotten(served: Served, board: Board) -> None:
    async with aiohttp.ClientSession() as session, session.get(served.address + "/events") as response:
        await next_event(response)
        assert board.subscribers == 1
    async with asyncio.timeout(PATIENCE_S):
        while board.subscribers:
            board.publish(scenes.idle())
            await asyncio.sleep(0.01)


async def test_stopping_does_not_wait_for_open_pages(served: Served) -> None:
    async with aiohttp.ClientSession() as session, session.get(served.address + "/events") as response:
        await next_event(response)
        async with asyncio.timeout(PATIENCE_S):
            await served.stop()
            while not response.content.at_eof():
                await response.content.readline()


async def test_site_troubles_are_told(served: Served, board: Board) -> None:
    board.publish_site(
        scenes.site(
            platform_up=False,
            outbox_waiting=12,
            orders_at=None,
            store_detail="disk full",
            store_state=SpaceState.FULL,
            damaged_databases=("gate.sqlite3.damaged-x",),
            clock_offset_s=-3.2,
        )
    )
    page = (await get(served, "/?lang=en"))[1]
    for words in (
        "Platform unreachable",
        "12 waiting to be sent",
        "never",
        "Store refuses: disk full",
        "Store full",
        "gate.sqlite3.damaged-x",
        "Clock is off by -3.2 s",
    ):
        assert words in page


@pytest.mark.parametrize("path", ["//evil.example/x", "//evil.example", "/lanes/%2F%2Fevil.example"])
async def test_no_link_of_a_page_leads_to_another_host(served: Served, path: str) -> None:
    """The page of what is not there has links to itself in the other language."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.address.rpartition(":")[2]))
    writer.write(f"GET {path}?a=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    page = (await reader.read()).decode()
    writer.close()
    assert "evil.example" not in page.partition("\r\n\r\n")[2]


async def test_the_link_to_the_other_language_keeps_the_rest_of_the_address(served: Served) -> None:
    assert 'href="?a=1&amp;lang=en"' in (await get(served, "/lanes/nowhere?a=1"))[1]
