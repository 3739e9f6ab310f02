"""The registers in the database: what stands in them now, every earlier version, and what only one entry may have.

Many entries are written as one is: looked at all together, written by a handful of statements, in one transaction with what the
gates are sent of them. Entries without a problem that say nothing new change nothing.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    case,
    func,
    select,
    true,
)

from gateway.look.i18n import _
from gateway.model.wire import NO_NUMBER, PassiveSealEntry, PortPassEntry, RegisterEntry, VehicleSealEntry
from gateway.platform import bulk
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import Viewer
from gateway.platform.bodies import field_problems
from gateway.platform.database import METADATA, timestamp
from gateway.platform.errors import InvalidError, NotFoundError, OutdatedError
from gateway.platform.feed.store import current, publish_all
from gateway.platform.registry.kinds import KINDS, Kind
from gateway.platform.registry.publishing import key_of


def folded(text: str) -> str:
    """Text as it is searched: NFKC, case folded, control characters dropped."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c)[0] != "C")


ENTRIES = Table(
    "register_entries",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("firm", String(8)),
    Column("content", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("expires_on", String(10)),
    Column("changed_at", String(27), nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("removed", Boolean, nullable=False),
    Index("register_entries_firm", "firm", "kind", "key"),
    Index("register_entries_expires_on", "kind", "expires_on"),
)
CHANGES = Table(
    "register_changes",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("firm", String(8)),
    Column("content", Text, nullable=False),
    Column("changed_at", String(27), nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("removed", Boolean, nullable=False),
)
CLAIMS = Table(
    "register_claims",
    METADATA,
    Column("claim", String(120), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("key", String(64), nullable=False),
    Index("register_claims_key", "kind", "key"),
)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entry. A removed one has the content that it had last."""

    key: str
    version: int
    entry: Any  # a model of its kind
    changed_at: datetime
    changed_by: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the entry at `place` of those that were handed in. `words` is a message id of the catalogue."""

    place: int
    field: str
    words: str


@dataclass(slots=True)
class Taken:
    """What became of entries that were handed in: their numbers, and the problems of those that changed nothing."""

    new: int = 0
    changed: int = 0
    same: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def stored(self) -> int:
        return self.new + self.changed


@dataclass(frozen=True, slots=True)
class Standing:
    """How many entries a register has, how many have expired, and how many will within the asked time."""

    kind: Kind
    entries: int
    expired: int
    expiring: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a register, in the order of the keys; `more`: further ones are there behind the last."""

    items: tuple[Version, ...]
    more: bool


# Reading ----------------------------------------------------------------------------------------------------------------


def reads(kind: Kind, firm: str | None) -> bool:
    """Whether there is anything of this register for the firm; None: Customs."""
    return firm is None or kind.firm is not None or kind.public


def keeps(kind: Kind, firm: str | None) -> bool:
    """Whether anything in the register is the firm's to keep."""
    return firm is None or kind.firm is not None


def _theirs(table: Table, kind: Kind, firm: str | None) -> ColumnElement[bool]:
    if not reads(kind, firm):
        raise NotFoundError("There is no such register here.")
    return true() if firm is None or kind.firm is None else table.c.firm == firm


def _version(kind: Kind, row: Row[Any]) -> Version:
    entry = kind.model.model_validate_json(row.content)
    return Version(row.key, row.version, entry, datetime.fromisoformat(row.changed_at), row.changed_by, row.removed)


def find(connection: Connection, kind: Kind, key: str, firm: str | None) -> Version:
    """Raises NotFoundError, also for an entry of another firm and for a removed one."""
    wanted = (ENTRIES.c.kind == kind.name) & (ENTRIES.c.key == kind.folded_key(key)) & ~ENTRIES.c.removed
    row = connection.execute(select(ENTRIES).where(wanted, _theirs(ENTRIES, kind, firm))).first()
    if row is None:
        raise NotFoundError("There is no such entry.")
    return _version(kind, row)


def history(connection: Connection, kind: Kind, key: str, firm: str | None, limit: int) -> tuple[Version, ...]:
    """The versions that the firm may see, newest first. Raises NotFoundError where there is none."""
    wanted = (CHANGES.c.kind == kind.name) & (CHANGES.c.key == kind.folded_key(key))
    query = select(CHANGES).where(wanted, _theirs(CHANGES, kind, firm)).order_by(CHANGES.c.version.desc()).limit(limit)
    versions = tuple(_version(kind, row) for row in connection.execute(query))
    if not versions:
        raise NotFoundError("There is no such entry.")
    return versions


def page(
    connection: Connection,
    kind: Kind,
    firm: str | None,
    limit: int,
    *,
    after: str = "",
    fragment: str = "",
    expiring_before: date | None = None,
) -> Found:
    """Entries behind the key `after` that hold `fragment`, and of those that expire only what does before a day."""
    query = select(ENTRIES).where(ENTRIES.c.kind == kind.name, ~ENTRIES.c.removed, _theirs(ENTRIES, kind, firm))
    query = query.where(ENTRIES.c.key > after).order_by(ENTRIES.c.key).limit(limit + 1)
    if fragment.strip():
        query = query.where(ENTRIES.c.search.contains(folded(fragment.strip()), autoescape=True))
    if expiring_before is not None:
        query = query.where(ENTRIES.c.expires_on < expiring_before.isoformat())
    rows = connection.execute(query).all()
    return Found(tuple(_version(kind, row) for row in rows[:limit]), len(rows) > limit)


def overview(connection: Connection, firm: str | None, today: date, until: date) -> tuple[Standing, ...]:
    """Every register that the firm reads."""
    over = func.sum(case((ENTRIES.c.expires_on < today.isoformat(), 1), else_=0))
    soon = func.sum(case((ENTRIES.c.expires_on.between(today.isoformat(), until.isoformat()), 1), else_=0))
    found = []
    for kind in KINDS.values():
        if reads(kind, firm):
            query = select(func.count(), over, soon).where(ENTRIES.c.kind == kind.name, ~ENTRIES.c.removed)
            entries, expired, expiring = connection.execute(query.where(_theirs(ENTRIES, kind, firm))).one()
            found.append(Standing(kind, entries, expired or 0, expiring or 0))
    return tuple(found)


# Writing ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An entry that was handed in, beside what stands under its key."""

    place: int
    key: str
    entry: BaseModel
    before: Row[Any] | None

    @property
    def holder(self) -> str | None:
        """The firm that has the key now."""
        return self.before.firm if self.before is not None and not self.before.removed else None

    def says_nothing_new(self) -> bool:
        return self.before is not None and not self.before.removed and self.before.content == self.entry.model_dump_json()


def _beside(connection: Connection, kind: Kind, entries: Sequence[BaseModel]) -> list[_Wanted]:
    keys = [kind.key_of(entry) for entry in entries]
    there = bulk.found(connection, select(ENTRIES).where(ENTRIES.c.kind == kind.name), ENTRIES.c.key, keys)
    known = {row.key: row for row in there}
    return [_Wanted(place, key, entry, known.get(key)) for place, (key, entry) in enumerate(zip(keys, entries, strict=True))]


def _own_problems(kind: Kind, wanted: _Wanted, viewer: Viewer) -> Iterator[Problem]:
    """Where a firm touches what is another's."""
    if viewer.firm is None or kind.firm is None:
        return
    if wanted.before is not None and not wanted.before.removed and wanted.holder != viewer.firm:
        yield Problem(wanted.place, kind.key, _("Another firm has registered this: ask Customs."))
    elif kind.firm_of(wanted.entry) != viewer.firm and not (kind.given and wanted.holder == viewer.firm):
        yield Problem(wanted.place, kind.firm, _("A firm registers under its own business number only."))


def _claim_problems(connection: Connection, kind: Kind, all_wanted: Sequence[_Wanted]) -> Iterator[Problem]:
    """What another entry has, be it in the register or among those handed in."""
    claims = [(claim, where, wanted) for wanted in all_wanted for claim, where in kind.claims(wanted.entry).items()]
    held = bulk.found(connection, select(CLAIMS), CLAIMS.c.claim, [claim for claim, _where, _wanted in claims])
    holders = {row.claim: (row.kind, row.key) for row in held}
    for claim, where, wanted in claims:
        holder = holders.setdefault(claim, (kind.name, wanted.key))
        if holder != (kind.name, wanted.key):
            yield Problem(wanted.place, where, _("Another entry of the registers has this number."))


def _feed_problems(connection: Connection, kind: Kind, all_wanted: Sequence[_Wanted], now: datetime) -> Iterator[Problem]:
    """Where gates were told otherwise by somebody else (`POST /api/registry`), and it still holds."""
    for wanted in all_wanted:
        told = {key_of(entry) for entry in _fed(kind, wanted.before)}
        for entry in kind.to_feed(wanted.entry):
            known = current(connection, key_of(entry), entry) if key_of(entry) not in told else None
            if known is not None and _contradicts(type(entry).model_validate_json(known[1]), entry, now):
                yield Problem(wanted.place, kind.key, _("Gates know this otherwise, from Customs: ask Customs."))


def _contradicts(known: RegisterEntry, entry: RegisterEntry, now: datetime) -> bool:
    if isinstance(known, PortPassEntry) and known.valid_until is not None and known.valid_until <= now:
        return False
    return known != entry and not (isinstance(known, PassiveSealEntry | VehicleSealEntry) and known.number == NO_NUMBER)


def examine(connection: Connection, kind: Kind, entries: Sequence[BaseModel], viewer: Viewer, now: datetime) -> Taken:
    """What `take` would do, without doing it."""
    return _examined(connection, kind, entries, viewer, now)[1]


def _examined(
    connection: Connection, kind: Kind, entries: Sequence[BaseModel], viewer: Viewer, now: datetime
) -> tuple[list[_Wanted], Taken]:
    if not keeps(kind, viewer.firm):
        raise NotFoundError("There is no such register to keep here.")
    beside = _beside(connection, kind, entries)
    all_wanted = [wanted for wanted in beside if not wanted.says_nothing_new()]
    taken = Taken(same=len(beside) - len(all_wanted))
    for wanted in beside:  # also for what says nothing new: whose it is, is not told
        taken.problems += _own_problems(kind, wanted, viewer)
    taken.problems += _claim_problems(connection, kind, all_wanted)
    good = _without_problem(all_wanted, taken)
    if viewer.firm is not None:
        taken.problems += _feed_problems(connection, kind, good, now)
        good = _without_problem(good, taken)
    taken.new = sum(1 for wanted in good if wanted.before is None or wanted.before.removed)
    taken.changed = len(good) - taken.new
    return good, taken


def _without_problem(all_wanted: Sequence[_Wanted], taken: Taken) -> list[_Wanted]:
    wrong = {problem.place for problem in taken.problems}
    return [wanted for wanted in all_wanted if wanted.place not in wrong]


def take(connection: Connection, kind: Kind, entries: Sequence[BaseModel], viewer: Viewer, now: datetime) -> Taken:
    """Write those entries that have no problem. Raises NotFoundError for a foreign register.

    No key may stand in `entries` twice.
    """
    good, taken = _examined(connection, kind, entries, viewer, now)
    _write(connection, kind, good, viewer, now, removed=False)
    return taken


def put(connection: Connection, kind: Kind, entry: BaseModel, viewer: Viewer, now: datetime) -> Taken:
    """One entry. Raises InvalidError naming what is wrong with it, NotFoundError for a foreign register."""
    taken = take(connection, kind, [entry], viewer, now)
    if taken.problems:
        wrong = field_problems((problem.field, problem.words) for problem in taken.problems)
        raise InvalidError("The entry cannot be taken; nothing was stored.", wrong)
    return taken


def require_version(connection: Connection, kind: Kind, key: str, firm: str | None, version: int | None) -> None:
    """Raises OutdatedError unless `version` is what stands under the key now: None where nothing may."""
    try:
        there = find(connection, kind, key, firm).version
    except NotFoundError:
        there = None
    if there != version:
        raise OutdatedError("The entry is not, or no longer, in the version that was named: read it again.")


def remove(connection: Connection, kind: Kind, key: str, viewer: Viewer, now: datetime) -> None:
    """The entry goes, its history stays, and gates know it no more. Raises NotFoundError."""
    if not keeps(kind, viewer.firm):
        raise NotFoundError("There is no such register to keep here.")
    entry = find(connection, kind, key, viewer.firm).entry
    _write(connection, kind, _beside(connection, kind, [entry]), viewer, now, removed=True)


def _write(
    connection: Connection, kind: Kind, all_wanted: Sequence[_Wanted], viewer: Viewer, now: datetime, *, removed: bool
) -> None:
    if not all_wanted:
        return
    rows = [_row(kind, wanted, viewer, now, removed) for wanted in all_wanted]
    for table in (ENTRIES, CLAIMS):
        bulk.remove(connection, table.delete().where(table.c.kind == kind.name), table.c.key, [wanted.key for wanted in all_wanted])
    bulk.add(connection, ENTRIES, rows)
    kept = {column.name for column in CHANGES.columns}
    bulk.add(connection, CHANGES, [{name: value for name, value in row.items() if name in kept} for row in rows])
    claims = [
        {"claim": claim, "kind": kind.name, "key": wanted.key}
        for wanted in all_wanted
        for claim in (() if removed else kind.claims(wanted.entry))
    ]
    bulk.add(connection, CLAIMS, claims)
    publish_all(connection, [one for wanted in all_wanted for one in _news(kind, wanted, now, removed)])
    further = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    act = "removed from a register" if removed else "wrote into a register"
    note(connection, Act(now, viewer.name, act, f"{kind.name} {rows[0]['key']}{further}"))


def _row(kind: Kind, wanted: _Wanted, viewer: Viewer, now: datetime, removed: bool) -> dict[str, Any]:
    expires_on = kind.expires_on(wanted.entry)
    return {
        "kind": kind.name,
        "key": wanted.key,
        "version": wanted.before.version + 1 if wanted.before is not None else 1,
        "firm": kind.firm_of(wanted.entry),
        "content": wanted.entry.model_dump_json(),
        "search": "\n".join(folded(word) for word in kind.words(wanted.entry)),
        "expires_on": expires_on.isoformat() if expires_on else None,
        "changed_at": timestamp(now),
        "changed_by": viewer.name[:64],
        "removed": removed,
    }


def _fed(kind: Kind, before: Row[Any] | None) -> tuple[RegisterEntry, ...]:
    """What gates were sent of the version before."""
    if before is None or before.removed:
        return ()
    return kind.to_feed(kind.model.model_validate_json(before.content))


def _news(kind: Kind, wanted: _Wanted, now: datetime, removed: bool) -> Iterable[tuple[str, RegisterEntry]]:
    """What gates have to hear: what is there now, and what of the version before is no more."""
    there = () if removed else kind.to_feed(wanted.entry)
    told: Mapping[str, RegisterEntry] = {key_of(entry): entry for entry in _fed(kind, wanted.before)}
    keys = {key_of(entry) for entry in there}
    yield from ((key_of(entry), entry) for entry in there if told.get(key_of(entry)) != entry)
    yield from ((key, withdrawn(entry, now)) for key, entry in told.items() if key not in keys)


def withdrawn(entry: RegisterEntry, now: datetime) -> RegisterEntry:
    """The entry as gates of any version understand that it no longer holds: the pass has expired, the seal has no number."""
    if isinstance(entry, PortPassEntry):
        return entry.model_copy(update={"valid_until": now})
    return entry.model_copy(update={"number": NO_NUMBER})
