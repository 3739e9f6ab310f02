"""One private PostgreSQL server for all tests of a run, from Debian's programs, and a database of its own for each test.

Nothing of it stays: no setting of the machine's own server is read, and its folder goes with the run. It flushes no disk, as no
test cuts the power, and sorts texts as people in Taiwan do (ICU), so that nothing may depend on another order. It asks for a
password and speaks TLS.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import pg8000.native
from sqlalchemy import create_engine

from gateway.model.clock import utc_now
from gateway.platform.database import migrate
from gateway.platform.gates.authority import open_authority
from gateway.platform.postgresql import DRIVER

PACKAGE: Final = "postgresql"
USER: Final = "postgres"  # initdb refuses to run as root
TEMPLATE: Final = "migrated"
SETTINGS: Final = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
port = {port}
fsync = off
full_page_writes = off
max_connections = 40
ssl = on
ssl_cert_file = '{folder}/server.pem'
ssl_key_file = '{folder}/server.pem'
"""


def programs() -> Path | None:
    """Where the newest server's programs lie; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _user() -> dict[str, Any]:
    """As whom PostgreSQL's programs run."""
    return {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}


class Server:
    """A server that can be stopped and started again, under the same address and with the same data."""

    def __init__(self, programs: Path, folder: Path, settings: str) -> None:
        """`settings` are those of `postgresql.conf` that are not as for tests."""
        self.folder = folder
        self.password = secrets.token_hex(8)
        self.authority = folder / "authority.pem"  # for clients: who signed the server's certificate
        self._programs, self._cluster = programs, folder / "cluster"
        self._count = count(1)
        self._settings = settings
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = int(taken.getsockname()[1])
        self._make()

    def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(self.password)
        now = utc_now()
        certificate = self.folder / "server.pem"
        with tempfile.TemporaryDirectory() as keys:
            authority = open_authority(Path(keys), now)
            self.authority.write_text(authority.pem)
            certificate.write_bytes(authority.issue_to_server(("localhost", "127.0.0.1"), now))
        certificate.chmod(0o600)
        for path in (password, certificate):
            if os.geteuid() == 0:
                shutil.chown(path, USER)
        self.run(
            *("initdb", f"--pgdata={self._cluster}", f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh-Hant-TW", "--no-sync"),
        )
        with (self._cluster / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(folder=self.folder, port=self.port) + self._settings + "\n")

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs, as the server's user. Raises CalledProcessError, with what it said as its note."""
        with (self.folder / "said").open("w+") as said:
            try:
                subprocess.run([self._programs / program, *arguments], check=True, cwd="/", stdout=said, stderr=said, **_user())
            except subprocess.CalledProcessError as error:
                error.add_note((self.folder / "said").read_text())
                raise

    def start(self) -> None:
        log = self.folder / "cluster" / "log"
        self.run("pg_ctl", "start", "--wait", f"--pgdata={self._cluster}", f"--log={log}")

    def stop(self, how: str = "fast") -> None:
        """`fast`: connections are ended in order; `immediate`: as in a crash."""
        self.run("pg_ctl", "stop", "--wait", f"--mode={how}", f"--pgdata={self._cluster}")

    def address(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def tell(self, *commands: str) -> None:
        """Of the whole server, outside of any transaction."""
        connection = pg8000.native.Connection(USER, "127.0.0.1", "postgres", self.port, self.password, ssl_context=False)
        for command in commands:
            connection.run(command)
        connection.close()

    def make_template(self) -> None:
        """An empty database of the platform, migrated once for all tests."""
        self.tell(f"CREATE DATABASE {TEMPLATE}")
        engine = create_engine(self.address(TEMPLATE).replace("postgresql", DRIVER, 1), connect_args={"ssl_context": False})
        with engine.begin() as connection:
            migrate(connection)
        engine.dispose()

    @contextmanager
    def database(self, template: str = TEMPLATE, more: str = "") -> Iterator[str]:
        """The address of a new database. `more` as CREATE DATABASE takes it."""
        name = f"test_{next(self._count)}"
        self.tell(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
        try:
            yield self.address(name)
        finally:
            self.tell(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server(programs: Path, settings: str = "") -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
    with _swept_up(programs, folder):
        made = Server(programs, folder, settings)
        made.start()
        made.make_template()
        yield made


@contextmanager
def _swept_up(programs: Path, folder: Path) -> Iterator[None]:
    """Afterwards no server is left, nor its folder, however this process ends: a shell waits for the end of its input, ours."""
    sweep = f"read _; {programs}/pg_ctl stop --silent --mode=immediate --pgdata={folder}/cluster; rm -rf {folder}"
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    with subprocess.Popen(
        ["sh", "-c", sweep], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True, **_user()
    ):
        yield
