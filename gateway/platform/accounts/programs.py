"""Who a program is, by the key that it sends; and how often it may ask."""

import math
from datetime import datetime

from gateway.model.clock import Clock
from gateway.platform.accounts import keys
from gateway.platform.accounts.keys import USED_EVERY, Key
from gateway.platform.accounts.rates import Rates
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import Database
from gateway.platform.errors import TooManyError, UnauthorisedError


class Programs:
    """`firm_per_minute`: how many requests all keys of one firm have together."""

    def __init__(self, database: Database, clock: Clock, firm_per_minute: int) -> None:
        self._database, self._clock, self._firm_per_minute = database, clock, firm_per_minute
        self._rates = Rates(clock)

    async def viewer(self, text: str) -> Viewer:
        """The program whose key this is. Raises UnauthorisedError for one that is not good (any more), TooManyError."""
        key = await self._database.read(lambda connection: keys.prove(connection, text))
        now = self._clock()
        if key is None or not key.good(now):
            raise UnauthorisedError("This key is not, or no longer, good here.")
        self._count(key)
        if key.last_used_at is None or key.last_used_at <= now - USED_EVERY:
            await self._note_use(key, now)
        return key.viewer

    async def known(self, text: str) -> Viewer | None:
        """The program whose key this is, if it is good now. Not counted as a request."""
        key = await self._database.read(lambda connection: keys.prove(connection, text))
        return key.viewer if key is not None and key.good(self._clock()) else None

    def _count(self, key: Key) -> None:
        wanted = [(f"key {key.id}", key.per_minute)]
        if key.firm is not None:
            wanted.append((f"firm {key.firm}", self._firm_per_minute))
        wait_s = self._rates.take(wanted)
        if wait_s:
            raise TooManyError(
                f"More requests than the {key.per_minute} a minute of this key, or than its firm has.", math.ceil(wait_s)
            )

    async def _note_use(self, key: Key, now: datetime) -> None:
        await self._database.write(lambda connection: keys.used(connection, key.id, now))
