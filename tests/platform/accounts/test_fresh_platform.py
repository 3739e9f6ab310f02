"""Nobody is there from the start: no account, no key; the first administrator is made on the command line."""

import asyncio
import re
import sqlite3
from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main
from gateway.model.clock import utc_now
from gateway.platform.accounts import second_factor
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings
from tests.platform.person import PASSWORD, Person

ROOT = Path(__file__).parents[3]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_fresh_platform_holds_nobody_and_nothing_that_opens_it(data_dir: Path) -> None:
    async with running(PlatformSettings(data_dir=data_dir, port=0)):
        pass
    with sqlite3.connect(data_dir / "platform.sqlite") as database:
        rows = [line for line in database.iterdump() if line.startswith("INSERT INTO")]
    database.close()
    of_its_own = ("alembic_version", "sqlite_sequence", "sqlite_master", "order_trigrams")  # schema and empty indexes
    assert [line for line in rows if not any(name in line for name in of_its_own)] == []
    assert await asyncio.to_thread(files, data_dir) == ["platform.sqlite"]


async def test_the_first_administrator_is_made_on_the_command_line(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-that-nobody-guesses")
    (tmp_path / "token").chmod(0o600)
    settings = PlatformSettings(data_dir=data_dir, port=0, token_file=tmp_path / "token")
    command = ["platform", "account", "add", "root", "--name", "管理員", "--role", "administrator", "--data", str(data_dir)]
    async with running(settings) as address, Person(address) as person:
        for login in ("admin", "root", "administrator", "demo", "gateway"):
            assert (await person.sign_in(login, login))[0] == 422, login
        assert "<h1>Sign in</h1>" in (await person.get("/accounts"))[1]
        done = await asyncio.to_thread(CliRunner().invoke, main, command, input=f"{PASSWORD}\n{PASSWORD}\n")
        assert done.exit_code == 0, done.output
        key = re.search(r"shown this once: ([A-Z2-7]+)", done.output)
        assert key is not None
        await person.sign_in("root", PASSWORD, second_factor.code_at(key[1], utc_now()))
        status, page = await person.get("/accounts")
        assert (status, 'href="/accounts/root"' in page) == (200, True)


def test_no_password_is_a_word_of_the_command_line_and_the_manual_says_how_the_first_is_made() -> None:
    manual = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
    assert "gateway platform account add root --name 管理員 --role administrator" in manual
    shown = CliRunner().invoke(main, ["platform", "account", "add", "--help"]).output
    assert "--name" in shown
    assert "--password" not in shown
