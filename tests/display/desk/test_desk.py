"""The exception desk over HTTP, as a browser without scripts uses it, and as somebody hostile does."""

import logging
import re
from pathlib import Path

import aiohttp
import pytest

from gateway.display.board import Board
from gateway.display.desk.desk import ANSWERS
from gateway.display.desk.staff import read_staff, write_staff
from gateway.lane.rulings import RulingAnswer
from gateway.look.forms import MOST_BYTES
from tests.display import scenes
from tests.display.desk.gate import BADGE, NOW, OFFICER_PIN, SUPERVISOR_PIN, Clerk, DeskGate
from tests.display.evidence import order
from tests.display.scenes import Album

BOX = "container-0-SEGU5210293"


async def test_a_waiting_lane_shows_everything_and_a_form(clerk: Clerk) -> None:
    page = await clerk.open()
    for words in (
        "Compare the marked characters",
        "BOX_UNSURE",
        "or 6 (24%)",
        "VS00013002",
        "Inserted, not locked",
        "Staff number",
    ):
        assert words in page
    assert 'data-unsure="4,6"' in page
    assert 'class="light ' in page
    clerk.language = "zh-TW"
    page = await clerk.open()
    for words in ("放行本車", "插入未鎖死", "員工編號", "已到櫃邊核對櫃號"):
        assert words in page


async def test_numbers_and_devices_are_written_as_people_know_them(clerk: Clerk, board: Board) -> None:
    view = board.lane("lane-2")
    assert view
    board.publish(view.model_copy(update={"lost_devices": ("camera-side", "clock", "orders", "lamps")}))
    clerk.language = "zh-TW"
    page = await clerk.open()
    for words in ("<code>camera-side</code>", "<code>時鐘</code>", "<code>運送單資料</code>", "<code>燈號</code>"):
        assert words in page
    checks = re.sub("<[^>]+>", "", page.partition('<table class="ruling-checks">')[2].partition("</table>")[0])
    assert "KLB-7731" in checks  # as on the plate
    assert "KLB7731" not in checks


async def test_a_person_corrects_a_character_and_approves(clerk: Clerk, gate: DeskGate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await clerk.open()
    status, _ = await clerk.send(changes={BOX: "segu 621029 3", "own_words": "right-hand door"})
    assert status == 303
    ((lane, ruling),) = gate.rulings
    assert (lane, ruling.approved, ruling.person, ruling.proof) == ("lane-2", True, "A017 陳美玲", "pin")
    assert ruling.reason == "Compared the number at the box: right-hand door"
    assert (ruling.at, (ruling.expires_at - NOW).total_seconds(), ruling.may_release_stopped) == (NOW, 60, False)
    (correction,) = ruling.corrections
    assert (correction.subject, correction.read, correction.corrected) == ("container", "SEGU5210293", "SEGU6210293")
    assert len(correction.picture) == 64
    assert "approved by A017 陳美玲 (pin): container SEGU5210293 is SEGU6210293; taken" in caplog.text
    assert OFFICER_PIN not in caplog.text


async def test_a_badge_and_a_refusal(clerk: Clerk, gate: DeskGate) -> None:
    await clerk.open()
    status, _ = await clerk.send(
        decision="refuse",
        reason="Held for Customs",
        staff_id="",
        pin="",
        badge="04:a1:b2:c3:d4",
        order_other=" bd 11020459525700021",
    )
    assert status == 303
    ruling = gate.rulings[0][1]
    assert (ruling.approved, ruling.person, ruling.proof) == (False, "S002 吳志明", "badge")
    assert (ruling.may_release_stopped, ruling.corrections, ruling.order) == (True, (), "BD11020459525700021")


async def test_orders_of_the_corrected_number_are_offered_and_nothing_typed_is_lost(clerk: Clerk, gate: DeskGate) -> None:
    found = order(21, "SEGU6210293", "KLB-7731", "陳美玲").order_number
    assert found not in await clerk.open()
    status, page = await clerk.send(changes={BOX: "SEGU6210293", "action": "look", "own_words": "so far"})
    assert status == 200
    assert f'value="{found}"' in page
    assert 'value="SEGU6210293"' in page
    assert 'value="so far"' in page
    assert OFFICER_PIN not in page
    assert (await clerk.send(changes={BOX: "SEGU6210293", "order": found}))[0] == 303
    assert gate.rulings[0][1].order == found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decision": ""}, "Choose whether"),
        ({"reason": "", "own_words": ""}, "Say why"),
        ({"reason": "Held for Customs"}, "does not go with the decision"),
        ({"reason": "My own <choice>"}, "does not go with the decision"),
        ({"own_words": "x" * 301}, "At most 300 characters"),
        ({"own_words": "two\nlines"}, "At most 300 characters"),
        ({BOX: "貨櫃"}, "no container number"),
        ({BOX: ""}, "cannot be deleted"),
        ({"plate-tractor-KLB7731": "IO-1"}, "no plate"),
        ({"order_other": "<script>"}, "no order number"),
        ({"staff_id": "", "pin": ""}, "Give your staff number"),
        ({"pin": "12"}, "6 to 12 digits"),
        ({"badge": "1"}, "no badge"),
    ],
)
async def test_what_is_wrong_is_named_at_its_field(clerk: Clerk, gate: DeskGate, changes: dict[str, str], words: str) -> None:
    await clerk.open()
    status, page = await clerk.send(changes=changes)
    assert status == 422
    assert words in page
    assert 'aria-invalid="true"' in page
    assert gate.rulings == []


async def test_three_wrong_pins_lock_and_a_badge_still_opens(
    clerk: Clerk, gate: DeskGate, caplog: pytest.LogCaptureFixture
) -> None:
    await clerk.open()
    for wrong in ("111111", "222222"):
        status, page = await clerk.send(pin=wrong)
        assert (status, "do not fit" in page) == (409, True)
    assert "locked for 60 s" in (await clerk.send(pin="333333"))[1]
    assert "locked for 60 s" in (await clerk.send())[1]  # the right one now comes too late
    assert "locked for 60 s" in (await clerk.send(staff_id="a017"))[1]
    gate.moved_on_s = 61
    assert "locked for 120 s" in (await clerk.send(pin="444444"))[1]  # longer with each
    assert gate.rulings == []
    assert (await clerk.send(staff_id="", pin="", badge=BADGE))[0] == 303
    for secret in (OFFICER_PIN, "111111", "333333"):
        assert secret not in caplog.text


async def test_a_number_that_nobody_has_looks_like_a_wrong_pin(clerk: Clerk, caplog: pytest.LogCaptureFixture) -> None:
    await clerk.open()
    assert "do not fit" in (await clerk.send(staff_id=OFFICER_PIN))[1]  # a PIN in the wrong field is not logged either
    assert OFFICER_PIN not in caplog.text


async def test_what_the_lane_stopped_only_a_supervisor_releases(clerk: Clerk, gate: DeskGate) -> None:
    await clerk.open("lane-3")
    status, page = await clerk.send("lane-3")
    assert (status, "a supervisor releases" in page, gate.rulings) == (409, True, [])
    assert (await clerk.send("lane-3", staff_id="S002", pin=SUPERVISOR_PIN))[0] == 303


async def test_another_sites_form_is_refused(clerk: Clerk, gate: DeskGate) -> None:
    await clerk.open()
    own = {"Origin": gate.address}
    for headers in ({"Origin": "https://evil.example"}, {}, {"Origin": "null"}, own | {"Sec-Fetch-Site": "cross-site"}):
        status, page = await clerk.send(headers=headers)
        assert (status, "try again" in page) == (403, True)
    for token in ("", "0" * 64, "é"):
        assert (await clerk.send(token=token))[0] == 403
    stranger = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with stranger:  # the token of one browser in another
        other = Clerk(gate.address, stranger)
        other.form = clerk.form
        assert (await other.send())[0] == 403
    assert gate.rulings == []
    assert (await clerk.send())[0] == 303


async def test_whoever_decides_on_what_another_has_decided_is_told_so(clerk: Clerk, gate: DeskGate) -> None:
    await clerk.open()
    assert (await clerk.send(staff_id="S002", pin=SUPERVISOR_PIN))[0] == 303
    status, page = await clerk.send()
    assert (status, "Somebody else has decided already" in page, "S002" in page) == (409, True, True)
    assert len(gate.rulings) == 1


def test_every_answer_of_a_lane_has_its_words() -> None:
    assert set(ANSWERS) | {RulingAnswer.TAKEN} == set(RulingAnswer)


async def test_a_vehicle_that_has_left_is_not_decided_on(clerk: Clerk, gate: DeskGate, board: Board, album: Album) -> None:
    await clerk.open()
    board.publish(scenes.stopped(album).model_copy(update={"lane": "lane-2"}))
    status, page = await clerk.send()
    assert (status, "does not wait any more" in page, gate.rulings) == (409, True, [])


async def test_a_lane_without_anything_to_decide_says_so(clerk: Clerk) -> None:
    for lane in ("lane-1", "lane-6"):
        page = await clerk.open(lane)
        assert "Nothing waits for a person" in page
        assert "<form" not in page


@pytest.mark.parametrize("path", ["/lanes/lane-99", "/lanes/lane-99/desk", "/events?lane=lane-99"])
async def test_no_such_lane_is_said_in_both_languages(gate: DeskGate, path: str) -> None:
    async with aiohttp.ClientSession() as session:
        for language, words in (("en", "There is no such lane at this gate."), ("zh-TW", "本閘口無此車道。")):
            async with session.get(f"{gate.address}{path}{'&' if '?' in path else '?'}lang={language}") as answer:
                assert answer.status == 404
                assert words in await answer.text()


async def test_too_much_and_nonsense_are_refused(clerk: Clerk, gate: DeskGate) -> None:
    await clerk.open()
    assert (await clerk.send(own_words="x" * MOST_BYTES))[0] == 413
    assert (await clerk.send(changes={f"field-{n}": "" for n in range(60)}))[0] == 403
    async with clerk.session.post(f"{gate.address}/lanes/lane-2/desk", json={}, headers={"Origin": gate.address}) as answer:
        assert answer.status == 403
    assert gate.rulings == []


async def test_a_staff_file_that_cannot_be_used_is_said_and_named(
    clerk: Clerk, gate: DeskGate, caplog: pytest.LogCaptureFixture
) -> None:
    await clerk.open()
    gate.staff_file.chmod(0o640)
    status, page = await clerk.send()
    assert (status, "call the site engineer" in page) == (409, True)
    assert f"{gate.staff_file}: others may read or write it" in caplog.text


async def test_who_was_removed_decides_nothing_any_more(clerk: Clerk, gate: DeskGate) -> None:
    await clerk.open()
    write_staff(gate.staff_file, read_staff(gate.staff_file).without("a017"))
    assert "do not fit" in (await clerk.send())[1]


async def test_a_screen_without_a_desk_only_shows(board: Board, album: Album, tmp_path: Path) -> None:
    board.publish(scenes.referred(album))
    served = DeskGate(board, album, tmp_path)
    served.desk = None
    await served.start()
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{served.address}/lanes/lane-2/desk") as answer:
                assert answer.status == 404
            async with session.get(f"{served.address}/lanes/lane-2") as answer:
                assert "to-desk" not in await answer.text()
            async with session.get(served.address) as answer:
                page = await answer.text()
                assert 'href="/lanes/lane-2"' in page
                assert "to-desk" not in page
    finally:
        await served.stop()
