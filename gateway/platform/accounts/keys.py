"""Keys of programs: what a firm's system, or one of Customs', proves itself with. The database has a hash of each.

`gwk_<id>_<secret>`: the id names the key on pages and in the trail, the secret is 256 bits of chance. A key is good for some of
the rights that a program may have, for a time, and for so many requests a minute. It is shown once.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Column, ColumnElement, Connection, Index, Integer, Row, String, Table, insert, select, true

from gateway.model.clock import RandomBytes
from gateway.platform.accounts.roles import CUSTOMS_PROGRAMS, FIRMS_PROGRAMS, Right
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.database import METADATA, timestamp

MOST_PER_MINUTE: Final = 6000
USUAL_PER_MINUTE: Final = 120  # a request each half second: a list page by page, or a day's orders in one go
LONGEST_DAYS: Final = 730
USUAL_DAYS: Final = 365
MOST_OF_ONE_FIRM: Final = 50  # keys that are good at the same time
USED_EVERY: Final = timedelta(minutes=1)
_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32
_FORM: Final = re.compile(r"gwk_([0-9a-f]{12})_([0-9a-f]{64})")

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String(12), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("firm", String(8), nullable=True),
    Column("name", String(40), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False),
    Column("last_used_at", String(27), nullable=True),
    Column("revoked_at", String(27), nullable=True),
    Index("api_keys_firm", "firm"),
)


class NewKey(BaseModel):
    """What somebody asks for. `firm`: the BAN of the firm whose data alone the key reaches; None: everybody's."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")
    firm: str | None = Field(None, pattern=r"^[0-9]{8}$")
    scopes: frozenset[Right] = Field(min_length=1)
    days: int = Field(USUAL_DAYS, ge=1, le=LONGEST_DAYS)
    per_minute: int = Field(USUAL_PER_MINUTE, ge=1, le=MOST_PER_MINUTE)

    @model_validator(mode="after")
    def _only_what_programs_may(self) -> "NewKey":
        if beyond := self.scopes - scopes_for(self.firm):
            raise ValueError(f"scopes: no program may {', '.join(sorted(beyond))}")
        return self


@dataclass(frozen=True, slots=True)
class Key:
    """A key as pages show it; what it is proven by is not among it."""

    id: str
    name: str
    firm: str | None
    scopes: tuple[Right, ...]
    per_minute: int
    made_by: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def good(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    @property
    def viewer(self) -> Viewer:
        return Viewer(f"key {self.id} {self.name}", frozenset(self.scopes) & scopes_for(self.firm), self.firm)


def scopes_for(firm: str | None) -> frozenset[Right]:
    """The rights that keys of a firm, or of Customs, may have."""
    return CUSTOMS_PROGRAMS if firm is None else FIRMS_PROGRAMS


def looks_like_key(text: str) -> bool:
    return text.startswith("gwk_")


def add(connection: Connection, new: NewKey, made_by: str, now: datetime, random: RandomBytes) -> tuple[Key, str] | None:
    """A key, and what its program sends; None where the firm has as many as it may have."""
    good = (API_KEYS.c.revoked_at.is_(None)) & (API_KEYS.c.expires_at > timestamp(now))
    of_it = API_KEYS.c.firm.is_(None) if new.firm is None else API_KEYS.c.firm == new.firm
    if len(connection.execute(select(API_KEYS.c.id).where(good, of_it)).all()) >= MOST_OF_ONE_FIRM:
        return None
    made, secret = random(_ID_BYTES).hex(), random(_SECRET_BYTES).hex()
    values = {
        "id": made,
        "hash": _hashed(secret),
        "firm": new.firm,
        "name": new.name,
        "scopes": " ".join(sorted(new.scopes)),
        "per_minute": new.per_minute,
        "made_by": made_by[:64],
        "made_at": timestamp(now),
        "expires_at": timestamp(now + timedelta(days=new.days)),
    }
    row = connection.execute(insert(API_KEYS).values(values).returning(*API_KEYS.c)).one()
    return _key(row), f"gwk_{made}_{secret}"


def prove(connection: Connection, text: str) -> Key | None:
    """The key whose secret this is, whether it is good still or not. As long for an id that is not there as for a wrong secret."""
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    row = connection.execute(select(API_KEYS).where(API_KEYS.c.id == form[1])).first()
    fits = hmac.compare_digest(_hashed(form[2]), row.hash if row else _hashed(""))
    return _key(row) if row is not None and fits else None


def used(connection: Connection, key_id: str, now: datetime) -> None:
    connection.execute(API_KEYS.update().where(API_KEYS.c.id == key_id).values(last_used_at=timestamp(now)))


def all_keys(connection: Connection, firm: str | None, limit: int = 1000) -> tuple[Key, ...]:
    """Keys, the newest first; of `firm` (BAN) only."""
    rows = connection.execute(
        select(API_KEYS).where(_of_firm(firm)).order_by(API_KEYS.c.made_at.desc(), API_KEYS.c.id).limit(limit)
    )
    return tuple(_key(row) for row in rows)


def revoke(connection: Connection, key_id: str, firm: str | None, now: datetime) -> Key | None:
    """The key is good for nothing from the next request on; None where there is none, or it is not of `firm` (BAN)."""
    is_it = (API_KEYS.c.id == key_id) & _of_firm(firm)
    row = connection.execute(select(API_KEYS).where(is_it)).first()
    if row is None:
        return None
    connection.execute(API_KEYS.update().where(is_it, API_KEYS.c.revoked_at.is_(None)).values(revoked_at=timestamp(now)))
    return _key(row)


def _of_firm(firm: str | None) -> ColumnElement[bool]:
    return true() if firm is None else API_KEYS.c.firm == firm


def _hashed(secret: str) -> str:
    """The secret is 256 bits of chance, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Row[tuple[object, ...]]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        firm=row.firm,
        scopes=_rights(row.scopes.split()),
        per_minute=row.per_minute,
        made_by=row.made_by,
        made_at=datetime.fromisoformat(row.made_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        last_used_at=datetime.fromisoformat(row.last_used_at) if row.last_used_at else None,
        revoked_at=datetime.fromisoformat(row.revoked_at) if row.revoked_at else None,
    )


def _rights(names: Iterable[str]) -> tuple[Right, ...]:
    """A right that a later version has taken away opens nothing."""
    return tuple(Right(name) for name in names if name in set(Right))


def described(key: Key) -> str:
    """As the trail has it."""
    return f"{key.id} {key.name}{' of ' + key.firm if key.firm else ''}: {' '.join(key.scopes)}"
