"""One's own account: password, second factor and sessions, as the person and as whoever has the person's browser meets them."""

import re
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno

from gateway.model.clock import utc_now
from gateway.platform.accounts import second_factor
from gateway.platform.accounts.origins import browser_name
from gateway.platform.accounts.roles import Role
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.accounts.conftest import KEY, Office
from tests.platform.person import PASSWORD, Person, add_account

NEW = "another horse, another battery"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


async def test_a_password_is_changed_by_who_knows_it_and_the_other_sessions_end(office: Office) -> None:
    async with office.person() as chen, office.person() as elsewhere:
        await chen.sign_in("chen", go_to="/account")
        await elsewhere.sign_in("chen")
        wrong = {"password": "not this one at all", "new_password": NEW, "new_password_again": NEW}
        status, page = await chen.post("/account/password", **wrong)
        assert (status, "This is not your password." in page) == (422, True)
        status, page = await chen.post("/account/password", **wrong | {"password": PASSWORD})
        assert (status, "The password is changed." in page) == (200, True)
        assert NEW not in page
        assert "<h1>Sign in</h1>" in (await elsewhere.get("/desk"))[1]
        assert (await elsewhere.sign_in("chen"))[0] == 422
        assert (await elsewhere.sign_in("chen", NEW))[0] == 200


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("short", "short", "12 to 128"),
        (NEW, NEW + "!", "not the same"),
        ("chen chen chen", "chen chen chen", "is guessed at once"),
        (PASSWORD, PASSWORD, "the password that you have"),
    ],
)
async def test_a_new_password_that_will_not_do_is_named(office: Office, new: str, again: str, said: str) -> None:
    async with office.person() as chen:
        await chen.sign_in("chen", go_to="/account")
        status, page = await chen.post("/account/password", password=PASSWORD, new_password=new, new_password_again=again)
        assert (status, said in page) == (422, True)


async def test_whoever_finds_a_screen_left_alone_guesses_the_password_no_more_often_than_at_the_sign_in(office: Office) -> None:
    async with office.person() as finder:
        await finder.sign_in("chen", go_to="/account")
        for _ in range(5):
            status, _page = await finder.post("/account/second-factor", action="begin", password="not this one at all")
            assert status == 422
        status, page = await finder.post("/account/second-factor", action="begin", password=PASSWORD)
        assert (status, "Too many wrong attempts" in page) == (429, True)


async def test_a_second_factor_is_taken_up_from_the_picture_and_counts_from_the_code_on(office: Office) -> None:
    async with office.person() as chen:
        await chen.sign_in("chen", go_to="/account")
        _, page = await chen.post("/account/second-factor", action="begin", password=PASSWORD)
        key = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        assert len(key) == 32
        status, page = await chen.post("/account/second-factor", action="prove", code="000000")
        assert (status, "This code does not fit" in page) == (422, True)
        code = second_factor.code_at(key, office.clock.now)
        status, page = await chen.post("/account/second-factor", action="prove", code=code)
        assert (status, "The second factor is set." in page) == (200, True)
        await chen.post("/sign-out")
        assert (await chen.sign_in("chen"))[0] == 422
        assert (await chen.sign_in("chen", code=code))[0] == 422  # it was used to set it
        office.clock.now += timedelta(seconds=60)
        assert (await chen.sign_in("chen", code=second_factor.code_at(key, office.clock.now)))[0] == 200


def test_a_phone_reads_the_key_off_the_picture() -> None:
    address = second_factor.address("04595257.wu", KEY)
    rows = [list(row) for row in segno.make(address, error="m").matrix_iter(scale=6, border=4)]
    read, *_ = cv2.QRCodeDetector().detectAndDecode((1 - np.array(rows, np.uint8)) * 255)
    assert read == address == f"otpauth://totp/gateway:04595257.wu?secret={KEY}&issuer=gateway&digits=6&period=30"


async def test_sessions_are_seen_and_ended(office: Office) -> None:
    async with office.person() as chen, office.person() as phone, office.person() as cafe:
        for person in (chen, phone, cafe):
            person._session.headers["User-Agent"] = CHROME
            await person.sign_in("chen", go_to="/account")
        _, page = await chen.get("/account")
        assert page.count("Chrome 140, Windows") == 3
        assert page.count("<code>127.0.0.1</code>") == 3
        handles = re.findall(r'name="session" value="([0-9a-f]{16})"', page)
        assert len(handles) == 2  # the others': this one is left by signing out
        await chen.post("/account/sessions", session=handles[0])
        reached = ["<h1>Sign in</h1>" not in (await one.get("/account"))[1] for one in (phone, cafe)]
        assert sorted(reached) == [False, True]
        await chen.get("/account")
        await chen.post("/account/sessions")
        for one in (phone, cafe):
            assert "<h1>Sign in</h1>" in (await one.get("/account"))[1]
        assert (await chen.get("/account"))[0] == 200


async def test_nobody_ends_anothers_session(office: Office) -> None:
    async with office.person() as chen, office.person() as lin:
        await lin.sign_in("lin", code=second_factor.code_at(KEY, office.clock.now), go_to="/account")
        await lin.sign_in("lin", code=second_factor.code_at(KEY, office.clock.now + timedelta(seconds=30)), go_to="/account")
        _, page = await lin.get("/account")
        [handle] = re.findall(r'name="session" value="([0-9a-f]{16})"', page)
        await chen.sign_in("chen", go_to="/account")
        for named in (handle, "%", "_" * 16, handle[:3]):
            await chen.post("/account/sessions", session=named)
        assert handle in (await lin.get("/account"))[1]


async def test_on_a_platform_that_others_reach_customs_people_first_set_a_second_factor(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-that-nobody-guesses")
    (tmp_path / "token").chmod(0o600)
    await add_account(data_dir, "lin", Role.OFFICER)
    await add_account(data_dir, "boss", Role.FIRM_MANAGER, firm="04595257")
    settings = PlatformSettings(data_dir=data_dir, port=0, token_file=tmp_path / "token")
    async with running(settings) as address, Person(address) as lin, Person(address) as boss:
        status, page = await lin.sign_in("lin")
        assert (status, "want a second factor" in page, 'href="/orders"' in page) == (200, True, False)
        for path in ("/desk", "/", "/orders"):
            assert "want a second factor" in (await lin.get(path))[1], path
        assert (await lin.get("/api/orders"))[0] == 403
        assert (await lin.post("/desk/ct4-116/p-1", action="claim"))[1].count("want a second factor") == 1
        _, page = await lin.post("/account/second-factor", action="begin", password=PASSWORD)
        key = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
        await lin.post("/account/second-factor", action="prove", code=second_factor.code_at(key, utc_now()))
        assert "No vehicle waits" in (await lin.get("/desk"))[1]
        assert (await lin.get("/api/orders"))[0] == 200
        await boss.sign_in("boss")
        assert (await boss.get("/orders"))[0] == 200  # firms may, and need not


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (CHROME, "Chrome 140, Windows"),
        (CHROME + " Edg/140.0.0.0", "Edge 140, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1", "Safari 17, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("<script>alert(1)</script>\x1b[31m\u202e" + "x" * 9999, "<script>alert(1)</script>[31m" + "x" * 31),
        ("Chrome/" + "9" * 400, "Chrome 9999"),
    ],
)
def test_a_browser_is_named_shortly(said: str, shown: str) -> None:
    assert browser_name(said) == shown


async def test_behind_a_proxy_the_address_is_what_the_proxy_saw(data_dir: Path) -> None:
    await add_account(data_dir, "chen", Role.CLERK)
    for behind, shown in ((True, "203.0.113.9"), (False, "127.0.0.1")):
        async with (
            running(PlatformSettings(data_dir=data_dir, port=0, behind_tls_proxy=behind)) as address,
            Person(address) as chen,
        ):
            chen._session.headers["X-Forwarded-For"] = "10.9.9.9, 203.0.113.9"
            _, page = await chen.sign_in("chen", go_to="/account")
            assert f"<code>{shown}</code>" in page
