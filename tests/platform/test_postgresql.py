"""What only PostgreSQL can do to the platform: go away, come back, refuse, be another than was meant. A real server throughout."""

import asyncio
import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import Connection, text

from gateway.cli import main
from gateway.model.clock import utc_now
from gateway.platform import postgresql as rules
from gateway.platform.database import Database
from gateway.platform.errors import BadRequestError, DatabaseError, UnavailableError
from gateway.platform.gates.authority import open_authority
from gateway.platform.settings import PlatformSettings
from tests.platform import postgres
from tests.platform.conftest import Client, Running
from tests.platform.samples import confirmation, order
from tests.platform.test_full_disk import fill

pytestmark = pytest.mark.postgresql_only
ROOM = 12 << 20  # bytes of a small disk: an empty database of the platform takes 8 MB


def one(statement: str) -> Any:
    return lambda connection: connection.execute(text(statement)).scalar_one()


async def opened(address: str) -> Database:
    database = Database(address)
    await database.open()
    return database


# The server goes away ---------------------------------------------------------------------------------------------------


async def confirm_until_refused(platform: Client) -> tuple[list[int], tuple[int, Any]]:
    """The numbers that were acknowledged, and the answer to the next."""
    taken: list[int] = []
    while True:
        answer = await platform.confirm(confirmation(sequence=len(taken) + 1))
        if answer[0] != 201:
            return taken, answer
        taken.append(len(taken) + 1)


@pytest.mark.parametrize("how", ["fast", "immediate"])
async def test_a_restart_of_the_server_is_a_503_and_then_nothing(
    run_platform: Running, postgresql: postgres.Server, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopped in order or crashed, while gates hand in their records and others read."""
    async with run_platform() as platform:
        gate = asyncio.create_task(confirm_until_refused(platform))
        while (await platform.get("/api/confirmations/ct4-116/20"))[0] != 200:
            pass
        await asyncio.to_thread(postgresql.stop, how)
        try:
            acknowledged, refused = await gate
            assert (refused[0], refused[1]["title"]) == (503, "Unavailable")
            for path in ("/api/feed", "/healthz", "/api/confirmations"):
                async with platform.session.get(platform.address + path) as answer:
                    assert (answer.status, answer.content_type) == (503, "application/problem+json")
            assert (await platform.page("/", "en"))[0] == 503
            assert (await platform.post("/api/orders", order()))[0] == 503
        finally:
            await asyncio.to_thread(postgresql.start)
        answers = await asyncio.gather(*(platform.get("/api/orders") for _ in range(8)))
        assert [status for status, _ in answers] == [200] * 8
        assert (await platform.post("/api/orders", order()))[0] == 201
        for number in acknowledged:
            status, receipt = await platform.confirm(confirmation(sequence=number))
            assert (status, receipt["repeated"]) == (200, True)
    assert len(acknowledged) >= 20
    assert postgresql.password not in caplog.text


async def test_a_restart_that_nobody_noticed_costs_nobody_a_503(run_platform: Running, postgresql: postgres.Server) -> None:
    async with run_platform() as platform:
        await asyncio.gather(platform.confirm(confirmation()), *(platform.get("/api/orders") for _ in range(8)))
        await asyncio.to_thread(postgresql.stop)
        await asyncio.to_thread(postgresql.start)
        answers = await asyncio.gather(platform.confirm(confirmation()), *(platform.get("/api/orders") for _ in range(8)))
        assert [status for status, _ in answers] == [200] * 9


async def test_a_platform_does_not_start_without_its_server_and_says_so(
    settings: PlatformSettings, postgresql: postgres.Server
) -> None:
    await asyncio.to_thread(postgresql.stop)
    try:
        with pytest.raises(DatabaseError, match=f"port {postgresql.port}"):
            await opened(settings.url)
    finally:
        await asyncio.to_thread(postgresql.start)
    await (await opened(settings.url)).close()


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://u:{'geheim'}@127.0.0.1:{silent.getsockname()[1]}/d"
        with pytest.raises(DatabaseError, match="cannot be opened"):
            await opened(address)


async def test_a_statement_without_an_end_is_ended(
    settings: PlatformSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rules, "STATEMENT_MS", 50)
    database = await opened(settings.url)
    with pytest.raises(UnavailableError):
        await database.read(one("SELECT 1 FROM pg_sleep(600)"))
    assert "57014" in caplog.text  # query_canceled, by the server itself
    await database.ping()
    await database.close()


# Readers and writers ----------------------------------------------------------------------------------------------------


async def test_writers_of_two_processes_come_one_after_another(settings: PlatformSettings) -> None:
    """So a cursor that was given later is never seen earlier."""
    here, there = await opened(settings.url), await opened(settings.url)
    let_go, has_begun = threading.Event(), threading.Event()
    give = text("INSERT INTO audit (at, who, act, about) VALUES ('', '', '', '') RETURNING cursor")

    def slow(connection: Connection) -> int:
        cursor: int = connection.execute(give).scalar_one()
        has_begun.set()
        assert let_go.wait(60)
        return cursor

    first = asyncio.create_task(here.write(slow))
    assert await asyncio.to_thread(has_begun.wait, 60)
    second = asyncio.create_task(there.write(lambda connection: connection.execute(give).scalar_one()))
    ours = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    waiting = one(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = {ours}")
    while not second.done() and not await there.read(waiting):
        pass
    assert not second.done(), "the second writer did not wait for the first"
    assert await here.read(one("SELECT count(*) FROM audit")) == 0
    let_go.set()
    assert await first < await second
    for database in (here, there):
        await database.close()


async def test_a_writer_that_waits_for_too_long_gives_up(
    settings: PlatformSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rules, "LOCK_MS", 50)
    here, there = await opened(settings.url), await opened(settings.url)
    let_go, has_begun = threading.Event(), threading.Event()

    def slow(_: Connection) -> None:
        has_begun.set()
        assert let_go.wait(60)

    first = asyncio.create_task(here.write(slow))
    assert await asyncio.to_thread(has_begun.wait, 60)
    with pytest.raises(UnavailableError):
        await there.write(one("SELECT 1"))
    assert "55P03" in caplog.text  # lock_not_available
    let_go.set()
    await first
    await there.write(one("SELECT 1"))
    for database in (here, there):
        await database.close()


async def test_a_reader_sees_one_moment_and_writes_nothing(settings: PlatformSettings) -> None:
    database = await opened(settings.url)
    count = "SELECT count(*) FROM audit"
    has_read, is_written = threading.Event(), threading.Event()

    def twice(connection: Connection) -> list[int]:
        before = one(count)(connection)
        has_read.set()
        assert is_written.wait(60)
        return [before, one(count)(connection)]

    reading = asyncio.create_task(database.read(twice))
    assert await asyncio.to_thread(has_read.wait, 60)
    give = text("INSERT INTO audit (at, who, act, about) VALUES ('', '', '', '')")
    await database.write(lambda connection: connection.execute(give))
    is_written.set()
    assert await reading == [0, 0]
    assert await database.read(one(count)) == 1
    with pytest.raises(UnavailableError):
        await database.read(lambda connection: connection.execute(give))
    await database.close()


@pytest.mark.parametrize(("theirs", "ours"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
async def test_an_acknowledged_record_is_on_the_servers_disk_whatever_the_server_is_told(
    settings: PlatformSettings, postgresql: postgres.Server, theirs: str, ours: str
) -> None:
    name = settings.url.rsplit("/", 1)[1]
    await asyncio.to_thread(postgresql.tell, f"ALTER DATABASE {name} SET synchronous_commit = {theirs}")
    await asyncio.to_thread(postgresql.tell, f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    database = await opened(settings.url)
    for through in (database.read, database.write):
        assert await through(one("SHOW synchronous_commit")) == ours
    assert await database.write(one("SHOW transaction_isolation")) == "read committed"
    await database.close()


# No room, and content that cannot be kept ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk(postgresql: postgres.Server) -> Iterator[tuple[Path, str]]:
    """A disk of ROOM bytes, and the address of a database on it."""
    folder = postgresql.folder / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("mounting a small disk (tmpfs) needs root")
    try:
        shutil.chown(folder, postgres.USER)
        postgresql.tell(f"CREATE TABLESPACE small LOCATION '{folder}'")
        with postgresql.database(more="TABLESPACE small") as address:
            yield folder, address
        postgresql.tell("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


async def test_a_disk_of_the_server_that_is_full(small_disk: tuple[Path, str], run_platform: Running) -> None:
    folder, address = small_disk
    async with run_platform(database_url=SecretStr(address)) as platform:
        stuffing = folder / "stuffing"
        fill(stuffing)
        taken = 0
        while (answer := await platform.post("/api/orders", order(serial=taken + 1, message=taken + 1)))[0] == 201:
            taken += 1
        assert (answer[0], answer[1]["title"]) == (507, "Insufficient storage")
        _, page = await platform.get("/api/orders", params={"limit": 1000})
        assert len(page["items"]) == taken
        stuffing.unlink()
        assert (await platform.post("/api/orders", order(serial=taken + 1, message=taken + 1)))[0] == 201


async def test_what_the_server_cannot_keep_is_not_to_be_sent_again(settings: PlatformSettings) -> None:
    database = await opened(settings.url)
    long = text("INSERT INTO attempts (login, wrong, at, locked_until) VALUES (:login, 1, '', '')")
    with pytest.raises(BadRequestError, match="cannot keep"):
        await database.write(lambda connection: connection.execute(long, {"login": "x" * 33}))
    await database.close()


async def test_a_dump_brings_everything_back(
    settings: PlatformSettings, run_platform: Running, postgresql: postgres.Server, tmp_path: Path
) -> None:
    """As the operators' manual says it."""
    async with run_platform() as platform:
        await platform.post("/api/orders", order())
        await platform.confirm(confirmation())
    await asyncio.to_thread(postgresql.run, "pg_dump", "--format=custom", f"--file={postgresql.folder}/dump", settings.url)
    with postgresql.database("template0") as address:
        await asyncio.to_thread(postgresql.run, "pg_restore", f"--dbname={address}", f"{postgresql.folder}/dump")
        async with run_platform(database_url=SecretStr(address)) as platform:
            assert (await platform.confirm(confirmation()))[1]["repeated"]
            assert (await platform.post("/api/orders", order()))[1]["repeated"]
            assert (await platform.post("/api/orders", order(serial=2, message=2)))[1]["cursor"] == 2


# Addresses and secrets ----------------------------------------------------------------------------------------------------


async def refusal(address: str, caplog: pytest.LogCaptureFixture) -> str:
    """Why a platform does not start with this address; all that is said anywhere."""
    with pytest.raises(DatabaseError) as caught:
        await opened(address)
    said, error = "", caught.value.__cause__
    while error is not None:
        said += repr(error)
        error = error.__cause__ or error.__context__
    assert "geheim" not in said + caplog.text
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("{password}", "geheim"), "password authentication failed"),
        (("{password}", ""), "password authentication failed"),
        (("127.0.0.1:", "127.0.0.1:geheim"), "cannot be used"),
        (("{database}", "none"), "does not exist"),
        (("{database}", "{database}?sslmode=geheim"), "says sslmode"),
        (("{database}", "{database}?password_file=/nowhere/at/all"), "/nowhere/at/all: No such file"),
        (("{database}", "{database}?sslrootcert=/nowhere/at/all"), "/nowhere/at/all: No such file"),
        (("postgresql", "postgresql+psycopg2"), "begins with none of"),
        (("postgresql", "oracle"), "begins with none of"),
    ],
)
async def test_an_address_that_does_not_work_says_why_without_its_password(
    settings: PlatformSettings, postgresql: postgres.Server, caplog: pytest.LogCaptureFixture, changed: tuple[str, str], said: str
) -> None:
    caplog.set_level(logging.DEBUG)
    name = settings.url.rsplit("/", 1)[1]
    form = f"postgresql://postgres:{{password}}@127.0.0.1:{postgresql.port}/{{database}}"
    address = form.replace(*changed).format(password=postgresql.password, database=name)
    assert said in await refusal(address, caplog)


async def test_a_database_in_another_encoding_is_refused(postgresql: postgres.Server, caplog: pytest.LogCaptureFixture) -> None:
    more = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    with postgresql.database("template0", more) as address:
        assert "LATIN1" in await refusal(address, caplog)


async def test_the_password_comes_from_a_file(
    settings: PlatformSettings, postgresql: postgres.Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "password"
    file.write_text(postgresql.password + "\n")
    file.chmod(0o600)
    address = settings.url.replace(f":{postgresql.password}", "") + f"?password_file={file}"
    await (await opened(address)).close()
    for wrong in ("", "two\nlines"):
        file.write_text(wrong)
        assert "one line" in await refusal(address, caplog)
    file.chmod(0o644)
    assert "readable by everyone on this machine; chmod o-r it" in await refusal(address, caplog)


async def test_the_commands_find_the_database_by_the_environment(settings: PlatformSettings, run_platform: Running) -> None:
    async with run_platform():
        command = ["platform", "gate", "approve", "kh-t4", "--data", str(settings.data_dir)]
        environment = {"GATEWAY_PLATFORM_DATABASE": settings.url}
        done = await asyncio.to_thread(CliRunner().invoke, main, command, env=environment)
        assert done.exit_code == 0, done.output
    database = await opened(settings.url)
    assert await database.read(one("SELECT gate FROM gate_approvals")) == "kh-t4"
    await database.close()
    assert not (settings.data_dir / "platform.sqlite").exists()


async def test_a_socket_of_this_machine_serves_as_well(settings: PlatformSettings, postgresql: postgres.Server) -> None:
    path = postgresql.folder / f".s.PGSQL.{postgresql.port}"
    address = settings.url.replace(f"127.0.0.1:{postgresql.port}", "") + f"?unix_sock={path}"
    database = await opened(address)
    assert await database.read(one("SELECT inet_client_addr() IS NULL"))
    await database.close()


async def test_tls_is_spoken_with_a_server_that_proves_itself(
    settings: PlatformSettings, postgresql: postgres.Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoken = one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    for address, encrypted in ((settings.url, False), (f"{settings.url}?sslrootcert={postgresql.authority}", True)):
        database = await opened(address)
        assert await database.read(spoken) is encrypted
        await database.close()
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(open_authority(tmp_path / "stranger", utc_now()).pem)
    assert "CERTIFICATE_VERIFY_FAILED" in await refusal(f"{settings.url}?sslrootcert={stranger}", caplog)


def test_beyond_this_machine_tls_is_a_must() -> None:
    context = rules._tls("db.port.example", {})
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert rules._tls("127.0.0.1", {}) is False
    assert rules._tls("db.port.example", {"unix_sock": "/run/postgresql/.s.PGSQL.5432"}) is False


def test_the_address_is_never_shown_with_its_password() -> None:
    settings = PlatformSettings(data_dir=Path(), database_url=SecretStr("postgresql://u:geheim@h/d"))
    assert "geheim" not in repr(settings)
