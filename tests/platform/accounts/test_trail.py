"""The audit trail as its readers have it: filtered, paged, as a file."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.platform.accounts import store
from gateway.platform.accounts.roles import RIGHTS, Right, Role
from gateway.platform.accounts.store import Act
from gateway.platform.database import Database
from tests.platform.accounts.conftest import Office
from tests.platform.person import Person

FIRST = datetime(2026, 11, 1, 16, 0, tzinfo=UTC)  # midnight in Taipei, of the 2nd


@pytest.fixture
async def root(keepers: Office) -> AsyncIterator[Person]:
    """An administrator; and 250 acts, one a minute, before anything else."""
    database = Database(keepers.settings.url)
    await database.open()
    acts = [Act(FIRST + timedelta(minutes=n), f"ada Ada{n % 2}", "took a case", f"g-{n} 100%_") for n in range(250)]
    hostile = Act(FIRST - timedelta(days=9), '=HYPERLINK("http://evil.example")', "<script>", '+1,"2"\u202e\n')
    await database.write(lambda connection: store.note(connection, hostile, *acts))
    await database.close()
    async with keepers.person() as person:
        await person.sign_in("root", go_to="/trail")
        yield person


def about(page: str) -> list[str]:
    return re.findall(r'class="about">g-(\d+) ', page)


async def test_the_trail_goes_back_page_by_page(root: Person) -> None:
    seen: list[str] = []
    path = "/trail?what=took"
    while path:
        _, page = await root.get(path)
        seen += about(page)
        older = re.search(r'href="(/trail\?[^"]*before=\d+)">Earlier', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == [str(n) for n in reversed(range(250))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("who=ADA1&what=G-24", {"241", "243", "245", "247", "249"}),
        ("who=ADA0&what=g-7&since=2026-11-02&until=2026-11-02", {"70", "72", "74", "76", "78"}),
        ("until=2026-11-01&who=ada", set()),
        ("since=2026-11-03&who=ada", set()),
        ("what=g-1__%25", set()),  # what databases take for any character is itself here
        ("who=root&what=g-", set()),
    ],
)
async def test_the_trail_is_filtered_by_who_what_and_day(root: Person, query: str, found: set[str]) -> None:
    _, page = await root.get(f"/trail?{query}")
    assert set(about(page)) == found


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-13-01", "since=0001-01-01", "until=9999-12-31", "before=-1"])
async def test_what_is_no_day_is_refused(root: Person, query: str) -> None:
    for path in ("/trail", "/trail.csv"):
        if not (query.startswith("before") and path.endswith("csv")):
            assert (await root.get(f"{path}?{query}"))[0] == 400


async def test_the_file_has_every_act_and_no_formula_and_says_that_it_was_taken(root: Person) -> None:
    async with root._session.get(root.address + "/trail.csv?until=2026-11-20") as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        text = (await answer.read()).decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text, newline="")))
    assert head == ["time", "who", "act", "about"]
    assert len(rows) == 251
    assert rows[0] == ["2026-11-01T20:09:00.000000Z", "ada Ada1", "took a case", "g-249 100%_"]
    assert rows[-1][1:] == ['\'=HYPERLINK("http://evil.example")', "<script>", '\'+1,"2"\u202e\n']
    _, page = await root.get("/trail?what=exported")
    assert "until=2026-11-20" in page


async def test_hostile_text_is_seen_for_what_it_is(root: Person) -> None:
    _, page = await root.get("/trail?until=2026-10-30")
    assert "&lt;script&gt;" in page
    assert "⟨U+202E⟩␊" in page
    assert "<script>" not in page.replace("<script src", "")


async def test_what_people_do_is_told_in_the_readers_language(root: Person) -> None:
    async with root._session.get(root.address + "/trail?what=signed", cookies={"lang": "zh_TW"}) as answer:
        page = await answer.text()
    assert "<span>登入</span>" in page


def test_only_an_administrator_reads_the_trail() -> None:
    assert [role for role in Role if Right.READ_TRAIL in RIGHTS[role]] == [Role.ADMINISTRATOR]
