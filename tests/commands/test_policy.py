"""`gateway policy`: what a person who asks about an order is told, and a program."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.model.clock import utc_now
from gateway.model.policy import shipped_policy
from gateway.model.wire import OrderStandingEntry
from gateway.orders.order_cache import OrderCache
from gateway.store.gate_store import GateStore
from tests.orders.entries import message, order, page

DESK = (Path(__file__).parents[2] / "lane_config" / "desk.yaml").read_text(encoding="utf-8")
OURS = """
id: ours
rules:
  - id: nothing
    title: {zh_TW: 免封, en: no seal}
    source: announcement 1
    basis: law
    need: none
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["policy", *arguments])


@pytest.fixture
def import_order(tmp_path: Path) -> Path:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(message(1) | {"operation_kind": "1", "seals": [{"kind": "7", "number": "OWN1"}]}), encoding="utf-8")
    return path


def explained(*arguments: str) -> dict[str, Any]:
    result = run("explain", "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_person_is_told_the_rule_the_reason_and_what_is_lacking_in_both_languages(import_order: Path) -> None:
    said = run("explain", str(import_order), "--date", "2026-11-23").output
    chinese, english = said.split("\n\n")[:2]
    for words in ("import-inland", "未放行進口重櫃", "作業類別: 1 進口", "電子封條, 車機封條", "車道將轉人工", "自備封條 OWN1"):
        assert words in chinese
    for words in ("Unreleased import", "Operation: 1 import", "One of these seals", "The order lacks a seal", "own seal OWN1"):
        assert words in english
    assert "transit" in english  # a rule before it, and why it does not apply
    assert "wants 2 transit, 3 transhipment, is 1 import" in english


def test_the_day_decides(import_order: Path) -> None:
    late = explained(str(import_order), "--date", "2023-01-01")
    assert (late["rule"]["id"], late["need"], late["kinds"], late["missing"]) == ("import-inland", "any", ["5", "8"], ["5", "8"])
    early = explained(str(import_order), "--date", "2022-12-31")
    assert (early["rule"]["id"], early["missing"]) == ("sealed-box", [])
    assert early["policy"] == shipped_policy().version


def test_another_policy_and_a_note(import_order: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours.yaml"
    ours.write_text(OURS, encoding="utf-8")
    assert explained(str(import_order), "--policy", str(ours))["rule"]["id"] == "nothing"
    site = tmp_path / "site.yaml"
    site.write_text(f"policy: ours.yaml\n{DESK}", encoding="utf-8")
    assert explained(str(import_order), "--site", str(site))["rule"]["id"] == "nothing"
    assert explained(str(import_order), "--note", "B")["rule"]["id"] == "work-instruction-b"
    assert "not both" in run("explain", str(import_order), "--site", str(site), "--policy", str(ours)).output


def test_an_order_in_a_gates_store_with_its_work_instructions(tmp_path: Path) -> None:
    async def fill() -> None:
        async with GateStore.open(tmp_path / "gate", "kh-t4", utc_now) as store:
            cache = await OrderCache.open(store)
            told = OrderStandingEntry(order_number=order(1).order_number, notes=("B",))
            await cache.apply(page(order(1), order(2), told))
            inside = explained(order(2).order_number, "--folder", str(tmp_path / "gate"))  # beside the running service
            assert inside["rule"]["id"] == "sealed-box"

    asyncio.run(fill())
    assert explained(order(1).order_number.lower(), "--folder", str(tmp_path / "gate"))["rule"]["id"] == "work-instruction-b"
    result = run("explain", "BD99", "--folder", str(tmp_path / "gate"))
    assert (result.exit_code, "there is no order BD99" in result.output) == (1, True)
    result = run("explain", "BD99", "--folder", str(tmp_path / "nowhere"))
    assert (result.exit_code, "nowhere" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ("[]", "not a JSON object"), ("{}", "message_id"), ('{"seals": 3}', "seals"), ("\udcff", "not UTF-8")],
)
def test_what_is_no_order_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = run("explain", str(path))
    assert (result.exit_code, said in result.output, str(path) in result.output) == (1, True, True)


def test_an_order_number_without_a_store_is_told_what_it_wants() -> None:
    result = run("explain", "BD11020459525700001")
    assert (result.exit_code, "--folder" in result.output) == (1, True)


def test_policy_files_are_checked_with_their_lines(tmp_path: Path) -> None:
    ours = tmp_path / "ours.yaml"
    ours.write_text(OURS, encoding="utf-8")
    assert run("check", str(ours)).exit_code == 0
    ours.write_text(OURS.replace("need: none", "need: some"), encoding="utf-8")
    result = run("check", str(ours))
    assert (result.exit_code, f"{ours}:8: rules.0.need" in result.output) == (1, True)
    site = tmp_path / "site.yaml"
    site.write_text(f"policy: ours.yaml\n{DESK}", encoding="utf-8")
    checked = CliRunner().invoke(main, ["config", "check", str(site)])
    assert (checked.exit_code, f"{ours}:8: rules.0.need" in checked.output) == (1, True)
