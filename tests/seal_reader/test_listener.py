"""What a gate believes: authentic, known and fresh frames, and nothing else; also after a restart."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.observation import SealRejected, VehicleSealHeard
from gateway.seal_reader.counters import CounterFile
from gateway.seal_reader.keys import SealKeys
from gateway.seal_reader.listener import SealAuthenticator
from gateway.seal_reader.profile import SealFlag
from gateway.simulator.seal_beacon import SealBeacon
from tests.seal_reader.conftest import MASTER, NUMBER, SERIAL, START, authenticator, heard


def _why(gate: SealAuthenticator, payload: bytes | None, after_s: float = 0.0) -> str:
    answer = gate.accept(heard(payload, after_s))
    if answer is None:
        return "late"
    return answer.why if isinstance(answer, SealRejected) else "heard"


def test_an_authentic_frame_tells_the_seals_state(keys: SealKeys, beacon: SealBeacon) -> None:
    beacon.flags, beacon.battery_percent, beacon.counter = SealFlag.PLUG_INSERTED | SealFlag.MOTOR_STUCK, 34, 899
    assert authenticator(keys).accept(heard(beacon.next_frame(), rssi=-61.0)) == VehicleSealHeard(
        device="ble-1",
        at=START,
        number=NUMBER,
        rssi=-61.0,
        inserted=True,
        locked=False,
        motor_stuck=True,
        battery_percent=34,
        counter=900,
    )


@pytest.mark.parametrize("flag", list(SealFlag))
def test_every_flag_arrives_as_its_own_field(keys: SealKeys, beacon: SealBeacon, flag: SealFlag) -> None:
    names = {SealFlag.PLUG_INSERTED: "inserted", SealFlag.MOTOR_LOCKED: "locked"}
    beacon.flags = flag
    state = authenticator(keys).accept(heard(beacon.next_frame()))
    assert isinstance(state, VehicleSealHeard)
    assert [name for name, value in state.model_dump().items() if value is True] == [names.get(flag, (flag.name or "").lower())]


def test_what_is_not_a_seal_is_nothing(keys: SealKeys) -> None:
    gate = authenticator(keys)
    assert gate.accept(heard(bytes.fromhex("4c0010052b1c4a6b53"))) is None
    assert gate.accept(heard(b"")) is None
    assert not gate.counts


def test_a_forged_frame_is_counted_and_refused_with_the_number_it_claims(keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    beacon.fault = "forged"
    answer = gate.accept(heard(beacon.next_frame()))
    assert answer == SealRejected(device="ble-1", at=START, address="C0:00:01:35:29:03", number=NUMBER, why="forged")
    assert gate.counts == {"forged": 1}


def test_a_forged_frame_does_not_push_the_counter(keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    forger = SealBeacon(SERIAL, SealKeys({1: bytes(16)}), counter=4_000_000_000)
    assert _why(gate, forger.next_frame()) == "forged"
    assert _why(gate, beacon.next_frame()) == "heard"


def test_a_seal_that_the_register_does_not_know(keys: SealKeys) -> None:
    answer = authenticator(keys).accept(heard(SealBeacon(7, keys).next_frame()))
    assert isinstance(answer, SealRejected)
    assert (answer.why, answer.number) == ("unknown", None)


def test_a_seal_that_is_registered_later_is_heard_then(keys: SealKeys) -> None:
    register: dict[int, str] = {}
    gate = authenticator(keys)
    gate._numbers = register.get
    stranger = SealBeacon(7, keys)
    first = stranger.next_frame()
    assert _why(gate, first) == "unknown"
    register[7] = "VSL0000007"
    assert _why(gate, first, 60.0) == "heard"


def test_the_same_frame_again_is_heard_again_for_a_while(keys: SealKeys, beacon: SealBeacon) -> None:
    gate, payload = authenticator(keys), beacon.next_frame()
    assert [_why(gate, payload, after_s) for after_s in (0, 1, 14.9, 15.1, 3600)] == [
        "heard",
        "heard",
        "heard",
        "replayed",
        "replayed",
    ]
    assert gate.counts == {"heard": 3, "replayed": 2}


def test_an_older_frame_is_a_recording(keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    locked = beacon.next_frame()
    beacon.flags = SealFlag(0)
    unlocked = beacon.next_frame()
    assert [_why(gate, payload) for payload in (locked, unlocked, locked)] == ["heard", "heard", "replayed"]


def test_a_receiver_that_is_slower_than_another_raises_no_alarm(keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    locked = beacon.next_frame()
    beacon.flags = SealFlag(0)
    opened = beacon.next_frame()

    def by(receiver: str, payload: bytes | None, after_s: float) -> str:
        answer = gate.accept(replace(heard(payload, after_s), device=receiver))
        return "late" if answer is None else answer.why if isinstance(answer, SealRejected) else "heard"

    assert [by("fast", locked, 0), by("fast", opened, 1), by("slow", locked, 1.1), by("slow", locked, 1.2)] == [
        "heard",
        "heard",
        "late",
        "late",
    ]
    assert [by("slow", opened, 1.3), by("slow", locked, 1.4)] == ["heard", "replayed"]
    assert by("third", locked, 15.1) == "replayed"


def test_a_frame_that_only_the_slower_receiver_has_heard_is_neither_used_nor_an_alarm(keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    frames = [beacon.next_frame() for _ in range(5)]

    def by(receiver: str, payload: bytes | None, after_s: float) -> str:
        answer = gate.accept(replace(heard(payload, after_s), device=receiver))
        return "late" if answer is None else answer.why if isinstance(answer, SealRejected) else "heard"

    assert [by("fast", frames[0], 0), by("fast", frames[3], 3)] == ["heard", "heard"]
    assert by("slow", frames[2], 3.1) == "late"  # overtaken by one
    assert by("slow", frames[1], 3.2) == "replayed"  # after a later one from the same receiver: a recording
    assert by("fast", frames[2], 3.3) == "replayed"
    assert [by("fast", frames[4], 4), by("third", frames[1], 4.1)] == ["heard", "replayed"]  # three behind
    assert by("third", frames[2], 9.1) == "replayed"  # too late to be only slow


def test_another_state_under_the_same_counter_is_not_believed(keys: SealKeys, beacon: SealBeacon) -> None:
    gate = authenticator(keys)
    assert _why(gate, beacon.next_frame()) == "heard"
    reset = SealBeacon(SERIAL, keys, flags=SealFlag(0))
    assert _why(gate, reset.next_frame()) == "replayed"


def test_a_recording_is_refused_also_after_a_restart(tmp_path: Path, keys: SealKeys, beacon: SealBeacon) -> None:
    counters = CounterFile(tmp_path / "counters.db")
    gate = authenticator(keys, counters)
    recorded = [beacon.next_frame() for _ in range(3)]
    assert [_why(gate, payload) for payload in recorded] == ["heard"] * 3
    counters.close()

    counters = CounterFile(tmp_path / "counters.db")
    gate = authenticator(keys, counters)
    assert [_why(gate, payload) for payload in recorded] == ["replayed", "replayed", "late"]  # the last may still be the seal's own
    assert _why(gate, recorded[-1], 15.1) == "replayed"
    assert _why(gate, beacon.next_frame()) == "heard"
    counters.close()


def test_a_seal_moves_to_a_new_master_while_the_old_one_counts(beacon: SealBeacon) -> None:
    both = SealKeys({1: MASTER, 2: bytes(32)})
    gate = authenticator(both)
    assert _why(gate, beacon.next_frame()) == "heard"
    moved = SealBeacon(SERIAL, both, key_id=2, counter=beacon.counter)
    assert _why(gate, moved.next_frame()) == "heard"
    assert _why(authenticator(SealKeys({2: bytes(32)})), beacon.next_frame()) == "unknown"


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=40))
def test_of_any_order_of_frames_only_growing_counters_bring_news(steps: list[tuple[int, int]]) -> None:
    """Each step plays one of six recorded frames some seconds after the last step."""
    beacon = SealBeacon(SERIAL, SealKeys({1: MASTER}))
    frames = [beacon.next_frame() for _ in range(6)]
    gate, now, believed = authenticator(beacon.keys), 0, []
    for which, pause in steps:
        now += pause
        answer = gate.accept(heard(frames[which], now))
        if isinstance(answer, VehicleSealHeard):
            believed.append(answer.counter)
    assert believed == sorted(believed)


@given(st.binary(max_size=40))
def test_no_payload_is_too_much(payload: bytes) -> None:
    gate = authenticator(SealKeys({1: MASTER}))
    assert not isinstance(gate.accept(heard(payload)), VehicleSealHeard)
    assert not isinstance(gate.accept(heard(b"\xff\xff\x5e\x01\x01" + payload)), VehicleSealHeard)
