"""Signing in over HTTP: who gets in, who does not, and what a lock, a closed account and a used code do."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.platform.accounts import second_factor
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.accounts.conftest import KEY, Office
from tests.platform.person import PASSWORD, Person

pytestmark = pytest.mark.both_databases


async def test_a_password_gets_in_and_out_again(office: Office) -> None:
    async with office.person() as chen:
        status, page = await chen.get("/desk")
        assert "Sign in" in page  # led there
        status, page = await chen.sign_in("Chen")
        assert (status, "No vehicle waits" in page, "陳小明" in page) == (200, True, True)
        await chen.post("/sign-out")
        _, page = await chen.get("/desk")
        assert "<h1>Sign in</h1>" in page


async def test_whoever_signed_out_cannot_go_on_with_the_cookie(office: Office) -> None:
    async with office.person() as chen, office.person() as thief:
        await chen.sign_in("chen")
        stolen = chen.cookie("session")
        thief._session.cookie_jar.update_cookies({"session": stolen})
        assert "No vehicle waits" in (await thief.get("/desk"))[1]
        await chen.post("/sign-out")
        assert "<h1>Sign in</h1>" in (await thief.get("/desk"))[1]


@pytest.mark.parametrize(
    ("login", "password"), [("chen", "wrong horse battery"), ("nobody", PASSWORD), ("", ""), ("chen\x00", PASSWORD)]
)
async def test_what_does_not_fit_says_nothing_of_why(office: Office, login: str, password: str) -> None:
    async with office.person() as person:
        status, page = await person.sign_in(login, password)
        assert (status, "Login, password and code do not fit." in page) == (422, True)
        assert password not in page or password == ""
        assert not person.cookie("session")


async def test_the_second_factor_is_wanted_and_each_code_counts_once(office: Office) -> None:
    async with office.person() as lin, office.person() as over_the_shoulder:
        assert (await lin.sign_in("lin"))[0] == 422
        assert (await lin.sign_in("lin", code="000000"))[0] == 422
        code = second_factor.code_at(KEY, office.clock.now)
        assert (await lin.sign_in("lin", code=code))[0] == 200
        assert (await over_the_shoulder.sign_in("lin", code=code))[0] == 422


async def test_wrong_attempts_lock_the_login_even_for_the_right_password_and_a_restart_does_not_help(
    settings: PlatformSettings, office: Office
) -> None:
    async with office.person() as guesser:
        for _ in range(4):
            assert (await guesser.sign_in("chen", "wrong horse battery"))[0] == 422
        assert (await guesser.sign_in("chen", "wrong horse battery"))[0] == 422
        status, page = await guesser.sign_in("chen")
        assert (status, "Too many wrong attempts" in page) == (429, True)
    async with running(settings, office.clock) as address, Person(address) as chen:
        assert (await chen.sign_in("chen"))[0] == 429
        office.clock.now += timedelta(minutes=2)
        assert (await chen.sign_in("chen"))[0] == 200


async def test_a_session_ends_by_itself(office: Office) -> None:
    async with office.person() as chen:
        await chen.sign_in("chen")
        for _ in range(3):
            office.clock.now += timedelta(minutes=50)  # an hour without a page ends it, but there was one
            assert "No vehicle waits" in (await chen.get("/desk"))[1]
        office.clock.now += timedelta(minutes=61)
        assert "<h1>Sign in</h1>" in (await chen.get("/desk"))[1]
        await chen.sign_in("chen")
        for _ in range(15):
            office.clock.now += timedelta(minutes=50)
            _, page = await chen.get("/desk")
        assert "<h1>Sign in</h1>" in page  # twelve hours are the longest


async def test_a_closed_account_is_out_at_once_and_its_name_stays_in_the_trail(office: Office) -> None:
    async with office.person() as chen:
        await chen.sign_in("chen")
        assert await office.account("close", "chen") == "chen: closed\n"
        assert "<h1>Sign in</h1>" in (await chen.get("/desk"))[1]
        assert (await chen.sign_in("chen"))[0] == 422
    trail = await office.account("trail")
    assert re.findall(r"chen 陳小明  (.+)", trail) == ["sign-in refused  127.0.0.1", "signed in  127.0.0.1"]
    assert PASSWORD not in trail


async def test_accounts_are_made_on_the_command_line(office: Office) -> None:
    said = await office.account("add", "wang", "--name", "王大明", "--role", "officer", answers=f"{PASSWORD}\n{PASSWORD}\n")
    key = re.search(r"shown this once: ([A-Z2-7]+)", said)
    assert key is not None
    assert PASSWORD not in said
    assert "wang" in await office.account("list", "--language", "en")
    async with office.person() as wang:
        assert (await wang.sign_in("wang"))[0] == 422
        assert (await wang.sign_in("wang", code=second_factor.code_at(key[1], office.clock.now)))[0] == 200


@pytest.mark.parametrize("password", ["short", "wang wang wang wang", "aaaaaaaaaaaaaaaa", "x" * 129])
def test_weak_passwords_are_refused(tmp_path: Path, password: str) -> None:
    command = ["platform", "account", "add", "wang", "--name", "王", "--role", "clerk", "--data", str(tmp_path)]
    done = CliRunner().invoke(main, command, input=f"{password}\n{password}\n")
    assert done.exit_code == 1
    assert "a password" in done.output


@pytest.mark.parametrize(
    "asked", ["https://evil.example/", "//evil.example/desk", "/\\evil.example", "javascript:alert(1)", "/desk?x=\n"]
)
async def test_signing_in_never_leads_to_another_site(office: Office, asked: str) -> None:
    async with (
        office.person() as chen,
        chen._session.post(
            office.address + "/sign-in",
            data={"login": "chen", "password": PASSWORD, "next": asked},
            headers={"Origin": office.address},
            allow_redirects=False,
        ) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


async def test_another_sites_form_signs_nobody_in_or_out(office: Office) -> None:
    async with office.person() as chen:
        for origin in ("https://evil.example", "null", "http://["):
            assert (await chen.post("/sign-in", of_site=origin, login="chen", password=PASSWORD))[0] == 403
        await chen.sign_in("chen")
        assert (await chen.post("/sign-out", of_site="https://evil.example"))[0] == 400
        assert (await chen.post("/sign-out", form_token="0" * 64))[0] == 400
        assert "No vehicle waits" in (await chen.get("/desk"))[1]
