"""Lane files: what is wrong is named with file, line and key; what is right is understood."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.model.policy import shipped_policy
from gateway.site.lane_file import LaneFileError, load_site, parse_site, schema

LANE_CONFIG = Path(__file__).parents[2] / "lane_config"
DESK = (LANE_CONFIG / "desk.yaml").read_text(encoding="utf-8")
BERTH = (LANE_CONFIG / "kaohsiung-ct4-b116.yaml").read_text(encoding="utf-8")
HERE = Path("/etc/gateway/site.yaml")


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(LaneFileError) as raised:
        parse_site(text, HERE)
    return raised.value.problems


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@pytest.mark.parametrize("path", sorted(LANE_CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_lane_file_is_right(path: Path) -> None:
    assert load_site(path).lanes


def test_the_four_demonstration_lanes_are_there() -> None:
    lanes = [
        lane.name for file in ("kaohsiung-ct4-b116.yaml", "kaohsiung-ct5-b79.yaml") for lane in load_site(LANE_CONFIG / file).lanes
    ]
    assert lanes == ["b116-1", "b116-2", "b79-1", "b79-2"]


def test_an_unknown_key_is_named_with_its_line() -> None:
    text = BERTH.replace("      patience_s: 15", "      patience: 15", 1)
    line = line_of(text, "patience: 15")
    assert problems(text) == (f"{HERE}:{line}: lanes.0.rules.patience: unknown key",)


def test_a_wrong_unit_is_named_with_its_line() -> None:
    text = BERTH.replace("      patience_s: 15", "      patience_s: 15 min", 1)
    (problem,) = problems(text)
    assert problem.startswith(f"{HERE}:{line_of(text, '15 min')}: lanes.0.rules.patience_s: ")
    assert "number" in problem


def test_a_missing_key_is_named_at_the_line_of_its_mapping() -> None:
    text = BERTH.replace("    host: 192.168.116.20\n", "")
    (problem,) = problems(text)
    assert "readers.0.host" in problem
    assert "required" in problem.lower()


def test_everything_wrong_is_told_at_once() -> None:
    text = BERTH.replace("patience_s: 15", "patience_s: -1").replace("port: 5084", "port: 99999")
    assert len(problems(text)) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("loop: {module: io, input: b116-1-loop}", "loop: {module: oi, input: b116-1-loop}"), "'oi'"),
        (("loop: {module: io, input: b116-1-loop}", "loop: {module: io, input: b116-9-loop}"), "'b116-9-loop'"),
        (("    barrier: {", "    key_switch: {module: io, input: key}\n    barrier: {"), "key switch names 'key'"),
        (
            ("    barrier: {", "    direction_switch: {module: oi, input: turn}\n    barrier: {"),
            "direction switch names the I/O module 'oi'",
        ),
        (
            ("      patience_s: 15", "      profile: crane\n      require_plate: true"),
            "a crane's boxes have neither plate nor port pass",
        ),
        (("1: {lane: b116-1, purpose: any}", "1: {lane: b116-7, purpose: any}"), "'b116-7'"),
        (("lanes: [b116-1]", "lanes: [b116-8]"), "'b116-8'"),
        (("- name: b116-2-rear", "- name: b116-1-rear"), "'b116-1-rear' is there twice"),
        (("  - name: b116-2\n", "  - name: b116-1\n"), "lane 'b116-1' is there twice"),
        (("      patience_s: 15", "      patience_s: 15\n      without: {ufh: [pass]}"), "rules.without names the device 'ufh'"),
        (("      patience_s: 15", "      patience_s: 15\n      without: {uhf: [container]}"), "lanes.0.rules.without.uhf.0: "),
        (("name: kaohsiung-ct4-b116\n", "name: x\npolicy: nowhere.yaml\n"), "nowhere.yaml: No such file"),
    ],
)
def test_names_that_point_nowhere_or_twice(change: tuple[str, str], said: str) -> None:
    assert said in "\n".join(problems(BERTH.replace(*change, 1)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("b116-1-loop: {channel: 0}", "b116-1-loop: {channel: 12}"), "io_modules.0.inputs.b116-1-loop.channel: "),
        (("b116-1-loop: {channel: 0}", "b116-1-loop: {address: 0}"), "io_modules.0.inputs.b116-1-loop.address: unknown key"),
        (("watchdog: {timeout_s: 8}", "watchdog: {timeout_s: 0}"), "io_modules.0.watchdog.timeout_s: "),
        (("pulse_s: 1}", "pulse_s: 1, closed: b116-1-down}"), "barrier's end switch names 'b116-1-down'"),
        (("    barrier: {", "    sounder: {module: io, output: b116-1-horn}\n    barrier: {"), "sounder names 'b116-1-horn'"),
        (("name: kaohsiung-ct4-b116\n", "name: x\ntime: {ntp: {host: 10.0.0.1, every_s: 1}}\n"), "time.ntp.every_s: "),
    ],
)
def test_what_is_wrong_with_signals_and_time_is_named_by_its_key(change: tuple[str, str], said: str) -> None:
    assert said in "\n".join(problems(BERTH.replace(*change, 1)))


def test_a_site_has_a_policy_file_and_a_lane_may_have_its_own(tmp_path: Path) -> None:
    rest = "{id: rest, title: {zh_TW: 其他, en: rest}, source: here, basis: law, need: none}"
    (tmp_path / "ours.yaml").write_text(f"id: ours\nrules: [{rest}]\n", encoding="utf-8")
    text = f"policy: ours.yaml\n{BERTH}".replace(
        "      patience_s: 15", f"      patience_s: 15\n      policy: {{id: own, rules: [{rest}]}}", 1
    )
    site = parse_site(text, tmp_path / "site.yaml")
    assert [lane.rules.policy.id for lane in site.lanes] == ["own", "ours"]
    assert all(lane.rules.policy == shipped_policy() for lane in parse_site(BERTH, HERE).lanes)


def test_two_modules_on_one_serial_line_are_refused() -> None:
    text = BERTH.replace("type: adam_6050 ", "type: modbus_rtu ").replace("type: adam_6060 ", "type: modbus_rtu ")
    text = text.replace("    host: 192.168.116.10\n    port: 502\n", "    device: /dev/ttyS0\n")
    text = text.replace("    host: 192.168.116.11\n    port: 502\n", "    device: /dev/ttyS0\n").replace("channel:", "address:")
    assert "serial line '/dev/ttyS0' is there twice" in problems(text)[0]


def test_a_lane_without_loop_says_so() -> None:
    assert "opened_by" in problems(DESK.replace("      opened_by: camera", "      opened_by: loop"))[0]


def test_a_key_that_stands_twice() -> None:
    assert str(HERE) in problems(DESK + "\nname: again\n")[0]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "name: [unclosed", "a: b: c", "\t", "&a *a", "!!python/object:os.system {}"])
def test_what_is_no_lane_file_is_a_clear_error(text: str) -> None:
    assert str(HERE) in problems(text)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x, x]\n" + "".join(f"{n}: &{n} [*{m}, *{m}]\n" for m, n in pairwise("abcdefghijklmnopqrstuvw")), "more than"),
        ("a: " + "[" * 50_000, "nested too deeply"),
    ],
)
def test_a_few_lines_that_stand_for_more_than_any_machine_holds_are_refused(text: str, said: str) -> None:
    with pytest.raises(LaneFileError, match=said):
        parse_site(text, Path("site.yaml"))


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    text = BERTH.replace("rtsp://192.168.116.41/front", "rtsp://gate:hunter2@192.168.116.41/front")
    said = "\n".join(problems(text))
    assert "hunter2" not in said
    assert "password_file" in said


def test_relative_paths_start_at_the_lane_file() -> None:
    assert parse_site(DESK, HERE).store.folder == Path("/etc/gateway/../var/desk")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LaneFileError, match="No such file"):
        load_site(tmp_path / "nowhere.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LaneFileError, match="UTF-8"):
        load_site(binary)


def test_the_schema_describes_every_key() -> None:
    found = json.loads(schema())
    assert found["$schema"].startswith("https://json-schema.org/")
    lacking = [
        f"{name}.{key}"
        for name, definition in {**found["$defs"], "SiteConfig": found}.items()
        for key, value in definition.get("properties", {}).items()
        if "description" not in value and "$ref" not in value
    ]
    assert lacking == []


ADAPTERS = """      type: advertisement_feed  # a BLE bridge that sends what it hears as JSON lines
      host: 192.168.116.31
      port: 5100
"""


def test_an_adapter_of_this_machine_hears_seals() -> None:
    site = parse_site(BERTH.replace(ADAPTERS, "      type: bluez\n      adapter: hci1\n"), HERE)
    assert site.seals is not None
    assert [receiver.type for receiver in site.seals.receivers] == ["bluez", "advertisement_feed"]


def test_what_is_wrong_with_an_adapter_is_named_with_its_line() -> None:
    text = BERTH.replace(ADAPTERS, "      type: bluez\n      adapter: wlan0\n")
    (problem,) = problems(text)
    assert problem.startswith(f"{HERE}:{line_of(text, 'wlan0')}: seals.receivers.0.adapter: ")
    text = BERTH.replace(ADAPTERS, "      type: zigbee\n")
    assert "bluez" in problems(text)[0]
    text = BERTH.replace(ADAPTERS, "      type: bluez\n").replace(
        ADAPTERS.replace(".31", ".32").replace("  # a BLE bridge that sends what it hears as JSON lines", ""), "      type: bluez\n"
    )
    assert "adapter 'HCI0' is there twice" in problems(text)[0]


def test_a_key_that_is_there_twice_is_told_without_its_values() -> None:
    """One of them may be a password that somebody tried out."""
    (problem,) = problems(DESK.replace("name: desk\n", "name: desk\nname: hunter2\n", 1))
    assert problem.endswith(": the same key twice")
