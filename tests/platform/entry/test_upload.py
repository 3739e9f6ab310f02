"""Orders out of a file, through the pages: nothing is stored unseen, nothing by halves, nothing twice, nothing of another's."""

import asyncio
import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from aiohttp import FormData

from gateway.platform.orders.entry import upload_pages, uploads
from gateway.platform.orders.entry.columns import TEMPLATE
from gateway.platform.orders.entry.workbook import written
from tests.platform.conftest import Client
from tests.platform.entry.conftest import EVERGREEN, OTHERS
from tests.platform.entry.files import as_csv, row
from tests.platform.person import Person
from tests.platform.samples import order


async def send(
    person: Person, data: bytes, name: str = "orders.csv", token: str | None = None, origin: str = ""
) -> tuple[int, str, str]:
    """Chooses a file on the page; gives status, page and address of what comes of it, once it has been read."""
    await person.get("/orders/upload")
    form = FormData({"form_token": person.form_token if token is None else token})
    form.add_field("file", io.BytesIO(data), filename=name)
    headers = {"Origin": origin or person.address}
    async with person._session.post(
        person.address + "/orders/upload", data=form, headers=headers, cookies={"lang": "en"}
    ) as answer:
        status, page, path = answer.status, await answer.text(), answer.url.path
    while 'data-stage="reading"' in page:
        await asyncio.sleep(0)
        status, page = await person.get(path)
    return status, page, path


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


async def stored(depot: Client) -> list[str]:
    _, page = await depot.get("/api/orders", params={"limit": 1000})
    return [item["order"]["order_number"][-5:] for item in page["items"]]


async def test_a_good_file_is_seen_first_and_then_stored_whole(depot: Client, wang: Person) -> None:
    status, page, path = await send(wang, as_csv(row(place) for place in range(3)))
    assert (status, "Store all 3 orders" in page, await stored(depot)) == (200, True, [])
    _, page = await wang.post(path, action="all")
    assert "3 orders were stored." in words(page)
    assert await stored(depot) == ["50000", "50001", "50002"]


async def test_a_workbook_too(depot: Client, wang: Person) -> None:
    _, _, path = await send(wang, written(TEMPLATE), "orders.xlsx")
    await wang.post(path, action="all")
    assert await stored(depot) == ["50000"]


async def test_every_bad_line_is_named_and_the_good_ones_go_on_wish(depot: Client, wang: Person) -> None:
    rows = [row(0), row(1, vehicle__plate=""), row(2, vehicle__departure_time="soon"), row(3, container__number="TEMU9221354")]
    _, page, path = await send(wang, as_csv(rows))
    said = words(page)
    assert "3 Plate ■ This has to be filled in".replace("■ ", "") in said
    assert "4 Departure time A date and time like 2026-11-23 11:43" in said
    assert "5 Box number The check digit does not fit" in said  # apart, as odd: it is taken
    assert "Store all" not in page
    _, page = await wang.post(path, action="all")  # no button says it, and it does nothing
    assert (await stored(depot), "Store the 2 good orders only" in page) == ([], True)
    _, page = await wang.post(path, action="good")
    assert "2 orders were stored. 2 with mistakes were left out." in words(page)
    assert len(await stored(depot)) == 2


async def test_the_corrected_file_issues_only_what_was_not_there(depot: Client, wang: Person) -> None:
    _, _, path = await send(wang, as_csv([row(0), row(1, vehicle__plate="")]))
    await wang.post(path, action="good")
    _, _, path = await send(wang, as_csv([row(0), row(1)]))
    _, page = await wang.post(path, action="all")
    assert "1 orders were stored. 1 were there already" in words(page)
    assert await stored(depot) == ["50000", "50001"]


async def test_pressed_twice_at_once_it_is_stored_once(depot: Client, wang: Person) -> None:
    _, _, path = await send(wang, as_csv(row(place) for place in range(20)))
    await asyncio.gather(*(wang.post(path, action="all") for _ in range(4)))
    assert len(await stored(depot)) == 20


async def test_nothing_is_stored_by_halves_where_the_last_line_is_in_the_way(depot: Client, wang: Person) -> None:
    await depot.post("/api/orders", order())
    known = {"order_number": "BD11020459525700001", "message_id": "04595257202111230001", "office": "", "ban": ""}
    _, page, path = await send(wang, as_csv([row(0), row(1), row(2) | known]))
    assert "Store all 3 orders" in page
    _, page = await wang.post(path, action="all")
    assert "Nothing was stored: Line 4: This message was handed in before with other content" in words(page)
    assert await stored(depot) == ["00001"]


async def test_orders_that_bring_their_own_numbers_keep_them(depot: Client, wang: Person) -> None:
    own = {"order_number": f"BD1511{EVERGREEN}00007", "message_id": f"{EVERGREEN}202611230007", "office": ""}
    others = {"order_number": f"BD1511{OTHERS}00007", "message_id": f"{OTHERS}202611230007", "office": ""}
    _, page, path = await send(wang, as_csv([row(0) | own, row(1) | others, row(2, message_id=own["message_id"])]))
    assert words(page).count("A firm issues orders under its own business number only") == 2
    assert "4 Order number This has to be filled in" in words(page)
    await wang.post(path, action="good")
    assert await stored(depot) == ["00007"]


async def test_a_broken_file_of_100_000_lines_has_every_line_named_and_stores_nothing(depot: Client, wang: Person) -> None:
    _, page, path = await send(wang, as_csv(row(place, vehicle__departure_time="soon") for place in range(100_000)))
    assert "Orders with mistakes 100,000" in words(page)
    async with wang._session.get(f"{wang.address}{path}/problems.csv", cookies={"lang": "en"}) as answer:
        lines = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert [int(line[0]) for line in lines[1:]] == list(range(2, 100_002))
    assert {tuple(line[1:3]) for line in lines[1:]} == {("Departure time", "A date and time like 2026-11-23 11:43")}
    _, page = await wang.get(path + "?from=99800")
    assert "100001 Departure time" in words(page)
    await wang.post(path, action="good")
    assert await stored(depot) == []


async def test_more_orders_than_are_stored_at_once_are_refused(
    depot: Client, wang: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_pages, "MOST_ORDERS", 5)
    _, page, path = await send(wang, as_csv(row(place) for place in range(6)))
    assert "More than 5 orders" in page
    _, page = await wang.post(path, action="all")
    assert ("Nothing was stored: More than 5 orders" in words(page), await stored(depot)) == (True, [])


async def test_a_file_is_its_senders_and_ends_with_another_or_after_half_an_hour(
    wang: Person, zhao: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, first = await send(wang, as_csv([row()]))
    assert (await zhao.get(first))[0] == 404
    assert (await zhao.post(first, action="all"))[0] == 404
    _, _, second = await send(wang, as_csv([row()]))
    assert ((await wang.get(first))[0], (await wang.get(second))[0]) == (404, 200)
    monkeypatch.setattr(uploads, "HELD_FOR", timedelta(0))
    assert (await wang.get(second))[0] == 404


async def test_no_more_files_are_held_than_there_is_room_for(wang: Person, zhao: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_HELD", 1)
    await send(wang, as_csv([row()]))
    assert (await send(zhao, as_csv([row()])))[0] == 503
    assert (await send(wang, as_csv([row()])))[0] == 200  # in place of his own


async def test_only_this_sessions_own_page_sends_a_file(depot: Client, wang: Person) -> None:
    assert (await send(wang, as_csv([row()]), token="x"))[0] == 400
    assert (await send(wang, as_csv([row()]), token="€"))[0] == 400
    assert (await send(wang, as_csv([row()]), origin="https://evil.example"))[0] == 400
    for body, media in (
        (b"form_token=x", "application/x-www-form-urlencoded"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n', "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--", "multipart/form-data; boundary=x"),
    ):
        headers = {"Origin": wang.address, "Content-Type": media}
        async with wang._session.post(wang.address + "/orders/upload", data=body, headers=headers) as answer:
            assert answer.status == 400, (body, media)


async def test_a_file_beyond_the_limit_is_refused(wang: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_pages, "MOST_BYTES", 1000)
    assert (await send(wang, b"x" * 1001))[0] == 413
    assert (await send(wang, b"x" * 200_000))[0] == 413


async def test_hostile_text_of_a_file_is_shown_not_run(wang: Person) -> None:
    _, page, _ = await send(wang, b"<script>alert(1)</script>,plate\nA,B\n", name="<b>x</b>.csv")
    assert "<script>alert" not in page
    assert "No order has a column named: &lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_template_fits_and_comes_back_as_an_order(depot: Client, wang: Person, form: str) -> None:
    async with wang._session.get(f"{wang.address}/orders/upload/template.{form}") as answer:
        assert (answer.status, answer.headers["Content-Disposition"]) == (200, f'attachment; filename="orders.{form}"')
        data = await answer.read()
    _, page, _ = await send(wang, data, f"orders.{form}")
    assert "Store all 1 orders" in page
    assert (await wang.get("/orders/upload/template.exe"))[0] == 404
