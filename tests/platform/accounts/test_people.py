"""Keeping accounts: an administrator everybody's, a firm's manager the firm's."""

import re
from datetime import timedelta

import pytest

from gateway.platform.accounts import second_factor
from tests.platform.accounts.conftest import KEY, Office
from tests.platform.person import Person

NEW = "another horse, another battery"


def password_on(page: str) -> str:
    found = re.search(r"<code>([0-9a-z]{5}(?:-[0-9a-z]{5}){3})</code>", page)
    assert found is not None, page
    return found[1]


async def keeper(office: Office, login: str, go_to: str = "/accounts") -> Person:
    person = office.person()
    status, _page = await person.sign_in(login, go_to=go_to)
    assert status == 200
    return person


async def test_a_new_account_signs_in_once_with_what_was_handed_over_and_then_sets_its_own(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root, keepers.person() as wang:
        status, page = await root.post("/accounts", login="Wang", name="王大明", role="clerk")
        password = password_on(page)
        assert password not in (await root.get("/accounts/wang"))[1]  # shown once
        _, page = await wang.sign_in("wang", password)
        assert "Set one of your own before anything else" in page
        assert "Set one of your own before anything else" in (await wang.get("/desk"))[1]
        assert (await wang.get("/api/orders"))[0] == 403
        _, page = await wang.post("/account/password", password=password, new_password=NEW, new_password_again=NEW)
        assert "The password is changed" in page
        assert "No vehicle waits" in (await wang.get("/desk"))[1]
        await wang.post("/sign-out")
        assert (await wang.sign_in("wang", password))[0] == 422
        assert (await wang.sign_in("wang", NEW))[0] == 200
        status, page = await root.post("/accounts", login="wang", name="王", role="clerk")
        assert (status, "This login is taken." in page) == (422, True)
    trail = await keepers.account("trail")
    assert "root 管理員  set an account  wang 王大明: clerk" in trail
    assert password not in trail
    assert NEW not in trail


async def test_a_one_time_password_is_good_for_a_week(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root, keepers.person() as chen:
        _, page = await root.post("/accounts/chen", action="password")
        keepers.clock.now += timedelta(days=7, hours=1)
        assert (await chen.sign_in("chen", password_on(page)))[0] == 422


async def test_a_firms_manager_makes_the_firms_accounts_under_its_number(keepers: Office) -> None:
    async with await keeper(keepers, "boss") as boss, keepers.person() as zhao:
        _, page = await boss.get("/accounts")
        assert re.findall(r'href="/accounts/([^"?]+)"', page) == ["04595257.wu", "boss"]
        for role, firm in (("officer", ""), ("administrator", "04595257"), ("clerk", "")):
            status, _page = await boss.post("/accounts", login="zhao", name="趙", role=role, firm=firm)
            assert status == 422, role
        _, page = await boss.post("/accounts", login="zhao", name="趙", role="firm_clerk", firm="97162640")
        password = password_on(page)
        _, page = await zhao.sign_in("04595257.zhao", password)
        assert "04595257" in page  # not the firm that was sent along
        for login in ("chen", "lin", "root", "nobody"):
            assert (await boss.get(f"/accounts/{login}"))[0] == 404
            assert (await boss.post(f"/accounts/{login}", action="close"))[0] == 404
        assert (await boss.post("/accounts/04595257.wu", action="change", name="吳", role="officer"))[0] == 422


async def test_whose_role_or_firm_changed_is_signed_out_and_whose_name_changed_is_not(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root, await keeper(keepers, "04595257.wu", "/account") as wu:
        account, same = "/accounts/04595257.wu", {"action": "change", "role": "firm_clerk", "firm": "04595257"}
        await root.post(account, **same, name="吳太太")
        assert "吳太太" in (await wu.get("/account"))[1]
        await root.post(account, **same | {"role": "firm_manager"}, name="吳太太")
        assert "<h1>Sign in</h1>" in (await wu.get("/account"))[1]
        await wu.sign_in("04595257.wu", go_to="/accounts")
        await root.post(account, **same | {"role": "firm_manager", "firm": "97162640"}, name="吳太太")
        assert "<h1>Sign in</h1>" in (await wu.get("/accounts"))[1]
        await wu.sign_in("04595257.wu")
        assert (await wu.get("/accounts/boss"))[0] == 404


async def test_a_lost_phone_a_locked_login_and_a_leaver(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root, keepers.person() as lin:
        await lin.sign_in("lin", code=second_factor.code_at(KEY, keepers.clock.now), go_to="/account")
        assert "The second factor is taken away." in (await root.post("/accounts/lin", action="second_factor"))[1]
        assert "<h1>Sign in</h1>" in (await lin.get("/account"))[1]
        for _ in range(5):
            await lin.sign_in("lin", "wrong horse battery")
        assert (await lin.sign_in("lin"))[0] == 429
        assert "locked until" in (await root.get("/accounts"))[1]
        assert "Unlocked." in (await root.post("/accounts/lin", action="unlock"))[1]
        assert (await lin.sign_in("lin"))[0] == 200
        assert "Signed out everywhere." in (await root.post("/accounts/lin", action="sessions"))[1]
        assert "<h1>Sign in</h1>" in (await lin.get("/account"))[1]
        await root.post("/accounts/lin", action="close")
        assert (await lin.sign_in("lin"))[0] == 422
        _, page = await root.get("/accounts/lin")
        assert "Close it now" not in page
    acts = re.findall(r"root 管理員  (.+?)  lin 陳小明", await keepers.account("trail"))
    assert acts == ["closed an account", "ended sessions", "unlocked an account", "took a second factor away"]


async def test_nobody_closes_or_changes_the_account_by_which_they_keep_the_others(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root:
        for action in ("close", "change", "password", "second_factor"):
            assert (await root.post("/accounts/root", action=action, name="x", role="clerk"))[0] == 403
        assert (await root.get("/accounts"))[0] == 200


@pytest.mark.parametrize("login", ["chen", "lin", "04595257.wu"])
async def test_whoever_keeps_no_accounts_sees_none(keepers: Office, login: str) -> None:
    async with keepers.person() as person:
        await person.sign_in(login, code=second_factor.code_at(KEY, keepers.clock.now))
        _, page = await person.get("/account")
        assert 'href="/accounts"' not in page
        for path in ("/accounts", "/accounts/root", "/keys", "/trail", "/trail.csv"):
            assert (await person.get(path))[0] == 403, path


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"login": "a b"}, "2 to 32 small letters"),
        ({"login": "../x"}, "2 to 32 small letters"),
        ({"name": ""}, "1 to 30 characters"),
        ({"name": "x" * 31}, "1 to 30 characters"),
        ({"role": "king"}, "Pick a role."),
        ({"role": "firm_clerk"}, "8 digits"),
        ({"role": "firm_clerk", "firm": "123"}, "2 to 32 small letters|8 digits"),
        ({"firm": "04595257"}, "8 digits"),
    ],
)
async def test_what_is_wrong_with_a_new_account_is_named(keepers: Office, fields: dict[str, str], said: str) -> None:
    async with await keeper(keepers, "root") as root:
        status, page = await root.post("/accounts", **{"login": "wang", "name": "王", "role": "clerk"} | fields)
        assert (status, re.search(said, page) is not None) == (422, True)


async def test_accounts_are_found_by_a_part_of_login_name_or_firm(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root:
        for fragment, found in (("0459", ["04595257.wu", "boss"]), ("管理", ["root"]), ("CHE", ["chen"]), ("%", []), ("zzz", [])):
            _, page = await root.get(f"/accounts?q={fragment.replace('%', '%25')}")
            assert re.findall(r'href="/accounts/([^"?]+)"', page) == found, fragment


async def test_who_forgot_the_password_and_tried_too_often_gets_in_with_the_one_that_was_given(keepers: Office) -> None:
    async with await keeper(keepers, "root") as root, keepers.person() as chen:
        for _ in range(5):
            await chen.sign_in("chen", "wrong horse battery")
        _, page = await root.post("/accounts/chen", action="password")
        assert (await chen.sign_in("chen", password_on(page)))[0] == 200
