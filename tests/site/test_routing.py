"""From readers to lanes: the antenna says where, the register what; prefixes tell the unknown ones; the strongest lane gets it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.model.device import TagSighting
from gateway.model.lane_rules import Direction
from gateway.model.observation import ManualOpening, Observation, PassiveSealRead, PassRead, Presence
from gateway.model.wire import PassiveSealEntry, PortPassEntry
from gateway.orders.register_cache import RegisterCache
from gateway.site.lane_file import parse_site
from gateway.site.routing import SETTLE_S, Routing

BERTH = (Path(__file__).parents[2] / "lane_config" / "kaohsiung-ct4-b116.yaml").read_text(encoding="utf-8")
RULES = """
tag_prefixes:
  - {prefix: "3034", purpose: seal}
  - {prefix: e280, purpose: pass}
"""
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PASS = PortPassEntry(technology="uhf", uid="E2801160AA", holder="王小明", driving_licence="A123456789")
SEAL = PassiveSealEntry(epc="E280ABCD00", number="E-WLS8854668")


class Gate:
    """Two lanes with one antenna each, and everything that reached them."""

    def __init__(self, text: str = BERTH) -> None:
        self.site = parse_site(text, Path("/etc/gateway/site.yaml"))
        self.heard: dict[str, list[Observation]] = {lane.name: [] for lane in self.site.lanes}
        self.waiting: list[tuple[float, Callable[[], None]]] = []
        registers = RegisterCache()
        registers.take([PASS, SEAL])
        observers = {lane: heard.append for lane, heard in self.heard.items()}
        self.turned: dict[str, list[Direction]] = {lane: [] for lane in self.heard}
        directions = {lane: turned.append for lane, turned in self.turned.items()}
        self.routing = Routing(
            observers, self.site, lambda: NOW, lambda delay, then: self.waiting.append((delay, then)), directions
        )
        self._seen = self.routing.tags_of(self.site.readers[0], registers)

    def see(self, uid: str, antenna: int = 1, rssi: float = -55.0, seconds: float = 0.0) -> None:
        self._seen(TagSighting("uhf", NOW + timedelta(seconds=seconds), "uhf", uid, antenna, rssi))

    def loop(self, lane: int, occupied: bool) -> None:
        self.routing.inputs_of("io")(f"b116-{lane}-loop", occupied, NOW)

    def settle(self) -> None:
        due, self.waiting = self.waiting, []
        for delay, then in due:
            assert delay == SETTLE_S
            then()

    def tags(self, lane: int) -> list[Observation]:
        return [seen for seen in self.heard[f"b116-{lane}"] if not isinstance(seen, Presence)]


def test_the_register_says_what_a_tag_is_whatever_its_prefix() -> None:
    gate = Gate(BERTH + RULES)
    gate.see("e280abcd00")
    (seal,) = gate.tags(1)
    assert isinstance(seal, PassiveSealRead)
    assert seal.number == "WLS8854668"


@pytest.mark.parametrize(("uid", "kind"), [("3034ffff", PassiveSealRead), ("e280ffff", PassRead)])
def test_a_tag_in_no_register_is_what_its_prefix_says(uid: str, kind: type) -> None:
    gate = Gate(BERTH + RULES)
    gate.see(uid)
    gate.see("aaaa0000")
    (only,) = gate.tags(1)
    assert isinstance(only, kind)


def test_every_tag_that_a_reader_tells_is_counted_whatever_comes_of_it() -> None:
    gate = Gate()
    gate.see("3034ffff")
    gate.see("3034ffff")
    assert gate.routing.tags == {gate.site.readers[0].name: 2}


def test_without_rules_an_unknown_tag_at_an_antenna_for_anything_is_nothing() -> None:
    gate = Gate()
    gate.see("3034ffff")
    gate.see(PASS.uid.lower())
    assert [seen.kind for seen in gate.tags(1)] == ["pass_read"]


def test_of_two_lanes_with_vehicles_the_one_that_sees_it_stronger_gets_the_tag_though_the_other_saw_it_first() -> None:
    gate = Gate()
    gate.loop(1, True)
    gate.loop(2, True)
    gate.see(PASS.uid.lower(), antenna=1, rssi=-70)
    gate.see(PASS.uid.lower(), antenna=2, rssi=-48, seconds=0.3)
    assert (gate.tags(1), gate.tags(2)) == ([], [])
    gate.settle()
    assert gate.tags(1) == []
    assert [seen.kind for seen in gate.tags(2)] == ["pass_read"]


def test_a_lane_alone_gets_its_tags_at_once() -> None:
    gate = Gate()
    gate.loop(1, True)
    gate.see(PASS.uid.lower())
    assert len(gate.tags(1)) == 1
    assert gate.waiting == []


def test_a_tag_weaker_than_an_antenna_allows_is_not_in_its_lane() -> None:
    gate = Gate(BERTH.replace("1: {lane: b116-1, purpose: any}", "1: {lane: b116-1, purpose: any, weakest_dbm: -60}"))
    gate.see(PASS.uid.lower(), rssi=-61)
    assert gate.tags(1) == []
    gate.see(PASS.uid.lower(), rssi=-60)
    assert len(gate.tags(1)) == 1


def test_an_antenna_that_the_lane_file_does_not_name_is_not_listened_to() -> None:
    gate = Gate()
    gate.see(PASS.uid.lower(), antenna=4)
    assert (gate.tags(1), gate.tags(2)) == ([], [])


SWITCHES = """    key_switch: {module: io, input: b116-1-key}
    direction_switch: {module: io, input: b116-1-turn, on: in}
    barrier: {"""


def with_switches() -> str:
    text = BERTH.replace("b116-1-loop: {channel: 0}", "b116-1-loop: {channel: 0}\n      b116-1-key: {channel: 10}", 1)
    text = text.replace("b116-1-key: {channel: 10}", "b116-1-key: {channel: 10}\n      b116-1-turn: {channel: 11}", 1)
    return text.replace("    barrier: {", SWITCHES, 1)


def test_a_key_that_is_turned_is_a_manual_opening_and_letting_go_of_it_is_none() -> None:
    gate = Gate(with_switches())
    told = gate.routing.inputs_of("io")
    told("b116-1-key", True, NOW)
    told("b116-1-key", False, NOW)
    assert gate.heard["b116-1"] == [ManualOpening(device="io.b116-1-key", at=NOW)]
    assert gate.heard["b116-2"] == []


def test_a_switch_turns_its_own_lane_round_and_back() -> None:
    gate = Gate(with_switches())
    told = gate.routing.inputs_of("io")
    told("b116-1-turn", True, NOW)
    told("b116-1-turn", False, NOW)
    assert gate.turned == {"b116-1": [Direction.IN, Direction.OUT], "b116-2": []}
