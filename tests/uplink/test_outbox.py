"""What the lanes decided reaches the platform once, in order, however long and in whatever way the platform fails."""

import logging
import sqlite3
from pathlib import Path

import pytest
from aiohttp import web

from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from gateway.store.outbox import PictureState, RecordState
from tests.store.passages import decided
from tests.uplink.conftest import clock, linked, quick, until
from tests.uplink.trial_platform import CUT, HANG, HELD, Fault, TrialPlatform


async def _commit(store: GateStore, *numbers: int, pictures: tuple[str, ...] = ()) -> None:
    for number in numbers:
        await store.commit_decision(decided(number, pictures=pictures), "Lane 1")


async def _sent(store: GateStore) -> None:
    """Wait until nothing waits any more."""

    async def nothing_waits() -> bool:
        return not await store.waiting(1) and not await store.waiting_pictures(1)

    await until(nothing_waits)


async def test_everything_arrives_once_in_order_after_a_platform_that_was_away_for_the_whole_run(
    tmp_path: Path, platform: TrialPlatform
) -> None:
    settings = quick(platform.url)
    await platform.stop()
    async with GateStore.open(tmp_path / "days", "kh-t4", clock) as store, linked(store, settings) as uplink:
        await _commit(store, *range(1, 31))
        await until(lambda: uplink.link.up is False)
        assert (uplink.link.waiting, uplink.link.last_answer) == (30, None)
    async with GateStore.open(tmp_path / "days", "kh-t4", clock) as store, linked(store, settings) as uplink:
        await until(lambda: uplink.link.up is False)
        await platform.start()
        await _commit(store, 31)
        await _sent(store)
        assert uplink.link.up
        assert uplink.link.waiting == 0
    assert platform.order == list(range(1, 32))
    assert sorted({request for request in platform.asked if "PUT" in request}) == sorted(
        request for request in platform.asked if "PUT" in request
    )


async def test_a_commit_is_sent_at_once_by_an_idle_uplink(store: GateStore, platform: TrialPlatform) -> None:
    async with linked(store, quick(platform.url)):
        await platform.until(lambda: bool(platform.asked))
        await _commit(store, 1)
        await platform.until(lambda: platform.order == [1])


async def test_an_answer_that_is_lost_after_the_platform_committed_is_asked_for_again(
    store: GateStore, platform: TrialPlatform
) -> None:
    platform.faults["confirmation"].append(CUT)
    await _commit(store, 1, 2)
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert platform.order == [1, 2]
    assert [request.rsplit("/", 1)[1] for request in platform.asked if "PUT" in request] == ["1", "1", "2"]


async def test_an_answer_that_never_comes_is_given_up_and_does_not_hold_up_the_feed(
    store: GateStore, platform: TrialPlatform
) -> None:
    platform.faults["confirmation"].append(HANG)
    await _commit(store, 1, 2)
    async with linked(store, quick(platform.url, answer_timeout_s=0.5, feed_wait_s=0)):
        await platform.until(lambda: platform.order == [1])
        asked = len(platform.feed_waits)
        await platform.until(lambda: len(platform.feed_waits) > asked + 1)
        await _sent(store)
    assert platform.order == [1, 2]


async def test_a_feed_that_hangs_does_not_hold_up_the_outbox(store: GateStore, platform: TrialPlatform) -> None:
    platform.faults["feed"].append(HANG)
    async with linked(store, quick(platform.url)):
        await platform.until(lambda: bool(platform.feed_waits))
        await _commit(store, 1, 2)
        await _sent(store)
    assert platform.order == [1, 2]


@pytest.mark.parametrize(
    "fault",
    [
        401,
        403,
        404,
        405,
        408,
        429,
        500,
        502,
        503,
        507,
        web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        web.Response(status=200, text="<html>Welcome to our hotel</html>", content_type="text/html"),
        web.Response(status=201, text='{"gate": "kh-t5", "sequence": 1, "repeated": false, "missing_pictures": []}'),
        web.Response(status=204),
    ],
    ids=lambda fault: str(fault if isinstance(fault, int) else f"{fault.status} {fault.text}"[:20]),
)
async def test_no_other_answer_is_taken_for_an_acknowledgement(store: GateStore, platform: TrialPlatform, fault: Fault) -> None:
    platform.faults["confirmation"].append(fault)
    await _commit(store, 1, 2)
    async with linked(store, quick(platform.url)) as uplink:
        await _sent(store)
        await until(lambda: bool(uplink.link.up))
    assert platform.order == [1, 2]
    assert (await store.counts()).records[RecordState.ACKNOWLEDGED] == 2


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (409, RecordState.CONFLICT),
        (422, RecordState.REFUSED),
        (400, RecordState.REFUSED),
        (413, RecordState.REFUSED),
    ],
)
async def test_a_record_that_the_platform_will_never_take_is_kept_said_once_and_passed_over(
    store: GateStore, platform: TrialPlatform, caplog: pytest.LogCaptureFixture, status: int, state: RecordState
) -> None:
    platform.faults["confirmation"].append(status)
    await _commit(store, 1, 2)
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert platform.order == [2]
    counts = (await store.counts()).records
    assert (counts[state], counts[RecordState.ACKNOWLEDGED]) == (1, 1)
    assert [record.levelno for record in caplog.records if "confirmation 1" in record.message] == [logging.ERROR]
    assert f"HTTP {status}: Trial; as told" in caplog.text


async def test_pictures_follow_their_records_and_only_the_missing_ones(store: GateStore, platform: TrialPlatform) -> None:
    here, there = store.pictures.keep(b"\xff\xd8 here"), store.pictures.keep(b"\xff\xd8 there")
    platform.pictures[there] = b"\xff\xd8 there"
    await _commit(store, 1, 2, pictures=(here, there))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    puts = [request for request in platform.asked if "PUT" in request]
    assert puts == ["PUT /api/gates/kh-t4/confirmations/1", "PUT /api/gates/kh-t4/confirmations/2", f"PUT /api/pictures/{here}"]
    assert platform.pictures[here] == b"\xff\xd8 here"


async def test_new_records_go_before_old_pictures(store: GateStore, platform: TrialPlatform) -> None:
    picture = store.pictures.keep(b"\xff\xd8")
    await _commit(store, 1)
    await store.acknowledged(1, [picture])
    await _commit(store, 2, 3)
    async with linked(store, quick(platform.url)):
        await _sent(store)
    puts = [request.rsplit("/", 1)[1] for request in platform.asked if "PUT" in request]
    assert puts == ["2", "3", picture]


async def test_no_piece_of_a_picture_is_sent_while_a_record_waits_and_none_twice(store: GateStore, platform: TrialPlatform) -> None:
    """A record that is committed while a picture is under way goes before the picture's next piece."""
    jpeg = b"\xff\xd8" + bytes(range(256)) * 400
    picture = store.pictures.keep(jpeg)
    await _commit(store, 1, pictures=(picture,))
    platform.faults["piece"].extend(["", HELD])  # asked how much is there, and the first piece
    async with linked(store, quick(platform.url)):
        await platform.until(lambda: platform.held == 1)
        platform.faults["confirmation"].append(HELD)
        await _commit(store, 2)
        await platform.until(lambda: platform.held == 2)
        platform.release(1)
        await _commit(store, *range(3, 20))  # time enough to send another piece
        pieces = platform.asked.count(f"PATCH /api/pictures/{picture}")
        platform.release(1)
        await _sent(store)
    assert pieces == 2
    assert platform.order == list(range(1, 20))
    assert platform.pictures[picture] == jpeg
    assert platform.overlap == 0


@pytest.mark.parametrize("fault", [CUT, 503])
async def test_a_picture_goes_on_where_the_link_broke(store: GateStore, platform: TrialPlatform, fault: Fault) -> None:
    jpeg = b"\xff\xd8" + bytes(range(256)) * 400
    picture = store.pictures.keep(jpeg)
    platform.faults["piece"].extend(["", "", fault])
    await _commit(store, 1, pictures=(picture,))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert platform.pictures[picture] == jpeg
    assert platform.overlap == 0


async def test_an_older_platform_gets_its_pictures_whole(store: GateStore, platform: TrialPlatform) -> None:
    jpeg = b"\xff\xd8" + bytes(range(256)) * 400
    picture = store.pictures.keep(jpeg)
    platform.faults["piece"].append(405)
    await _commit(store, 1, pictures=(picture,))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert platform.pictures[picture] == jpeg


async def test_a_token_is_never_carried_to_where_an_answer_points(store: GateStore, platform: TrialPlatform) -> None:
    elsewhere = web.Response(status=303, headers={"Location": f"{platform.url}/api/feed?after=0&limit=1&wait=9"})
    platform.faults["confirmation"].append(elsewhere)
    await _commit(store, 1)
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert 9 not in platform.feed_waits


async def test_a_picture_that_has_vanished_is_said_and_blocks_nothing(
    store: GateStore, platform: TrialPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    kept = store.pictures.keep(b"\xff\xd8 kept")
    await _commit(store, 1, pictures=("0" * 64, kept))
    async with linked(store, quick(platform.url)):
        await _sent(store)
        await _commit(store, 2)
        await _sent(store)
    assert (set(platform.pictures), platform.order) == ({kept}, [1, 2])
    assert (await store.counts()).pictures[PictureState.VANISHED] == 1
    assert caplog.text.count("0" * 64) == 1


async def test_a_picture_that_vanishes_while_the_platform_fails_at_it_leaves_the_link_up(
    store: GateStore, platform: TrialPlatform
) -> None:
    kept = store.pictures.keep(b"\xff\xd8 kept")
    platform.faults["picture"].extend([507] * 10_000)
    await _commit(store, 1, pictures=(kept,))
    async with linked(store, quick(platform.url)) as uplink:
        await until(lambda: "507" in uplink.link.detail)
        place = store.pictures.path(kept)
        assert place
        place.unlink()
        await _sent(store)
        await until(lambda: bool(uplink.link.up))


async def test_a_picture_that_the_platform_refuses_blocks_nothing(store: GateStore, platform: TrialPlatform) -> None:
    bad, good = store.pictures.keep(b"not a jpeg"), store.pictures.keep(b"\xff\xd8")
    platform.faults["picture"].append(422)
    await _commit(store, 1, pictures=(bad, good))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert set(platform.pictures) == {good}
    assert (await store.counts()).pictures[PictureState.REFUSED] == 1


async def test_a_platform_without_room_for_pictures_still_gets_records_at_once(store: GateStore, platform: TrialPlatform) -> None:
    picture = store.pictures.keep(b"\xff\xd8")
    platform.faults["picture"].append(507)
    await _commit(store, 1, pictures=(picture,))
    async with linked(store, quick(platform.url, retry_first_s=60, retry_cap_s=600)):
        await platform.until(lambda: f"PUT /api/pictures/{picture}" in platform.asked)
        await _commit(store, 2)
        await platform.until(lambda: platform.order == [1, 2])


async def test_a_picture_whose_answer_is_lost_is_sent_again(store: GateStore, platform: TrialPlatform) -> None:
    picture = store.pictures.keep(b"\xff\xd8")
    platform.faults["picture"].append(CUT)
    await _commit(store, 1, pictures=(picture,))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert (await store.counts()).pictures[PictureState.SENT] == 1


async def test_a_page_of_a_hotel_is_no_receipt_for_a_picture(store: GateStore, platform: TrialPlatform) -> None:
    picture = store.pictures.keep(b"\xff\xd8")
    other = web.Response(status=201, text=f'{{"sha256": "{"0" * 64}"}}')
    platform.faults["picture"].extend([web.Response(text="<html>Welcome to our hotel</html>"), web.Response(status=204), other])
    await _commit(store, 1, pictures=(picture,))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert platform.pictures[picture] == b"\xff\xd8"


async def test_a_full_disk_delays_an_acknowledgement_and_loses_none(store: GateStore, platform: TrialPlatform) -> None:
    wanted = tuple(f"{n:064x}" for n in range(400))
    await _commit(store, 1, pictures=wanted)
    await OrderCache.open(store)
    pages = await store.write(lambda db: _limit(db, db.execute("PRAGMA page_count").fetchone()[0]))
    async with linked(store, quick(platform.url)) as uplink:
        await platform.until(lambda: len([r for r in platform.asked if "confirmations" in r]) > 2)
        assert uplink.link.waiting == 1
        await store.write(lambda db: _limit(db, pages + 10_000))
        await until(lambda: uplink.link.waiting == 0)
    assert platform.order == [1]


def _limit(db: sqlite3.Connection, pages: int) -> int:
    return int(db.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])


@pytest.fixture
async def modern(platform: TrialPlatform) -> TrialPlatform:
    """A platform that takes several confirmations at once."""
    await platform.stop()
    platform.takes_batches = True
    await platform.start()
    return platform


async def test_what_waited_goes_in_growing_batches(store: GateStore, modern: TrialPlatform) -> None:
    await _commit(store, *range(1, 101))
    async with linked(store, quick(modern.url)):
        await _sent(store)
        assert modern.batches == [2, 4, 8, 16, 32, 37]
        await _commit(store, 101)
        await _sent(store)
    assert modern.order == list(range(1, 102))
    assert modern.batches == [2, 4, 8, 16, 32, 37]


@pytest.mark.parametrize("fault", [CUT, 503, 500, web.Response(text="<html>Please log in</html>")])
async def test_a_batch_that_fails_is_sent_again_beginning_small(store: GateStore, modern: TrialPlatform, fault: Fault) -> None:
    await _commit(store, *range(1, 21))
    modern.faults["batch"].append(fault)
    async with linked(store, quick(modern.url)):
        await _sent(store)
    assert modern.order == list(range(1, 21))
    assert modern.batches[:2] == [2, 2]
    assert (await store.counts()).records[RecordState.ACKNOWLEDGED] == 20


async def test_a_record_that_is_refused_keeps_none_of_its_batch_out(
    store: GateStore, modern: TrialPlatform, caplog: pytest.LogCaptureFixture
) -> None:
    await _commit(store, *range(1, 9))
    modern.refuses = {3: 409, 5: 422}
    async with linked(store, quick(modern.url)):
        await _sent(store)
    assert modern.order == [1, 2, 4, 6, 7, 8]
    assert "confirmation 3 of passage" in caplog.text
    assert "confirmation 5 of passage" in caplog.text


async def test_one_answer_of_a_batch_that_is_none_for_good_holds_back_only_what_stands_behind(
    store: GateStore, modern: TrialPlatform
) -> None:
    """503 for one record says: again later. Nothing is set aside for it."""
    await _commit(store, *range(1, 9))
    modern.refuses = {3: 503}
    async with linked(store, quick(modern.url)):
        await modern.until(lambda: len(modern.batches) > 1)
        modern.refuses = {}
        await _sent(store)
    assert sorted(modern.order) == list(range(1, 9))
    assert (await store.counts()).records[RecordState.ACKNOWLEDGED] == 8


async def test_a_batch_that_is_refused_as_such_is_taken_apart(store: GateStore, modern: TrialPlatform) -> None:
    await _commit(store, *range(1, 6))
    modern.faults["batch"].extend([413] * 5)
    async with linked(store, quick(modern.url)):
        await _sent(store)
    assert modern.order == list(range(1, 6))


async def test_a_platform_that_takes_them_one_by_one_is_asked_once_only(store: GateStore, platform: TrialPlatform) -> None:
    await _commit(store, *range(1, 8))
    async with linked(store, quick(platform.url)):
        await _sent(store)
    assert platform.order == list(range(1, 8))
