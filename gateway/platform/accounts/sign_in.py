"""Signing in: a login, its password, and the second factor where the account has one. Wrong attempts lock the login for a while."""

import asyncio
import logging
from typing import Final

from sqlalchemy import Connection

from gateway.model.clock import Clock, RandomBytes
from gateway.platform.accounts import passwords, second_factor, store
from gateway.platform.accounts.errors import LockedOutError, NotProvenError
from gateway.platform.accounts.store import Account, Act
from gateway.platform.database import Database

MOST_AT_ONCE: Final = 8  # a hash takes 64 MiB and a tenth of a second: whoever floods the page waits, the gates do not
LONGEST_LOGIN: Final = 32

log = logging.getLogger(__name__)


class SignIn:
    """Over the accounts of one database."""

    def __init__(self, database: Database, clock: Clock, random: RandomBytes) -> None:
        self._database, self._clock, self._random = database, clock, random
        self._one_at_a_time = asyncio.Lock()
        self._here = 0

    async def begin(self, login: str, password: str, code: str) -> str:
        """A new session's token. Raises NotProvenError, LockedOutError."""
        if self._here >= MOST_AT_ONCE:
            raise LockedOutError(1.0)
        self._here += 1
        try:
            async with self._one_at_a_time:
                tried = login.casefold()[:LONGEST_LOGIN].replace("\0", "\N{REPLACEMENT CHARACTER}")  # no database keeps a NUL
                return await self._begin(tried, password, code)
        finally:
            self._here -= 1

    async def _begin(self, login: str, password: str, code: str) -> str:
        now = self._clock()
        locked_s = await self._database.read(lambda connection: store.wait_s(connection, login, now))
        if locked_s:
            raise LockedOutError(locked_s)
        known = await self._database.read(lambda connection: store.find(connection, login))
        hashed = known[1].password if known and known[0].active else ""
        right = await asyncio.to_thread(passwords.fits, password, hashed)
        token = await self._database.write(lambda connection: self._enter(connection, login, code, right))
        if token is None:
            # Whoever typed the password into the field of the login shall not find it in the log.
            log.warning("sign-in: wrong for %s", login if known else "a login that is not there")
            raise NotProvenError("wrong login, password or code")
        return token

    def _enter(self, connection: Connection, login: str, code: str, right: bool) -> str | None:
        """Everything that a sign-in changes, in one transaction; None where it is none."""
        now = self._clock()
        known = store.find(connection, login)
        if not right or known is None or not _second_factor_fits(connection, known[0], known[1], code, self._clock):
            store.was_wrong(connection, login, now)
            if known:
                store.note(connection, Act(now, known[0].called, "sign-in refused"))
            return None
        store.was_right(connection, login)
        store.note(connection, Act(now, known[0].called, "signed in"))
        return store.begin_session(connection, login, now, self._random)


def _second_factor_fits(connection: Connection, account: Account, secrets: store.Secrets, code: str, clock: Clock) -> bool:
    if secrets.second_factor is None:
        return True
    step = second_factor.step_of(secrets.second_factor, code, clock(), secrets.last_step)
    return step is not None and store.use_step(connection, account.login, step)
