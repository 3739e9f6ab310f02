"""Pages: both languages, safe headers, static files from this machine only, and every component in every state."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import Environment

from gateway.look import i18n, pages
from gateway.look.live import beat_event, swap_event
from gateway.look.marks import MARKS, Mark
from gateway.model.observation import VehicleSealHeard
from gateway.model.reasons import REASONS, Reason
from tests.look.seals import heard

ENVIRONMENT = pages.environment("gateway.look")
Client = TestClient[web.Request, web.Application]


def show(call: str, language: str = "zh_TW", **context: object) -> str:
    """A component as a page of this language shows it."""
    name = call.split("(", maxsplit=1)[0]
    template = ENVIRONMENT.from_string(f'{{% from "components.html" import {name} %}}{{{{ {call} }}}}')
    with i18n.speaking(language):
        return template.render(**context)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


async def _page(request: web.Request) -> web.Response:
    language = pages.language_of(request)
    html = pages.render(ENVIRONMENT, "base.html", language, language_links=pages.language_links(request))
    return web.Response(text=html, content_type="text/html")


async def _missing(_request: web.Request) -> web.Response:
    raise web.HTTPNotFound


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application(middlewares=[pages.secure_headers])
    pages.add_static(app)
    app.router.add_get("/", _page)
    app.router.add_get("/missing", _missing)
    async with TestClient(TestServer(app)) as made:
        yield made


@pytest.mark.parametrize("mark", list(Mark))
def test_a_state_is_shape_and_word_in_both_languages(mark: Mark) -> None:
    chinese, english = show("mark(m)", m=mark), show("mark(m)", "en", m=mark)
    assert words(english) == MARKS[mark].word
    assert words(chinese) == i18n.translations("zh_TW").gettext(MARKS[mark].word) != words(english)
    assert f"mark-{mark.lower()}" in english
    assert "<svg" in english


def test_every_state_has_another_shape_and_word() -> None:
    shapes = {re.sub(r"mark-\w+", "", show("mark_shape(m)", m=mark)) for mark in Mark}
    assert len(shapes) == len({text.symbol for text in MARKS.values()}) == len({text.word for text in MARKS.values()}) == len(Mark)


def test_an_outcome_that_nobody_knows_is_shown_as_not_live() -> None:
    assert words(show("mark('WAVED')")) == "連線中斷"


@pytest.mark.parametrize("code", list(REASONS))
def test_a_reason_says_what_to_do_first(code: Reason) -> None:
    shown = words(show("reason(c)", "en", c=code))
    assert shown == f"{REASONS[code].action} {REASONS[code].title} {code}"
    assert not re.search(r"[A-Za-z]{3,} [a-z]+", words(show("reason(c)", c=code)))


def test_a_reason_of_a_newer_gate_is_shown_by_its_code() -> None:
    assert "SOMETHING_NEW" in words(show("reason('SOMETHING_NEW')"))


@pytest.mark.parametrize(
    ("seal", "chinese"),
    [
        (heard(inserted=True, locked=True), "已插入 鎖死"),
        (heard(inserted=True, locked=False), "已插入 插入未鎖死"),
        (heard(inserted=False, locked=False), "未插入 未鎖死"),
        (heard(inserted=True, locked=True, cable_cut=True, low_battery=True), "已插入 鎖死 鋼纜遭剪斷 電量不足：7%"),
        (None, "未收到訊號"),
    ],
)
def test_plug_and_lock_are_two_states(seal: VehicleSealHeard | None, chinese: str) -> None:
    assert words(show("seal_state(s)", s=seal)) == chinese


def test_hostile_text_stays_text() -> None:
    nasty = "<script>alert(1)</script>"
    for call in ("container_number(t)", "plate(t)", "compare(t, 'x')", "reason(t)", "picture(t, caption=t)"):
        assert "<script" not in show(call, t=nasty)


@pytest.mark.parametrize("call", ["container_number(number)", "plate(number)", "compare(number, '1')"])
def test_what_turns_a_number_round_is_seen_in_it(call: str) -> None:
    """A gate, or its camera, may have been made to say it."""
    shown = show(call, number="AB\u202e12\x07")
    assert "\u202e" not in shown
    assert "\x07" not in shown
    assert "⟨U+202E⟩" in shown


def test_a_picture_carries_its_box_for_the_viewer() -> None:
    html = show("picture('ab', ((1, 2), (3, 4.25), (5, 6), (7, 8)), (1280, 720), '/p/', crop='cd')")
    assert 'href="/p/ab.jpg"' in html
    assert 'src="/p/cd.jpg"' in html
    assert 'data-box="1,2 3,4.2 5,6 7,8"' in html
    assert 'data-frame="1280,720"' in html


def test_a_room_adds_its_own_templates_to_the_looks() -> None:
    made = pages.environment("gateway.look")
    assert isinstance(made, Environment)
    assert {"base.html", "components.html"} <= set(made.list_templates())


async def test_chinese_first_english_by_one_touch_and_kept(client: Client) -> None:
    first = await (await client.get("/?order=7")).text()
    assert 'lang="zh-Hant-TW"' in first.split(">")[1]
    english = re.search(r'href="([^"]+)" lang="en"', first)
    assert english
    switched = await client.get(english[1].replace("&amp;", "&"))
    assert switched.url.query["order"] == "7"
    assert "Skip to content" in await switched.text()
    assert "Skip to content" in await (await client.get("/")).text()  # the cookie keeps it
    assert "跳至主要內容" in await (await client.get("/?lang=zh_TW")).text()


async def test_every_answer_forbids_what_is_inline_or_from_elsewhere(client: Client) -> None:
    for path in ("/", "/missing", "/look/look.css"):
        policy = (await client.get(path)).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy


async def test_stylesheet_script_fonts_and_icon_are_served_here(client: Client) -> None:
    css = await (await client.get("/look/look.css")).text()
    fonts = re.findall(r'url\("(/look/fonts/[^"]+)"\)', css)
    assert len(fonts) == 2
    for path in (*fonts, "/look/look.js", "/look/mark.svg", "/look/fonts/jetbrains-mono-OFL.txt"):
        response = await client.get(path)
        assert response.status == 200, path
    assert not re.search(r"https?:", css)
    assert (await client.get("/look/../i18n.py")).status == 404


def test_events_keep_html_on_one_line() -> None:
    event = swap_event("a", "<p>一\n二</p>")
    assert event == 'event: swap\ndata: {"id": "a", "html": "<p>一\\n二</p>"}\n\n'.encode()
    assert beat_event("night", "1").count(b"\n") == 3
