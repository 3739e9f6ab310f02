"""Files of lines: looked at before anything is stored, every bad line named, all or the good ones, and out again the same."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData
from hypothesis import given
from hypothesis import strategies as st

from gateway.platform.accounts.roles import Role
from gateway.platform.registry.import_file import ImportFileError, bared, columns, csv_lines, csv_rows, harmless, read_rows
from gateway.platform.registry.kinds import KINDS
from gateway.platform.settings import PlatformSettings
from tests.platform.conftest import Client, Running
from tests.platform.person import Person, add_account

OURS = "04595257"
GOOD = "licence,name,firm,passes.0.technology,passes.0.uid\nA1,王大明,04595257,uhf,e1\nB2,李小龍,04595257,,\n"
WITH_BAD = GOOD + "C3,,12,uhf,\nA1,again,04595257,,\nD4,林小華,22099131,uhf,E1\n"
HERE = "/registers/driver/+import"


@pytest.fixture
async def platform(run_platform: Running, settings: PlatformSettings) -> AsyncIterator[Client]:
    await add_account(settings.data_dir, "chen", Role.ADMINISTRATOR, database_url=settings.database_url)
    await add_account(settings.data_dir, "ours", Role.FIRM_MANAGER, firm=OURS, database_url=settings.database_url)
    async with run_platform() as client:
        yield client


async def keeper(platform: Client, login: str) -> Person:
    person = Person(platform.address)
    await person.sign_in(login, go_to=HERE)
    await person.get(HERE)
    return person


@pytest.fixture
async def chen(platform: Client) -> AsyncIterator[Person]:
    async with await keeper(platform, "chen") as person:
        yield person


async def send(person: Person, file: bytes, token: str | None = None, origin: str = "") -> tuple[int, str]:
    form = FormData()
    form.add_field("form_token", person.form_token if token is None else token)
    form.add_field("file", file, filename="drivers.csv", content_type="text/csv")
    headers = {"Origin": origin or person.address}
    async with person._session.post(person.address + HERE, data=form, headers=headers, cookies={"lang": "en"}) as answer:
        return answer.status, await answer.text()


def staged_of(page: str) -> str:
    found = re.search(r'name="staged" value="(\w+)"', page)
    assert found
    return found[1]


def wrong_lines(page: str) -> list[tuple[int, str]]:
    return [
        (int(line), field) for line, field in re.findall(r"<tr><td>(\d+)</td><td>.*?<code class=\"small\">([^<]+)</code>", page)
    ]


async def stored(platform: Client, kind: str = "driver") -> list[str]:
    _, page = await platform.get(f"/api/registers/{kind}?limit=1000")
    return [one["entry"][KINDS[kind].key] for one in page["items"]]


async def test_a_good_file_is_looked_at_and_then_taken_whole(platform: Client, chen: Person) -> None:
    status, page = await send(chen, GOOD.encode("utf-8-sig"))
    assert (status, wrong_lines(page), await stored(platform)) == (200, [], [])
    assert "<dt>New entries</dt><dd>2</dd>" in page
    status, page = await chen.post(HERE, staged=staged_of(page), action="all")
    assert (status, await stored(platform)) == (200, ["A1", "B2"])
    assert [item["entry"]["holder"] for item in (await platform.get("/api/feed"))[1]["items"]] == ["王大明"]
    _, page = await send(chen, GOOD.encode())
    assert "<dt>As they were</dt><dd>2</dd>" in page


async def test_every_bad_line_is_named_with_its_field_and_all_means_all(platform: Client, chen: Person) -> None:
    _, page = await send(chen, WITH_BAD.encode("cp950"))
    assert wrong_lines(page) == [(4, "name"), (4, "firm"), (4, "passes.0.uid"), (5, "licence"), (6, "passes.0.uid")]
    assert 'value="all"' not in page
    await chen.post(HERE, staged=staged_of(page), action="all")
    assert await stored(platform) == []
    await chen.post(HERE, staged=staged_of(page), action="good")
    assert await stored(platform) == ["A1", "B2"]


async def test_a_file_that_was_good_when_looked_at_and_is_not_any_more_stores_nothing(platform: Client, chen: Person) -> None:
    _, page = await send(chen, GOOD.encode())
    taken = {"licence": "Z9", "name": "z", "firm": OURS, "passes": [{"technology": "uhf", "uid": "e1"}]}
    await platform.send("PUT", "/api/registers/driver/Z9", json=taken)
    _, page = await chen.post(HERE, staged=staged_of(page), action="all")
    assert wrong_lines(page) == [(2, "passes.0.uid")]
    assert await stored(platform) == ["Z9"]


async def test_a_firms_file_brings_its_own_lines_only(platform: Client) -> None:
    async with await keeper(platform, "ours") as ours:
        _, page = await send(ours, b"licence,name,firm\nA1,x,04595257\nB2,y,22099131\n")
        assert wrong_lines(page) == [(3, "firm")]
        await ours.post(HERE, staged=staged_of(page), action="good")
        assert await stored(platform) == ["A1"]


async def test_another_persons_file_is_none(platform: Client, chen: Person) -> None:
    _, page = await send(chen, GOOD.encode())
    async with await keeper(platform, "ours") as ours:
        status, other = await ours.post(HERE, staged=staged_of(page), action="all")
    assert (status, "no longer here" in other, await stored(platform)) == (422, True, [])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "first line has to name"),
        (b"licence,licence\nA1,B2\n", "first line has to name"),
        (b"licence,password\nA1,B2\n", "first line has to name"),
        (b'licence,name,firm\nA1,"x,04595257\nB2,y,04595257\n', "Line 3: From this line on"),
        (b"\x00" * 100, "no file of text"),
        (b"PK\x03\x04\xff\xfe\xff", "no text in UTF-8 or Big5"),
        (b"licence\n" + b"x" * 200_000, "Line 2: From this line on"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(platform: Client, chen: Person, file: bytes, words: str) -> None:
    status, page = await send(chen, file)
    assert (status, words in html.unescape(page)) == (422, True)
    assert list(await stored(platform)) == []


async def test_files_are_taken_from_the_sessions_own_pages_only(platform: Client, chen: Person, data_dir: Path) -> None:
    assert (await send(chen, GOOD.encode(), token="no"))[0] == 400
    assert (await send(chen, GOOD.encode(), origin="https://evil.example"))[0] == 400
    headers = {"Origin": chen.address, "Content-Type": "multipart/form-data"}
    async with chen._session.post(chen.address + HERE, data=b"x", headers=headers) as answer:
        assert answer.status == 400
    assert list((data_dir / "imports").iterdir()) == []


async def test_what_goes_out_comes_in_again_and_no_cell_is_a_formula(platform: Client, chen: Person) -> None:
    for kind, one in KINDS.items():
        entry = one.example | ({"address": "=cmd|' /C calc'!A0", "contact": "'+x"} if kind == "firm" else {})
        await platform.send("PUT", f"/api/registers/{kind}/{entry[one.key]}", json=entry)
        async with chen._session.get(f"{chen.address}/registers/{kind}/+export.csv") as answer:
            file = await answer.read()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
        for row in csv.reader(io.StringIO(file.decode("utf-8-sig"))):
            assert not any(cell.startswith(("=", "+", "@")) for cell in row)
        path = HERE.replace("driver", kind)
        form = FormData()
        form.add_field("form_token", chen.form_token)
        form.add_field("file", file, filename="x.csv")
        async with chen._session.post(chen.address + path, data=form, headers={"Origin": chen.address}) as answer:
            page = await answer.text()
        assert "<dd>1</dd><dt>" in page
        assert 'name="staged"' in page
        assert re.findall(r"<dd>(\d+)</dd>", page)[:3] == ["0", "0", "1"], kind  # nothing new, nothing changed, one as it was


async def test_a_firm_takes_out_its_own_entries_only(platform: Client) -> None:
    for licence, firm in (("A1", OURS), ("B2", "22099131")):
        entry = {"licence": licence, "name": "x", "firm": firm}
        await platform.send("PUT", f"/api/registers/driver/{licence}", json=entry)
    async with await keeper(platform, "ours") as ours:
        _, file = await ours.get("/registers/driver/+export.csv")
    assert [row[0] for row in csv.reader(io.StringIO(file))][1:] == ["A1"]


@given(st.text(max_size=20))
def test_a_cell_is_the_same_after_it_was_made_harmless(cell: str) -> None:
    assert bared(harmless(cell)) == cell or cell.startswith("'")


def test_no_line_too_many(tmp_path: Path) -> None:
    kind = KINDS["place"]
    (tmp_path / "x.csv").write_text("place,name,kind\n" + "".join(f"P{n},x,depot\n" for n in range(2001)))
    with pytest.raises(ImportFileError) as refused:
        read_rows(kind, csv_rows(tmp_path / "x.csv", columns(kind)))
    assert refused.value.line == 2002
    assert csv_lines(kind, []) == ""
