"""Signing in: a login, its password, and the second factor where the account has one. Wrong attempts lock the login for a while."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from gateway.look.i18n import _
from gateway.model.clock import Clock, RandomBytes
from gateway.platform.accounts import attempts, passwords, second_factor, store
from gateway.platform.accounts.errors import LockedOutError, NotProvenError
from gateway.platform.accounts.origins import Came
from gateway.platform.accounts.store import Account, Act, Secrets
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

    async def begin(self, login: str, password: str, code: str, came: Came) -> str:
        """A new session's token. Raises NotProvenError, LockedOutError."""
        login = login.casefold()[:LONGEST_LOGIN].replace("\0", "\N{REPLACEMENT CHARACTER}")  # no database keeps a NUL

        def enter(connection: Connection, right: bool) -> str | None:
            return self._enter(connection, login, code, right, came)

        return await self._proven(login, password, enter)

    async def confirm(self, login: str, password: str, came: Came) -> None:
        """Whether a person who has signed in knows the password still. Raises NotProvenError, LockedOutError."""

        def enter(connection: Connection, right: bool) -> str | None:
            if not right:
                self._was_wrong(connection, login, came)
            return login if right else None

        await self._proven(login, password, enter)

    async def _proven(self, login: str, password: str, enter: Callable[[Connection, bool], str | None]) -> str:
        """What `enter` makes of whether the password is right. Raises NotProvenError where it makes nothing, LockedOutError."""
        if self._here >= MOST_AT_ONCE:
            raise LockedOutError(1.0)
        self._here += 1
        try:
            async with self._one_at_a_time:
                right = await self._fits(login, password)
                made = await self._database.write(lambda connection: enter(connection, right))
        finally:
            self._here -= 1
        if made is None:
            raise NotProvenError("wrong login, password or code")
        return made

    async def _fits(self, login: str, password: str) -> bool:
        now = self._clock()
        locked_s = await self._database.read(lambda connection: attempts.wait_s(connection, login, now))
        if locked_s:
            raise LockedOutError(locked_s)
        known = await self._database.read(lambda connection: store.find(connection, login))
        if known is None:
            log.warning("sign-in: wrong for a login that is not there")  # the password may stand in the field of the login
        hashed = known[1].password if known and known[0].active and not _is_over(known[1], now) else ""
        return await asyncio.to_thread(passwords.fits, password, hashed)

    def _enter(self, connection: Connection, login: str, code: str, right: bool, came: Came) -> str | None:
        """Everything that a sign-in changes, in one transaction; None where it is none."""
        now = self._clock()
        known = store.find(connection, login)
        if not right or known is None or not _second_factor_fits(connection, known[0], known[1], code, self._clock):
            self._was_wrong(connection, login, came)
            return None
        attempts.forget(connection, login)
        store.note(connection, Act(now, known[0].called, _("signed in"), came.address))
        return store.begin_session(connection, login, now, self._random, came.address, came.browser)

    def _was_wrong(self, connection: Connection, login: str, came: Came) -> None:
        now = self._clock()
        attempts.was_wrong(connection, login, now)
        known = store.find(connection, login)
        if known:
            log.warning("sign-in: wrong for %s", login)
            store.note(connection, Act(now, known[0].called, _("sign-in refused"), came.address))


def _is_over(secrets: Secrets, now: datetime) -> bool:
    """A one-time password that nobody has used in time."""
    return secrets.one_time_until is not None and secrets.one_time_until <= now


def _second_factor_fits(connection: Connection, account: Account, secrets: Secrets, code: str, clock: Clock) -> bool:
    if secrets.second_factor is None:
        return True
    step = second_factor.step_of(secrets.second_factor, code, clock(), secrets.last_step)
    return step is not None and store.use_step(connection, account.login, step)
