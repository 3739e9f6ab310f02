"""Starting, and who may write: a refusal to start says what to put right, and a token keeps strangers out."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, text

from gateway.model.host import is_loopback
from gateway.platform.database import METADATA, Database
from gateway.platform.errors import DatabaseError, DataFolderError, ListenError, StartError, TokenFileError, UnsafeListenError
from gateway.platform.orders.search import TRIGRAMS
from gateway.platform.serve import running
from gateway.platform.settings import PlatformSettings, read_token
from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation, jpeg, order, sha256

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


async def all_guarded(platform: Client, headers: dict[str, str]) -> list[int]:
    picture = jpeg()
    answers = [
        await platform.post("/api/orders", order(), headers=headers),
        await platform.post("/api/registry", [], headers=headers),
        await platform.get("/api/feed", headers=headers),
        await platform.confirm(confirmation(), headers=headers),
        await platform.picture(sha256(picture), picture, headers=headers),
    ]
    return [status for status, _ in answers]


async def test_with_a_token_file_nobody_reads_writes_or_feeds_without_the_token(run_platform: Running, token_file: Path) -> None:
    async with run_platform(token_file=token_file) as platform:
        for wrong in ({}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {TOKEN}é"}):
            assert await all_guarded(platform, wrong) == [401] * 5
        assert (await platform.get("/api/confirmations"))[0] == 401
        _, page = await platform.get("/api/confirmations", headers={"Authorization": f"Bearer {TOKEN}"})
        assert page["items"] == []
        assert await all_guarded(platform, {"Authorization": f"Bearer {TOKEN}"}) == [201, 200, 200, 201, 201]
        async with platform.session.get(platform.address + "/api/feed") as answer:
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_beyond_this_machine_only_with_a_token(tmp_path: Path, token_file: Path) -> None:
    for host in ("0.0.0.0", "::", "", "192.0.2.7", "gate.example"):
        with pytest.raises(UnsafeListenError, match="token"):
            async with running(PlatformSettings(data_dir=tmp_path, host=host, port=0)):
                pass
    async with running(
        PlatformSettings(data_dir=tmp_path, host="0.0.0.0", port=0, token_file=token_file, behind_tls_proxy=True)
    ) as address:
        assert address.startswith("http://0.0.0.0:")
    assert is_loopback("::1")
    assert is_loopback("localhost")


@pytest.mark.parametrize(
    "content", [b"", b"short", b"\xff" * 20, b"two words of a token", "密碼密碼密碼密碼密碼密碼密碼密碼".encode()]
)
def test_a_useless_token_file_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(TokenFileError) as caught:
        read_token(path)
    assert str(path) in str(caught.value)
    assert not content or content.decode("utf-8", "replace") not in str(caught.value)
    with pytest.raises(TokenFileError, match="No such file"):
        read_token(tmp_path / "nowhere")


def test_a_token_file_that_everybody_can_read_is_refused_in_the_gates_words(token_file: Path) -> None:
    token_file.chmod(0o644)
    with pytest.raises(TokenFileError, match="readable by everyone on this machine; chmod o-r it"):
        read_token(token_file)
    token_file.chmod(0o640)
    assert read_token(token_file) == TOKEN.encode()


async def start(settings: PlatformSettings) -> str:
    async with running(settings) as address:
        return address


async def test_a_taken_port_a_bad_folder_and_a_bad_database_say_so(tmp_path: Path) -> None:
    async with running(PlatformSettings(data_dir=tmp_path / "one", port=0)) as address:
        taken = int(address.rsplit(":", 1)[1])
        with pytest.raises(ListenError, match=str(taken)):
            await start(PlatformSettings(data_dir=tmp_path / "two", port=taken))
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match="file"):
        await start(PlatformSettings(data_dir=tmp_path / "file" / "below", port=0))
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "platform.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        await start(PlatformSettings(data_dir=tmp_path / "three", port=0))
    for address in ("nonsense", "oracle+none://u:secret@h/d"):
        with pytest.raises(StartError) as caught:
            await start(PlatformSettings(data_dir=tmp_path, port=0, database_url=SecretStr(address)))
        assert "secret" not in str(caught.value)


@pytest.mark.both_databases
async def test_a_database_of_a_newer_version_is_left_alone(settings: PlatformSettings) -> None:
    await start(settings)
    database = Database(settings.url)
    await database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await database.close()
    with pytest.raises(DatabaseError, match="newer version"):
        await start(settings)


def _is_declared(name: str | None, kind: str, _: object) -> bool:
    """The index of trigrams, a table of tables on SQLite, is each database's own: no store declares it."""
    return not (kind == "table" and str(name).startswith(TRIGRAMS)) and name != "order_search_alike"


@pytest.mark.both_databases
async def test_migrations_make_the_tables_that_the_stores_declare(settings: PlatformSettings) -> None:
    await start(settings)
    database = Database(settings.url)

    def differences(connection: Connection) -> Any:
        there = MigrationContext.configure(connection, opts={"include_name": _is_declared})
        return compare_metadata(there, METADATA)

    found = await database.read(differences)
    await database.close()
    assert found == []


async def test_every_connection_is_durable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'platform.sqlite'}")
    await database.open()
    for through in (database.read, database.write):
        assert await through(lambda connection: connection.execute(text("PRAGMA synchronous")).scalar_one()) == 2  # FULL
        assert await through(lambda connection: connection.execute(text("PRAGMA journal_mode")).scalar_one()) == "wal"
    await database.close()


async def test_a_failed_migration_leaves_no_half_made_schema(tmp_path: Path) -> None:
    """A table that is in the way: the migration stops, and none of its other tables stay behind."""
    path = tmp_path / "platform.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE pictures (x)")
    file.close()
    with pytest.raises(DatabaseError, match="pictures"):
        await start(PlatformSettings(data_dir=tmp_path, port=0))
    with sqlite3.connect(path) as file:
        assert [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == ["pictures"]
    file.close()
