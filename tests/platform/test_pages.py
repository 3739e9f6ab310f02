"""The pages: what a person sees of passages and orders, in both languages, whatever outsiders wrote into them."""

import re
from html import unescape

import pytest

from gateway.model.verdict import Subject
from tests.platform.conftest import Client, Running
from tests.platform.samples import Json, confirmation, jpeg, order, sha256, verdict

NUMBER = "BD11020459525700001"
HOSTILE = "<b>x</b>\x00\u202e\x1b"
HOSTILE_NAME = HOSTILE.replace("\x00", "")  # what a record is found by or shown with is refused with a NUL


def words(html: str) -> str:
    """The page's text without its tags, white space run together."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def run_together(html: str) -> str:
    """The text with no white space at all: numbers are written in groups."""
    return words(html).replace(" ", "")


def referred() -> Json:
    made = confirmation(pictures=(jpeg(),))
    made["verdict"]["checks"][0] |= {"expected": "TEMU9221353", "seen": "TEMU9221858", "result": "differs", "reason": "BOX_DIFFERS"}
    made["vehicle_seals"] = [
        {
            "device": "ble-1",
            "at": made["opened_at"],
            "number": "VS00001234",
            "rssi": -60,
            "inserted": True,
            "locked": False,
            "battery_percent": 80,
            "counter": 7,
        }
    ]
    return made


async def test_the_list_shows_passages_newest_first(platform: Client) -> None:
    for sequence, minute in ((1, 41), (2, 59), (3, 40)):  # the third was decided first: its gate had been cut off
        when = f"2026-11-23T16:{minute}:00Z"
        await platform.confirm(confirmation(sequence=sequence, decided_at=when, verdict=verdict("PASS", [NUMBER])))
    status, html = await platform.page("/")
    assert status == 200
    assert re.findall(r'class="verdict-link" href="/passages/ct4-116/(\d)"', html) == ["2", "1", "3"]
    text = run_together(html)
    assert "2026-11-2400:59:00" in text  # Taipei
    assert "放行" in text
    assert "TEMU9221353" in text
    assert NUMBER in text
    assert '<html lang="zh-Hant-TW"' in html
    _, english = await platform.page("/", "en")
    assert "Confirmed passages" in english
    assert '<html lang="en"' in english


async def test_the_list_goes_on_over_pages_and_loses_nobody(platform: Client) -> None:
    for sequence in range(1, 61):
        await platform.confirm(confirmation(sequence=sequence))  # all decided at the same moment
    seen: list[str] = []
    path = "/"
    while path:
        _, html = await platform.page(path)
        seen += re.findall(r'class="verdict-link" href="/passages/ct4-116/(\d+)"', html)
        onward = re.search(r'class="button" href="(/\?before=[^"]+)"', html)
        path = unescape(onward[1]) if onward else ""
    assert seen == [str(sequence) for sequence in range(60, 0, -1)]
    assert (await platform.page("/?before=yesterday"))[0] == 400


async def test_a_passage_shows_its_evidence_as_it_comes(platform: Client) -> None:
    await platform.confirm(referred())
    _, html = await platform.page("/passages/ct4-116/1", "en")
    assert "Picture not here yet" in html
    assert "Still on their way from the gate: 1" in html
    await platform.picture(sha256(jpeg()), jpeg())
    _, html = await platform.page("/passages/ct4-116/1", "en")
    assert "Picture not here yet" not in html
    assert f'href="/passages/ct4-116/1/pictures/{sha256(jpeg())}.jpg"' in html
    assert 'data-frame="64,48"' in html
    assert re.search(r'data-box="120(\.0)?,80(\.0)? ', html)
    text = words(html)
    for expected in ("Refer", "PLATE_UNREAD", "Read the tractor", "Inserted, not locked", "certain", "Expected", "KLA-1234"):
        assert expected in text
    assert len(re.findall(r'<mark class="differs">8</mark>', html)) == 2  # 353 in the order, 858 on the doors
    _, chinese = await platform.page("/passages/ct4-116/1")
    for expected in ("轉人工", "插入未鎖死", "應為"):
        assert expected in chinese


def sealed() -> Json:
    """A passage that left by the lane's verdict, with the confirmation of sealing that a gate makes of it."""
    made = confirmation(pictures=(jpeg(),), verdict=verdict("PASS", [NUMBER]))
    heard = {"proof": "vehicle_seal", "device": "ble-1", "at": made["opened_at"], "counter": 7, "battery_percent": 80}
    made["sealing"] = {
        "confirmed_by": "out-1",
        "gate": "ct4-116",
        "place": "四櫃中心 116 號碼頭 出站 1",
        "at": made["decided_at"],
        "orders": [
            {
                "order_number": NUMBER,
                "container": "TEMU9221353",
                "size_type": "45G1",
                "plate": "KLA1234",
                "driver": HOSTILE,
                "origin": "017A1150",
                "destination": "KELW230W",
                "seals": [{"kind": "8", "number": "VS00001234", **heard}, {"kind": "3", "number": "L77", "proof": "none"}],
            }
        ],
        "pictures": [{"role": "seal", "sha256": sha256(jpeg()), "device": "rear", "at": made["opened_at"]}],
    }
    return made


async def test_the_confirmation_of_sealing_is_shown_with_its_proofs_and_pictures(platform: Client) -> None:
    await platform.confirm(sealed())
    await platform.confirm(sealed())  # stored once
    _, html = await platform.page("/passages/ct4-116/1", "en")
    section = html[html.index('id="sealing"') :].split("</section>")[0]
    text = words(section)
    for expected in (
        "Confirmed by lane out-1",
        "heard by radio, inserted and locked",
        "lead seal",
        "not proven by a device",
        "seal area",
    ):
        assert expected in text
    assert "TEMU9221353" in run_together(section)
    assert "Picture not here yet" in text
    assert "<b>" not in section
    await platform.picture(sha256(jpeg()), jpeg())
    _, chinese = await platform.page("/passages/ct4-116/1")
    section = chinese[chinese.index('id="sealing"') :].split("</section>")[0]
    assert f'href="/passages/ct4-116/1/pictures/{sha256(jpeg())}.jpg"' in section
    for expected in ("加封確認", "由車道 out-1 確認", "無線訊號證實已插入並鎖死", "封條部位", "民國"):
        assert expected in words(section)


async def test_the_person_who_let_a_sealed_box_out_stands_on_its_confirmation(platform: Client) -> None:
    made = sealed()
    made["sealing"]["person"] = HOSTILE + "A017 陳美玲"
    await platform.confirm(made)
    for language, said in (("en", "A017 陳美玲 at lane out-1"), ("zh_TW", "於車道 out-1 確認")):
        _, html = await platform.page("/passages/ct4-116/1", language)
        section = html[html.index('id="sealing"') :].split("</section>")[0]
        assert said in words(section)
        assert "<b>" not in section


async def test_a_passage_without_a_confirmation_of_sealing_shows_none(platform: Client) -> None:
    await platform.confirm(referred())
    _, html = await platform.page("/passages/ct4-116/1", "en")
    assert 'id="sealing"' not in html


async def test_only_numbers_are_held_against_each_other_character_by_character(platform: Client) -> None:
    made = confirmation()
    ok = {"source": "", "result": "ok"}
    made["verdict"]["checks"] = [
        ok | {"subject": "order", "expected": NUMBER, "seen": "container, plate"},
        ok | {"subject": "required_seals", "expected": "any seal", "seen": "passive e-seal"},
        ok | {"subject": "plate", "expected": "KLA1234", "seen": "KLA1284"},
    ]
    await platform.confirm(made)
    _, html = await platform.page("/passages/ct4-116/1", "en")
    checks = html.partition('class="rows checks"')[2].partition("</table>")[0]
    assert re.findall(r'<mark class="differs">(.)</mark>', checks) == ["3", "8"]
    assert "KLA-12 3 4" in words(checks)  # with its hyphen, as on the plate
    assert "Any seal" in words(checks)
    _, html = await platform.page("/passages/ct4-116/1", "zh_TW")
    assert "by box number" not in html
    assert "any seal" not in html  # a check's own words are said in the reader's language


async def test_every_kind_of_check_is_shown_a_clock_that_was_off_among_them(platform: Client) -> None:
    made = confirmation()
    sort = {"expected": "", "seen": "", "source": "", "result": "noted"}
    made["verdict"]["checks"] = [sort | {"subject": subject} for subject in Subject if subject is not Subject.CLOCK]
    made["verdict"]["checks"].append(sort | {"subject": "clock", "seen": "NTP -3.2 s", "source": "clock"})
    await platform.confirm(made)
    status, html = await platform.page("/passages/ct4-116/1", "en")
    assert status == 200
    assert "Clock" in words(html)
    assert "NTP -3.2 s" in words(html)


async def test_an_order_shows_every_field_with_its_codes_in_words(platform: Client) -> None:
    cargo = {
        "quantity": "120",
        "voyage": "0123-045W",
        "vessel_name": "EVER GIVEN",
        "release_conditions": 58,
        "customs_number": "02XABC",
    }
    await platform.post("/api/orders", order(cargo=[cargo], operation_kind="Q"))
    await platform.confirm(confirmation(sequence=1, verdict=verdict("STOP", [NUMBER])))
    await platform.confirm(confirmation(sequence=2, verdict=verdict("PASS", [NUMBER])))
    _, html = await platform.page(f"/orders/{NUMBER}")
    text = words(html)
    for expected in ("王大明", "A123456789", "2026-11-23 11:43:46", "民國 115", "CY重櫃", "保稅聯結車", "車機封條", "WLS8854668"):
        assert expected in text
    for expected in ("EVER GIVEN", "0123-045W", "02XABC", "58", "未知代碼", "攔停", "放行", "KELW230W", "長榮國際儲運"):
        assert expected in text
    _, english = await platform.page(f"/orders/{NUMBER.lower()}", "en")
    for expected in ("bonded tractor", "unknown code", "Stop", "Pass"):
        assert expected in words(english)


async def test_orders_are_listed_and_searched(platform: Client) -> None:
    await platform.post("/api/orders", order())
    for path, found in (("/orders", True), ("/orders?q=KLA", True), ("/orders?q=%3Cscript%3E%22%00", False)):
        status, html = await platform.page(path)
        assert (status, NUMBER in html) == (200, found)
        assert "<script>" not in html
    assert (await platform.page("/orders?after=x"))[0] == 400


@pytest.mark.parametrize("language", ["zh_TW", "en"])
async def test_hostile_text_is_shown_harmlessly(platform: Client, language: str) -> None:
    hostile_order = order()
    hostile_order["vehicle"] |= {"driver": HOSTILE + "王", "plate": "<I>", "haulier_name": HOSTILE + "h"}
    assert (await platform.post("/api/orders", hostile_order))[0] == 201
    record = referred() | {"lane_title": HOSTILE_NAME * 1000, "passage_id": HOSTILE_NAME}
    record["verdict"]["checks"][0] |= {"seen": HOSTILE * 5000, "expected": HOSTILE, "source": HOSTILE}
    record["verdict"]["orders"] = [NUMBER, "../../x?a=<b>"]
    record["answer"]["containers"][0] |= {"number": "<b>x</b>", "size_type": HOSTILE}
    sight = {
        "device": HOSTILE,
        "picture": "../../../etc/passwd",
        "crop": "javascript:alert(1)",
        "box": [[0, 0], [1, 0], [1, 1], [0, 1]],
    }
    record["answer"]["containers"][0]["sights"] = [sight]
    record["vehicle_seals"][0]["number"] = HOSTILE
    assert (await platform.confirm(record))[0] == 201
    for path in ("/", "/passages/ct4-116/1", "/orders", f"/orders/{NUMBER}"):
        status, html = await platform.page(path, language)
        assert status == 200
        assert "<b>" not in html
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", html)
        assert "passwd" not in html
        assert "javascript:" not in html
        assert len(html) < 60_000
        if "orders" in path:
            assert "⟨U+202E⟩" in html
            assert "␀" in html
    assert (await platform.page("/orders/..%2F..%2Fx%3Fa=%3Cb%3E", language))[0] == 404


@pytest.mark.parametrize(
    "path", ["/nothing", "/passages/ct4-116/1", "/passages/x/y", "/orders/NONE", "/orders/%00", "/pictures/x.jpg", "/look/../x"]
)
async def test_what_is_not_there_gets_a_page_with_a_way_back(platform: Client, path: str) -> None:
    status, html = await platform.page(path)
    assert status == 404
    assert 'href="/orders"' in html
    assert "查無資料" in html


async def test_language_is_changed_by_one_touch_and_kept(platform: Client) -> None:
    _, html = await platform.page("/orders?q=a")
    link = re.search(r'href="([^"]*)" lang="en"', html)
    assert link
    async with platform.session.get(platform.address + unescape(link[1])) as answer:
        assert "Transport orders" in await answer.text()
        kept = answer.cookies["lang"].value
    _, html = await platform.page("/", kept)
    assert "Confirmed passages" in html


async def test_nothing_on_a_page_is_inline_or_from_elsewhere(platform: Client) -> None:
    await platform.confirm(referred())
    for path in ("/", "/passages/ct4-116/1", "/orders", "/nothing"):
        async with platform.session.get(platform.address + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            html = await answer.text()
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", html)
        for asset in re.findall(r'(?:src|href)="(/(?:look|platform)/[^"]+)"', html):
            async with platform.session.get(platform.address + unescape(asset)) as answer:
                assert answer.status == 200, asset


async def test_pages_outlive_a_restart(run_platform: Running) -> None:
    async with run_platform() as platform:
        await platform.confirm(referred())
    async with run_platform() as platform:
        assert (await platform.page("/passages/ct4-116/1"))[0] == 200
