#!/usr/bin/env python3
"""How long a search of orders takes, at the platform's own store: fragments, look-alikes, filters and pages.

    .venv/bin/python bench/order_search.py [--orders N] [--database ADDRESS] [--times N]

Fills a database (a SQLite file in a temporary folder, or the empty one at ADDRESS) with N orders made by chance from one seed,
then asks for fragments of them: median, p95 and worst of each kind, in milliseconds. `by LIKE` is what the platform did before
there was an index: the same fragments in the same words, read from one end to the other.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from sqlalchemy import Connection, create_engine, event, select  # noqa: E402

from gateway.model.container_number import check_digit  # noqa: E402
from gateway.model.transport_order import TransportOrder  # noqa: E402
from gateway.platform import app  # noqa: E402, F401 - every store declares its tables
from gateway.platform.database import migrate, timestamp  # noqa: E402
from gateway.platform.examples import ORDER  # noqa: E402
from gateway.platform.orders import search, store  # noqa: E402
from gateway.platform.orders.life import Stage  # noqa: E402
from gateway.platform.orders.parties import parties  # noqa: E402
from gateway.platform.orders.search import FOUND, SEALS, Range, Wanted, row_of  # noqa: E402

AT_ONCE = 1000
OWNERS = ("TEMU", "MSKU", "EGHU", "YMLU", "WHLU", "OOLU", "TCLU", "MSCU", "CMAU", "HLXU")
PLACES = (*(f"{number:03d}A1150" for number in range(40)), "KELW230W", "KHHW116A", "003C2001")
SURNAMES, GIVEN = "陳林黃張李王吳劉蔡楊許鄭謝郭洪", "志明俊傑建宏家豪文雄美玲淑芬雅婷怡君冠宇承翰國華大"
BANS = tuple(f"{4595257 + 7919 * place:08d}" for place in range(60))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
Made = tuple[int, TransportOrder]


def make(serial: int, chance: random.Random) -> TransportOrder:
    ban = chance.choice(BANS)
    prefix = chance.choice(OWNERS) + f"{chance.randrange(10**6):06d}"
    message = {
        **ORDER,
        "message_id": f"{ban}{serial:012d}",
        "order_number": f"{chance.choice(('BD', 'AA', 'BE', 'DA'))}1{serial // 100000 % 10}01{ban}{serial % 100000:05d}",
        "origin": chance.choice(PLACES),
        "destination": chance.choice(PLACES),
        "container": {"number": f"{prefix}{check_digit(prefix)}", "size_type": "45G1"},
        "seals": [{"kind": "5", "number": f"WLS{chance.randrange(10**7):07d}"}],
    }
    letters = "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3))
    message["vehicle"] = {
        **ORDER["vehicle"],
        "haulier_ban": ban,
        "plate": f"{letters}-{chance.randrange(10000):04d}",
        "driver": chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2)),
        "departure_time": (BEGIN + timedelta(minutes=serial)).isoformat(),
    }
    return TransportOrder.model_validate(message)


def fill(connection: Connection, number: int, chance: random.Random) -> list[TransportOrder]:
    """Written as the store writes them, some at once. Gives those of which fragments will be asked."""
    sample = []
    for start in range(1, number + 1, AT_ONCE):
        made: list[Made] = [(cursor, make(cursor, chance)) for cursor in range(start, min(start + AT_ONCE, number + 1))]
        at = timestamp(BEGIN + timedelta(minutes=start))
        ids = [{"message_id": o.message_id, "order_number": o.order_number, "cursor": cursor} for cursor, o in made]
        contents = [{"received_at": at, "content": order.model_dump_json()} for _, order in made]
        connection.execute(store.MESSAGES.insert(), [a | b for a, b in zip(ids, contents, strict=True)])
        connection.execute(store.ORDERS.insert(), ids)
        connection.execute(
            store.PARTIES.insert(),
            [{"ban": ban, "cursor": c, "order_number": order.order_number} for c, order in made for ban in parties(order)],
        )
        states = chance.choices(list(Stage), weights=(5, 0, 0, 5, 10, 5, 74, 1), k=len(made))
        rows = [row_of(cursor, order, at) | {"state": s.value} for (cursor, order), s in zip(made, states, strict=True)]
        connection.execute(FOUND.insert(), rows)
        connection.execute(SEALS.insert(), [{"number": s.number, "cursor": cursor} for cursor, o in made for s in o.seals])
        sample.append(chance.choice(made)[1])
    return sample


def by_like(connection: Connection, fragment: str) -> object:
    query = select(FOUND.c.cursor).where(FOUND.c.words.contains(search.bare(fragment)))
    cursors = connection.execute(query.order_by(FOUND.c.cursor.desc()).limit(51)).scalars().all()
    return store._of(connection, list(cursors))


def measure(title: str, work: Callable[[], object], times: int) -> None:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    p95 = taken[min(len(taken) - 1, round(0.95 * len(taken)))]
    sys.stdout.write(f"{title:<44} {taken[len(taken) // 2]:9.1f} {p95:9.1f} {taken[-1]:9.1f}\n")
    sys.stdout.flush()


def part(text: str, length: int, chance: random.Random) -> str:
    start = chance.randrange(max(1, len(text) - length + 1))
    return text[start : start + length]


def mistaken(word: str, chance: random.Random) -> str:
    """Each look-alike written as another of its class."""
    classes = {like: group for group in search._CLASSES for like in group}
    return "".join(chance.choice(classes.get(one, one)) for one in search.bare(word))


def run(connection: Connection, sample: list[TransportOrder], times: int, chance: random.Random) -> None:
    any_one = lambda: chance.choice(sample)  # noqa: E731

    def page(wanted: Wanted, after: int = 0, firm: str | None = None) -> object:
        return store.page(connection, Range(after, 50, True), wanted, firm)

    box = lambda: any_one().container.number  # type: ignore[union-attr]  # noqa: E731 - each has one
    sys.stdout.write(f"{'milliseconds':<44} {'median':>9} {'p95':>9} {'worst':>9}\n")
    measure("by LIKE: 6 of a box number", lambda: by_like(connection, part(box(), 6, chance)), min(times, 40))
    measure("by LIKE: nothing is called so", lambda: by_like(connection, "XQZ9" + part(box(), 4, chance)), min(times, 40))
    for length in (3, 4, 6, 11):
        measure(f"fragment: {length} of a box number", lambda n=length: page(Wanted(part(box(), n, chance))), times)  # type: ignore[misc]
    measure("fragment: 5 of a plate", lambda: page(Wanted(part(any_one().vehicle.plate_value, 5, chance))), times)
    measure("fragment: a BAN, in many order numbers", lambda: page(Wanted(chance.choice(BANS))), times)
    measure("fragment: the last 8 of an order number", lambda: page(Wanted(any_one().order_number[-8:])), times)
    measure("fragment: a whole order number", lambda: page(Wanted(any_one().order_number)), times)
    measure("fragment: 2 of a driver's name", lambda: page(Wanted(any_one().vehicle.driver[1:])), times)
    measure("fragment: 1 character", lambda: page(Wanted(chance.choice("KBT7"))), times)
    measure("fragment: nothing is called so", lambda: page(Wanted("XQ9" + part(box(), 5, chance))), times)
    measure("look-alike of a box number", lambda: page(Wanted(mistaken(box(), chance))), times)
    measure("filter: state in transit", lambda: page(Wanted(state=Stage.IN_TRANSIT)), times)
    measure("filter: origin, state", lambda: page(Wanted(origin=any_one().origin, state=Stage.ARRIVED)), times)
    measure("filter: seal", lambda: page(Wanted(seal=any_one().seals[0].number)), times)
    measure("filter: a day of departure", lambda: page(_day(any_one())), times)
    measure("fragment of 4, state, day", lambda: page(_day(any_one(), part(box(), 4, chance), Stage.CLOSED)), times)
    measure("fragment: 6 of a box, as a firm", lambda: page(Wanted(part(box(), 6, chance)), 0, chance.choice(BANS)), times)
    measure("a firm's own, no words", lambda: page(Wanted(), 0, chance.choice(BANS)), times)
    deep = len(sample) * AT_ONCE // 2
    measure("a page in the middle of a BAN", lambda: page(Wanted(chance.choice(BANS)), deep), times)
    measure("desk: orders of a box and a plate", lambda: _naming(connection, any_one()), times)


def _day(order: TransportOrder, fragment: str = "", state: Stage | None = None) -> Wanted:
    begin = order.vehicle.departure_time.replace(hour=0, minute=0)
    return Wanted(fragment, departs_from=begin, departs_until=begin + timedelta(days=1), state=state)


def _naming(connection: Connection, order: TransportOrder) -> object:
    assert order.container
    return store.naming(connection, [], [order.container.number, order.vehicle.plate_value], 12)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=200, help="how often each kind is asked")
    parser.add_argument("--database", help="SQLAlchemy address of an empty database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "platform.sqlite"
        engine = create_engine(given.database or f"sqlite:///{file}")
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
        chance = random.Random(7)
        begun = time.perf_counter()
        with engine.begin() as connection:
            migrate(connection)
            sample = fill(connection, given.orders, chance)
        size = f", file of {file.stat().st_size / 1e6:.0f} MB" if file.exists() else ""
        sys.stdout.write(f"{given.orders} orders in {time.perf_counter() - begun:.0f} s{size}\n")
        with engine.connect() as connection:
            run(connection, sample, given.times, chance)
        engine.dispose()


if __name__ == "__main__":
    main()
