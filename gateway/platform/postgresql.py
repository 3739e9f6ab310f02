"""PostgreSQL as the platform's database: how it is reached, and what every connection and transaction of it promises.

The driver is pg8000, and its errors bear what the server said as a table of letters (PostgreSQL, protocol: error fields).
An address is `postgresql://USER@HOST/DATABASE` and may say more: `password_file`, which keeps the password out of it; `unix_sock`,
a socket of this machine; `sslrootcert`, the authority (PEM) that signed the server's certificate. Beyond this machine TLS is
spoken and the server must prove its name, as everything that the gates hand in goes this way.
"""

import socket
import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pg8000
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.model.host import is_loopback
from gateway.model.secret_file import objection
from gateway.platform.errors import DatabaseError

DRIVER: Final = "postgresql+pg8000"
SAYS: Final = frozenset(("password_file", "unix_sock", "sslrootcert"))
STATEMENT_MS: Final = 30_000  # as long as a gate waits for its answer
LOCK_MS: Final = 10_000  # for another process that writes; as long as SQLite waits for its file
IDLE_MS: Final = 60_000  # of a transaction whose platform is gone: its lock must not stay
ANSWER_S: Final = 40.0  # for a server that says nothing at all; longer than any statement may take
PORT: Final = 5432
WRITING: Final = 0x6761_7465  # the key of the lock that writers hold ("gate"); of this database only
FULL: Final = "53100"  # disk_full. Here and below: PostgreSQL, appendix A
CONTENT: Final = ("22", "54")  # classes data_exception and program_limit_exceeded: sent again, it is refused again


def make_engine(address: URL, patient: bool = False) -> Engine:
    """`patient`: statements may take as long as they need. Connects to nobody yet. Raises DatabaseError."""
    if unknown := sorted(set(address.query) - SAYS):
        raise DatabaseError(f"the database address says {unknown[0]}, which is none of {', '.join(sorted(SAYS))}")
    said = {name: value for name, value in address.query.items() if isinstance(value, str)}
    limits = {
        "statement_timeout": 0 if patient else STATEMENT_MS,
        "lock_timeout": LOCK_MS,
        "idle_in_transaction_session_timeout": IDLE_MS,
    }
    arguments: dict[str, Any] = {
        "application_name": "gateway platform",
        "password": _password_in(Path(said["password_file"])) if "password_file" in said else address.password or "",
        "ssl_context": _tls(address.host, said),
        "startup_params": {name: str(value) for name, value in limits.items()},
        "timeout": None if patient else ANSWER_S,
    }
    if "unix_sock" in said:
        arguments["unix_sock"] = said["unix_sock"]
    where = URL.create(DRIVER, address.username, host=address.host, port=address.port, database=address.database)
    engine = create_engine(where, connect_args=arguments, hide_parameters=True)
    if "unix_sock" not in said:
        event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkout", _look_whether_it_is_there)
    event.listen(engine, "begin", _begin)
    return engine


def _password_in(file: Path) -> str:
    try:
        if wrong := objection(file.stat().st_mode):
            raise DatabaseError(f"password file {file}: {wrong}")
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise DatabaseError(f"password file {file}: {reason}") from None
    if not password or "\n" in password:
        raise DatabaseError(f"password file {file}: wants one line, the password")
    return password


def _tls(host: str | None, said: dict[str, str]) -> ssl.SSLContext | bool:
    """What to speak TLS with; False for clear text, which stays on this machine."""
    on_this_machine = "unix_sock" in said or host is None or is_loopback(host)
    if on_this_machine and "sslrootcert" not in said:
        return False
    authority = said.get("sslrootcert")
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:  # ssl.SSLError is one
        raise DatabaseError(f"sslrootcert {authority}: {error.strerror or 'no certificate of an authority'}") from None


def _connect(_: Dialect, __: ConnectionPoolEntry, ___: object, arguments: dict[str, Any]) -> Any:
    """Over a socket that sends at once. The driver writes a long statement in pieces; the last of them would wait until the server
    has acknowledged the one before, which a server that has nothing to say yet does 40 ms later (Nagle's algorithm).

    Raises what the driver raises.
    """
    host, port = arguments.get("host") or "localhost", arguments.get("port") or PORT
    with ExitStack() as undone:
        try:
            sock = undone.enter_context(socket.create_connection((host, port), arguments["timeout"]))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError as error:
            raise pg8000.InterfaceError(f"no connection to {host}, port {port}: {error.strerror or error}") from error
        connection = pg8000.Connection(**arguments, sock=sock)
        undone.pop_all()
    return connection


def _prepare(connection: Any, record: ConnectionPoolEntry) -> None:
    """A server may be told to answer before its disk has the record: not to us. What waits for replicas, too, is left so."""
    connection.execute_simple(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    record.info["new"] = True


def _look_whether_it_is_there(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """The server may have been restarted since: then another connection is made.

    The pool's own `pool_pre_ping` does not know the errors of the socket itself, which this driver lets through.
    """
    if record.info.pop("new", False):
        return
    try:
        connection.execute_simple("SELECT 1")
    except (pg8000.Error, OSError) as error:
        raise DisconnectionError("the connection to PostgreSQL is gone") from error


def _begin(connection: Connection) -> None:
    """The transaction's first statement.

    A writer waits for the lock that every writer of this database holds until it has committed: so cursors become visible in the
    order in which they were given, also where a command runs beside the platform. It reads what is committed at each statement
    (READ COMMITTED; one moment for the whole of it would be the one before it had the lock), and behind the lock nothing changes.
    A reader sees one moment of the database throughout, and waits for nobody.
    """
    if connection.get_execution_options().get("gateway_writes", False):
        first = f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; SELECT pg_advisory_xact_lock({WRITING})"
    else:
        first = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    connection.exec_driver_sql(first)


def require_utf8(connection: Connection) -> None:
    """Raises DatabaseError for a database that cannot hold every text."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise DatabaseError(f"the database is encoded in {encoding}: make it with ENCODING 'UTF8'")


def fields_of(error: BaseException | None) -> dict[str, str]:
    """What the server said: C the code (SQLSTATE), M the message. Empty where it is not the server that speaks."""
    said = error.args[0] if error is not None and error.args else None
    return said if isinstance(said, dict) else {}
