"""What the platform's desk sees of this site's lanes, and what it makes them do."""

from collections.abc import Awaitable, Callable

from gateway.display.board import Board
from gateway.display.desk.waiting import waits
from gateway.display.view import LaneView
from gateway.lane.rulings import RulingAnswer
from gateway.model.observation import Ruling
from gateway.model.remote_desk import Attended, WaitingLane
from gateway.model.verdict import Outcome

Rule = Callable[[str, Ruling], Awaitable[RulingAnswer]]
LOOK_EVERY_S = 3600.0  # `Board` wakes whoever waits; this only bounds one wait


class RemoteDesk:
    """Over the site's board. `publish` shows a lane anew."""

    def __init__(self, board: Board, rule: Rule, publish: Callable[[str], None]) -> None:
        self._board, self._rule, self._publish = board, rule, publish
        self._attended: dict[str, str] = {}

    def waiting(self) -> tuple[WaitingLane, ...]:
        return tuple(lane for view in self._board.lanes() if (lane := _waiting(view)))

    async def waits_otherwise(self, told: tuple[WaitingLane, ...]) -> None:
        with self._board.subscribe() as board:
            while self.waiting() == told:
                await board.changed(LOOK_EVERY_S)

    async def rule(self, lane: str, ruling: Ruling) -> str:
        if self._board.lane(lane) is None:
            return RulingAnswer.NO_SUCH_PASSAGE.value
        return (await self._rule(lane, ruling)).value

    def attended(self, by: tuple[Attended, ...]) -> None:
        """Only lanes whose attendant has changed are shown anew."""
        before, self._attended = self._attended, {one.passage_id: one.person for one in by}
        changed = {
            passage for passage in before.keys() | self._attended.keys() if before.get(passage) != self._attended.get(passage)
        }
        for view in self._board.lanes():
            if view.passage and view.passage.passage_id in changed:
                self._publish(view.lane)

    def attendant_of(self, passage_id: str) -> str:
        """Who at the platform attends to a passage; empty where nobody does."""
        return self._attended.get(passage_id, "")


def _waiting(view: LaneView) -> WaitingLane | None:
    passage = waits(view)
    if passage is None or passage.verdict is None:
        return None
    return WaitingLane(
        lane=view.lane,
        passage_id=passage.passage_id,
        since=passage.verdict.decided_at,
        outcome=Outcome(view.mark.value),
    )
