"""A platform with people who may decide, and a gate that tells it what waits."""

import json
from typing import Any

from gateway.model.remote_desk import DeskNews
from tests.platform.conftest import Client, SteppingClock
from tests.platform.person import Person
from tests.platform.samples import confirmation

PASSAGE = confirmation()["passage_id"]
CASE = f"/desk/ct4-116/{PASSAGE}"
APPROVE = {"action": "decide", "decision": "approve", "reason": "Compared the number at the box"}
REFUSE = {"action": "decide", "decision": "refuse", "reason": "Held for Customs"}


class Gate:
    """What a gate tells the desk: at first that one passage waits."""

    def __init__(self, platform: Client, name: str = "ct4-116") -> None:
        self._platform, self._name = platform, name
        self.waiting: list[dict[str, Any]] = [
            {"lane": "lane-1", "passage_id": PASSAGE, "since": "2026-11-23T03:43:49Z", "outcome": "REFER"}
        ]
        self.attended: list[dict[str, Any]] = []

    async def asks(self, wait: int = 0, answered: tuple[tuple[str, str], ...] = ()) -> DeskNews:
        said = [{"ruling_id": one, "answer": answer} for one, answer in answered]
        report = {"waiting": self.waiting, "answered": said, "attended": self.attended}
        status, news = await self._platform.post(f"/api/gates/{self._name}/desk?wait={wait}", report)
        assert status == 200, news
        self.attended = news["attended"]
        return DeskNews.model_validate_json(json.dumps(news))


class Office:
    def __init__(self, address: str, client: Client, clock: SteppingClock) -> None:
        self.address, self.client, self.clock = address, client, clock
        self.gate = Gate(client)

    async def signed_in(self, login: str) -> Person:
        person = Person(self.address)
        await person.sign_in(login)
        return person
