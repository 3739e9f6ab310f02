"""A gate with an exception desk on a real port: a real staff file, a lane that takes a ruling, and cached orders."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import aiohttp

from gateway.display.board import Board
from gateway.display.desk.desk import Desk
from gateway.display.desk.own_form import OwnForm
from gateway.display.desk.sign_in import SignIn
from gateway.display.desk.staff import Person, Role, Staff, hash_pin, write_staff
from gateway.lane.rulings import RulingAnswer
from gateway.look.marks import Mark
from gateway.model.observation import Ruling
from gateway.model.transport_order import TransportOrder
from tests.display import scenes
from tests.display.evidence import NOW, order
from tests.display.scenes import Album
from tests.display.served import Served

OFFICER_PIN, SUPERVISOR_PIN, BADGE = "480913", "775204", "04A1B2C3D4"


def staff() -> Staff:
    nobody = Staff.nobody(os.urandom)
    officer = Person(staff_id="A017", name="陳美玲", role=Role.OFFICER, pin=hash_pin(OFFICER_PIN, os.urandom))
    supervisor = Person(
        staff_id="S002",
        name="吳志明",
        role=Role.SUPERVISOR,
        pin=hash_pin(SUPERVISOR_PIN, os.urandom),
        badges=(nobody.badge_hash(BADGE),),
    )
    return nobody.and_person(officer).and_person(supervisor)


class CachedOrders:
    """What the gate knows besides what the lane found."""

    def __init__(self) -> None:
        self.kept = (order(21, "SEGU6210293", "KLB-7731", "陳美玲"),)

    async def find(
        self, containers: Sequence[str], plates: Sequence[str], driving_licences: Sequence[str]
    ) -> tuple[TransportOrder, ...]:
        return tuple(one for one in self.kept if one.container and one.container.number in containers)

    async def numbered(self, order_number: str) -> TransportOrder | None:
        return next((one for one in self.kept if one.order_number == order_number), None)


class DeskGate(Served):
    """`rulings` are those that the lanes took. The time of lock-outs stands still until `moved_on_s` is set."""

    def __init__(self, board: Board, album: Album, folder: Path) -> None:
        super().__init__(board, album)
        self.staff_file = folder / "staff.json"
        write_staff(self.staff_file, staff())
        self.rulings: list[tuple[str, Ruling]] = []
        self.moved_on_s = 0.0
        self.desk = Desk(
            sign_in=SignIn(self.staff_file, lambda: self.moved_on_s),
            own_form=OwnForm(os.urandom),
            rule=self.rule,
            orders=CachedOrders(),
            clock=self.clock,
            valid=timedelta(seconds=60),
        )

    async def rule(self, lane: str, ruling: Ruling) -> RulingAnswer:
        """As a lane does: the ruling on the record, and the light."""
        self.rulings.append((lane, ruling))
        view = self.board.lane(lane)
        assert view
        assert view.passage
        mark, light = (Mark.PASS, "green") if ruling.approved else (Mark.STOP, "red")
        passage = view.passage.model_copy(update={"ruling": ruling})
        self.board.publish(view.model_copy(update={"mark": mark, "light": light, "passage": passage}))
        return RulingAnswer.TAKEN


class Clerk:
    """One browser without scripts. `form` is what the page's own form would send; changes go on top."""

    def __init__(self, address: str, session: aiohttp.ClientSession, language: str = "en") -> None:
        self.address, self.session, self.language = address, session, language
        self.form: dict[str, str] = {}

    async def open(self, lane: str = "lane-2") -> str:
        async with self.session.get(f"{self.address}/lanes/{lane}/desk?lang={self.language}") as answer:
            html = await answer.text()
        self.form = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', html))
        self.form = {name: value for name, value in self.form.items() if name not in {"decision", "order"}}
        return html

    async def send(
        self, lane: str = "lane-2", headers: dict[str, str] | None = None, changes: Mapping[str, str] | None = None, **more: str
    ) -> tuple[int, str]:
        """`changes` and `more` go on top of the form; `changes` is for names that are no Python names."""
        form = self.form | {
            "decision": "approve",
            "reason": "Compared the number at the box",
            "staff_id": "A017",
            "pin": OFFICER_PIN,
            "action": "decide",
        }
        sent = {"Origin": self.address} if headers is None else headers
        async with self.session.post(
            f"{self.address}/lanes/{lane}/desk", data=form | dict(changes or {}) | more, headers=sent, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text()


def publish(board: Board, album: Album) -> None:
    board.publish_site(scenes.site())
    for view in (scenes.passed(album), scenes.referred(album), scenes.stopped(album), scenes.idle(), scenes.crowded(album)):
        board.publish(view)


__all__ = ["BADGE", "NOW", "OFFICER_PIN", "SUPERVISOR_PIN", "CachedOrders", "Clerk", "DeskGate", "publish", "staff"]
