"""Frames that no seal of ours sent: who is told of them, how often, and for how long they are shown."""

import logging
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.model.clock import UtcTime
from gateway.model.observation import SealRejected

STANDS_FOR: Final = timedelta(minutes=10)  # after the last such frame: long enough for somebody to look at the lane
TOLD_EVERY: Final = timedelta(seconds=1)  # a forger can send thousands; a passage's record needs one a second

Subject = tuple[str, str | None, str]  # why, the number that it claims, receiver: few, whatever a forger makes up

log = logging.getLogger(__name__)


class SealAlarm(BaseModel):
    """Somebody sends forged or replayed frames. `number` is the seal that they claim to be, where the register knows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: Literal["forged", "replayed"]
    number: str | None
    receiver: str
    address: str = Field(description="The sender's radio address of the last such frame; a forger may choose it")
    count: int = Field(ge=1)
    last_at: UtcTime


class SealAlarms:
    """One a site. Each alarm is logged once when it is raised and once when it is over."""

    def __init__(self) -> None:
        self._told: dict[Subject, datetime] = {}
        self._standing: dict[Subject, SealAlarm] = {}

    @property
    def standing(self) -> tuple[SealAlarm, ...]:
        return tuple(self._standing.values())

    def is_worth_telling(self, rejected: SealRejected) -> bool:
        """Count a rejected frame, and say whether lanes shall hear of it now: of each kind once a second."""
        subject = (rejected.why, rejected.number, rejected.device)
        if rejected.why in {"forged", "replayed"}:
            self._raise(subject, rejected)
        told = self._told.get(subject)
        if told is not None and abs(rejected.at - told) < TOLD_EVERY:
            return False
        self._told[subject] = rejected.at
        return True

    def _raise(self, subject: Subject, rejected: SealRejected) -> None:
        before = self._standing.get(subject)
        if before is None:
            claim = _claim(rejected.number)
            log.warning("receiver %s: %s frames of %s, from %s", rejected.device, rejected.why, claim, rejected.address)
        self._standing[subject] = SealAlarm(
            why="forged" if rejected.why == "forged" else "replayed",
            number=rejected.number,
            receiver=rejected.device,
            address=rejected.address,
            count=before.count + 1 if before else 1,
            last_at=rejected.at,
        )

    def end_what_is_over(self, now: datetime) -> bool:
        """Take back alarms of which nothing was heard for a while. Whether there were any."""
        over = [subject for subject, alarm in self._standing.items() if now - alarm.last_at > STANDS_FOR]
        for subject in over:
            alarm = self._standing.pop(subject)
            claim = _claim(alarm.number)
            log.info("receiver %s: no %s frames of %s any more, %d in all", alarm.receiver, alarm.why, claim, alarm.count)
        return bool(over)


def _claim(number: str | None) -> str:
    return f"seal {number}" if number else "a seal that is not registered"
