"""What was said to be kept, held against what is there: in the gate's store, and at the platform."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import aiohttp

from bench.fault_measure.passages import GATE, confirmation, numbers_of, picture, records
from gateway.model.evidence import BEGINNING, Link, digest
from gateway.store.gate_store import GateStore

PAGE = 200  # the platform's largest


@dataclass(slots=True)
class Ledger:
    """What a gate acknowledged over all its lives: the passage under each sequence number."""

    said: dict[int, str] = field(default_factory=dict)
    twice: int = 0  # a number that was given to two passages, or a passage that was given two numbers
    refusals: Counter[str] = field(default_factory=Counter)
    _numbers: dict[str, int] = field(default_factory=dict)

    def take(self, lines: Iterable[str]) -> int:
        """Lines of a gate process; returns how many passages they acknowledge."""
        taken = 0
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "refused":
                self.refusals[rest] += 1
            elif word.isdecimal():
                sequence = int(word)
                self.twice += self.said.setdefault(sequence, rest) != rest or self._numbers.setdefault(rest, sequence) != sequence
                taken += 1
        return taken


@dataclass(slots=True)
class Judgement:
    """How many records are there, and how many of what is wrong."""

    records: int
    wrong: Counter[str]

    def __str__(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in sorted(self.wrong.items()) if count) or "nothing lost"

    @property
    def ok(self) -> bool:
        return not self.wrong.total()


def _jumps(sequences: Sequence[int]) -> int:
    """How many do not follow the one before; the first must be 1."""
    return sum(number != before + 1 for before, number in pairwise((0, *sequences)))


# At the platform


async def at_platform(session: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    """Every confirmation in order of arrival, as `GET /api/confirmations` tells of it."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        async with session.get(f"{url}/api/confirmations", params={"after": after, "limit": PAGE}) as answer:
            answer.raise_for_status()
            page = await answer.json()
        found += (_told(item) for item in page["items"])
        after = page["cursor"]
        if not page["more"]:
            return found


def _told(item: dict[str, Any]) -> dict[str, Any]:
    """What is judged: a hundred thousand whole records need not be held at once."""
    confirmed = item["confirmation"]
    return {
        "sequence": confirmed["sequence"],
        "passage": confirmed["passage_id"],
        "chain": item["chain"],
        "conflicts": len(item["conflicts"]),
        "missing_pictures": len(item["missing_pictures"]),
    }


def judge_platform(ledger: Ledger, told: Sequence[dict[str, Any]]) -> Judgement:
    there = {one["sequence"]: one["passage"] for one in told}
    passages = Counter(one["passage"] for one in told)
    order = [one["sequence"] for one in told]
    wrong = Counter(
        {
            "NOTHING ACKNOWLEDGED": not ledger.said,
            "LOST": sum(there.get(sequence) != passage for sequence, passage in ledger.said.items()),
            "TWICE": ledger.twice + len(order) - len(there) + sum(count - 1 for count in passages.values()),
            "OUT OF ORDER": _jumps(order),
            "OUT OF THE CHAIN": sum(one["chain"] != "whole" for one in told),
            "IN CONFLICT": sum(one["conflicts"] for one in told),
            "PICTURES MISSING": sum(one["missing_pictures"] for one in told),
        }
    )
    return Judgement(len(told), wrong)


# In the gate's store


@dataclass(frozen=True, slots=True)
class Contents:
    """The rows of a gate's file, as they are."""

    gate: dict[str, Any]
    outbox: list[dict[str, Any]]
    passages: dict[str, str]

    @classmethod
    async def of(cls, store: GateStore) -> "Contents":
        return await store.read(cls._read)

    @classmethod
    def _read(cls, connection: sqlite3.Connection) -> "Contents":
        gate = dict(connection.execute("SELECT name, next_sequence, chain_head FROM gate").fetchone())
        rows = connection.execute("SELECT sequence, passage_id, state, body, link FROM outbox ORDER BY sequence")
        outbox = [dict(row) for row in rows]
        passages = {row["passage_id"]: row["record"] for row in connection.execute("SELECT passage_id, record FROM passage")}
        return cls(gate, outbox, passages)


def judge_store(ledger: Ledger, contents: Contents, reads: int, pictures: GateStore | None = None) -> Judgement:
    """Every acknowledged record byte for byte, no gaps, one whole chain under one key; `pictures`: and every picture as it was."""
    wrong: Counter[str] = Counter()
    there = {row["sequence"]: row for row in contents.outbox}
    wrong["LOST"] = sum(
        sequence not in there or there[sequence]["passage_id"] != passage for sequence, passage in ledger.said.items()
    )
    wrong["TWICE"] = ledger.twice + len(contents.outbox) - len({row["passage_id"] for row in contents.outbox})
    wrong["OUT OF ORDER"] = _jumps([row["sequence"] for row in contents.outbox])
    for row in contents.outbox:
        wrong["ALTERED"] += row["body"] != confirmation(row["passage_id"], row["sequence"], reads)
        wrong["ALTERED"] += contents.passages.get(row["passage_id"]) not in records(row["passage_id"], reads)
    wrong["OUT OF THE CHAIN"] = _breaks(contents)
    if pictures:
        wrong["PICTURES MISSING"] = sum(not _picture_whole(pictures, row["passage_id"]) for row in contents.outbox)
    return Judgement(len(contents.outbox), wrong)


def _breaks(contents: Contents) -> int:
    breaks, previous, keys = 0, BEGINNING, set()
    for row in contents.outbox:
        link = Link.model_validate_json(row["link"])
        body = row["body"].encode()
        breaks += link.previous != previous or not link.is_authentic(body)
        keys.add(link.key)
        previous = digest(previous, body)
    head = (GATE, len(contents.outbox) + 1, previous)
    breaks += head != (contents.gate["name"], contents.gate["next_sequence"], contents.gate["chain_head"])
    return breaks + max(len(keys) - 1, 0)


def _picture_whole(store: GateStore, passage: str) -> bool:
    jpeg = picture(*numbers_of(passage))
    if jpeg is None:
        return True
    place = store.pictures.path(hashlib.sha256(jpeg).hexdigest())
    return place is not None and place.read_bytes() == jpeg
