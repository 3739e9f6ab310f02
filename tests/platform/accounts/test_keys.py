"""Keys of programs: what they open, for whom, how often, how long; and what of them is left behind."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli import main
from gateway.platform.accounts.rates import Rates
from gateway.platform.accounts.roles import Right, Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.accounts.keys import make_key
from tests.platform.person import Person, add_account
from tests.platform.samples import order

A = "04595257"


class StillClock:
    """Time stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 3, 43, 50, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Place:
    def __init__(self, data_dir: Path, address: str, clock: StillClock, boss: Person) -> None:
        self.data_dir, self.address, self.clock, self.boss = data_dir, address, clock, boss

    async def ask(self, key: str, path: str = "/api/orders", **sent: object) -> tuple[int, dict[str, str], str]:
        method = "POST" if sent else "GET"
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            ClientSession(headers=headers) as program,
            program.request(method, self.address + path, json=sent.get("json")) as answer,
        ):
            return answer.status, dict(answer.headers), await answer.text()

    async def command(self, *arguments: str) -> Result:
        command = ["platform", *arguments, "--data", str(self.data_dir)]
        return await asyncio.to_thread(CliRunner().invoke, main, command)


@pytest.fixture
async def place(data_dir: Path) -> AsyncIterator[Place]:
    await add_account(data_dir, "boss", Role.FIRM_MANAGER, name="張三豐", firm=A)
    clock = StillClock()
    settings = PlatformSettings(data_dir=data_dir, port=0, firm_requests_per_minute=10)
    async with running(settings, clock) as address, Person(address) as boss:
        await boss.sign_in("boss")
        yield Place(data_dir, address, clock, boss)


async def test_a_key_opens_what_it_is_good_for_and_nothing_else(place: Place) -> None:
    reads = await make_key(place.boss, Right.READ)
    assert (await place.ask(reads))[0] == 200
    assert (await place.ask(reads, json=order()))[0] == 403
    assert (await place.ask(reads, "/metrics"))[0] == 403  # right, but nothing of a firm's
    sends = await make_key(place.boss, Right.SEND_ORDERS)
    assert (await place.ask(sends, json=order()))[0] == 201
    assert (await place.ask(sends))[0] == 403


async def test_a_key_that_was_tampered_with_opens_nothing_not_even_on_a_platform_without_a_token(place: Place) -> None:
    key = await make_key(place.boss, Right.READ)
    prefix, key_id, secret = key.split("_")
    last = "0" if secret[-1] != "0" else "1"
    wrong = [
        f"{prefix}_{key_id}_{secret[:-1]}{last}",
        f"{prefix}_{'0' * 12}_{secret}",
        f"{prefix}_{key_id}_{'0' * 64}",
        f"{prefix}_{key_id}_",
        f"{prefix}_{key_id}_{secret}\u00e9",
        key.upper().replace("GWK", "gwk"),
        "gwk_" + "x" * 4000,
    ]
    for one in wrong:
        assert (await place.ask(one))[0] == 401, one
    assert (await place.ask(key))[0] == 200


async def test_a_key_ends_at_the_next_request_when_it_is_revoked_or_its_time_is_over(place: Place) -> None:
    first, second = await make_key(place.boss, Right.READ, days=30), await make_key(place.boss, Right.READ, days=90)
    status, page = await place.boss.post(f"/keys/{first.split('_')[1]}")
    assert (status, page.count("revoked")) == (200, 1)
    assert (await place.ask(first))[0] == 401
    assert (await place.ask(second))[0] == 200
    place.clock.now += timedelta(days=90)
    assert (await place.ask(second))[0] == 401


async def test_who_asks_too_often_is_told_for_how_long_to_wait(place: Place) -> None:
    key = await make_key(place.boss, Right.READ, per_minute=4)
    assert [(await place.ask(key))[0] for _ in range(5)] == [200, 200, 200, 200, 429]
    status, headers, body = await place.ask(key)
    assert (status, headers["Retry-After"], headers["Content-Type"].split(";")[0]) == (429, "15", "application/problem+json")
    assert '"status":429' in body
    place.clock.now += timedelta(seconds=15)
    assert [(await place.ask(key))[0] for _ in range(2)] == [200, 429]


async def test_all_keys_of_a_firm_share_what_the_firm_has(place: Place) -> None:
    keys = [await make_key(place.boss, Right.READ, per_minute=8) for _ in range(2)]
    answers = [(await place.ask(key))[0] for key in keys for _ in range(6)]
    assert answers == [200] * 10 + [429] * 2  # 10 a minute, set for this test
    wrong = await place.ask("gwk_" + "0" * 12 + "_" + "0" * 64)
    assert wrong[0] == 401  # who has no key takes nothing from who has


async def test_a_key_is_nowhere_but_with_its_program(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    key = await make_key(place.boss, Right.READ, name="<b>TMS\u202e")
    await place.ask(key)
    _, page = await place.boss.get("/keys")
    secret = key.split("_")[2]
    assert secret not in page
    assert "&lt;b&gt;TMS⟨U+202E⟩" in page
    assert "2026-11-23 11:43:50" in page  # last used
    with sqlite3.connect(place.data_dir / "platform.sqlite") as database:
        assert secret not in "\n".join(database.iterdump())
    database.close()
    trail = (await place.command("account", "trail")).output
    assert f"made a key  {key.split('_')[1]} <b>TMS\u202e of {A}: read" in trail
    assert secret not in trail + caplog.text


async def test_keys_are_made_listed_and_revoked_on_the_command_line(place: Place) -> None:
    made = await place.command("key", "add", "TMS", "--firm", A, "--scope", "read", "--per-minute", "5")
    found = re.search(r"shown this once: (gwk_\S+)", made.output)
    assert found is not None, made.output
    assert (await place.ask(found[1], "/api/orders"))[0] == 200
    assert "good" in (await place.command("key", "list")).output
    assert (await place.command("key", "revoke", found[1].split("_")[1])).exit_code == 0
    assert (await place.ask(found[1]))[0] == 401
    assert "revoked" in (await place.command("key", "list")).output
    assert (await place.command("key", "revoke", "nothing")).exit_code == 1
    refused = await place.command("key", "add", "TMS", "--firm", A, "--scope", "instruct")
    assert (refused.exit_code, "no program may instruct" in refused.output) == (1, True)
    assert (await place.command("key", "add", "TMS", "--scope", "decide")).exit_code == 2
    customs = re.search(r"gwk_\S+", (await place.command("key", "add", "statistics", "--scope", "read")).output)
    assert customs is not None
    assert (await place.ask(customs[0], "/metrics"))[0] == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"days": "0"},
        {"days": "1000"},
        {"per_minute": "-1"},
        {"per_minute": "9" * 20},
        {"scope_read": ""},
        {"scope_decide": "1"},
        {"scope_keep_accounts": "1"},
        {"scope_instruct": "1"},
    ],
)
async def test_what_is_wrong_with_a_new_key_is_named_and_none_is_made(place: Place, wrong: dict[str, str]) -> None:
    await place.boss.get("/keys")
    typed = {"name": "TMS", "days": "365", "per_minute": "120", "scope_read": "1"} | wrong
    status, page = await place.boss.post("/keys", **typed)
    assert (status, 'id="problems"' in page) == (422, True)
    assert "There is no key yet." in (await place.boss.get("/keys"))[1]


async def test_a_firm_has_fifty_good_keys_at_most(place: Place) -> None:
    for _ in range(50):
        await make_key(place.boss, Right.READ)
    status, page = await place.boss.post("/keys", name="TMS", days="30", per_minute="1", scope_read="1")
    assert (status, "revoke one first" in page) == (422, True)


@given(
    per_minute=st.integers(1, 600),
    steps=st.lists(st.floats(-5, 90, allow_nan=False), min_size=1, max_size=200),
)
def test_no_bucket_ever_gives_more_than_its_minute_and_what_time_brings(per_minute: int, steps: list[float]) -> None:
    clock = StillClock()
    rates, taken, passed_s = Rates(clock), 0, 0.0
    for step in steps:
        clock.now += timedelta(seconds=step)
        passed_s += max(0.0, step)
        wait_s = rates.take([("key", per_minute)])
        taken += wait_s == 0.0
        assert 0.0 <= wait_s <= 60 / per_minute
        assert taken <= per_minute + passed_s * per_minute / 60 + 1e-3
