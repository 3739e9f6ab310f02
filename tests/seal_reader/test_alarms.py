"""Forged and replayed frames: shown while they last and a while longer, logged once, told to lanes once a second."""

import logging
from datetime import timedelta

import pytest

from gateway.model.observation import SealRejected
from gateway.seal_reader.alarms import STANDS_FOR, SealAlarms
from gateway.seal_reader.listener import Why
from tests.seal_reader.conftest import NUMBER, START


def rejected(why: Why, after_s: float = 0.0, number: str | None = NUMBER, address: str = "C0:00") -> SealRejected:
    return SealRejected(device="ble-1", at=START + timedelta(seconds=after_s), address=address, number=number, why=why)


@pytest.mark.parametrize(("number", "claimed"), [(NUMBER, f"seal {NUMBER}"), (None, "a seal that is not registered")])
def test_an_alarm_is_raised_counted_logged_once_and_ends(
    number: str | None, claimed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    alarms = SealAlarms()
    for tenth in range(50):
        alarms.is_worth_telling(rejected("forged", tenth / 10, number))
    (alarm,) = alarms.standing
    assert (alarm.why, alarm.number, alarm.receiver, alarm.count) == ("forged", number, "ble-1", 50)
    assert not alarms.end_what_is_over(START + STANDS_FOR)
    assert alarms.end_what_is_over(START + STANDS_FOR + timedelta(seconds=10))
    assert alarms.standing == ()
    assert [record.message for record in caplog.records] == [
        f"receiver ble-1: forged frames of {claimed}, from C0:00",
        f"receiver ble-1: no forged frames of {claimed} any more, 50 in all",
    ]


def test_a_lane_is_told_once_a_second_whatever_addresses_a_forger_makes_up() -> None:
    alarms = SealAlarms()
    told = [alarms.is_worth_telling(rejected("forged", n / 100, address=f"C0:{n}")) for n in range(250)]
    assert told.count(True) == 3


def test_of_a_seal_that_nobody_knows_no_alarm_is_made() -> None:
    alarms = SealAlarms()
    assert alarms.is_worth_telling(rejected("unknown", number=None))
    assert alarms.is_worth_telling(rejected("malformed", number=None))
    assert alarms.standing == ()
