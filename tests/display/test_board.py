"""The board keeps the newest, in the site's order, and tells subscribers once however much happened."""

from gateway.display.board import Board
from gateway.look.marks import Mark
from tests.display import scenes

LONG_S = 30.0


async def test_a_slow_subscriber_sees_the_newest_only() -> None:
    board = Board()
    with board.subscribe() as subscription:
        for mark in (Mark.BUSY, Mark.STOP, Mark.PASS):
            board.publish(scenes.view("lane-1", mark, "amber", None))
        assert await subscription.changed(LONG_S)
        assert [view.mark for view in board.lanes()] == [Mark.PASS]
        assert not await subscription.changed(0)  # three changes, told once


async def test_every_subscriber_is_told_and_forgotten_when_it_leaves() -> None:
    board = Board()
    with board.subscribe() as one, board.subscribe() as other:
        assert board.subscribers == 2
        board.publish_site(scenes.site())
        assert await one.changed(LONG_S)
        assert await other.changed(LONG_S)
    assert board.subscribers == 0


async def test_subscribers_let_go_when_the_server_stops() -> None:
    board = Board()
    with board.subscribe() as subscription:
        board.end_subscriptions()
        assert await subscription.changed(LONG_S)
        assert subscription.ended


def test_lanes_stand_in_the_sites_order_and_unknown_ones_last() -> None:
    board = Board()
    for lane in ("lane-9", "lane-1", "lane-2"):
        board.publish(scenes.view(lane, Mark.IDLE, "red", None))
    assert [view.lane for view in board.lanes()] == ["lane-1", "lane-2", "lane-9"]
    board.publish_site(scenes.site(lanes=("lane-2", "lane-1")))
    assert [view.lane for view in board.lanes()] == ["lane-2", "lane-1", "lane-9"]
