"""Which rule decides on an order, by the shipped policy and by others; and that the day, the district and the notes count."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decision.required_seals import required_seals
from gateway.model.policy import Closure, Condition, Need, Policy, shipped_policy
from tests.evidence import BOX, order

ALL_KINDS = ("1", "2", "3", "4", "5", "6", "7", "8")
TAICHUNG = "DA15110459525700001"


def on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T04:00:00+00:00")


def cargo(**values: str) -> list[dict[str, str]]:
    return [{"quantity": "1", **values}]


@pytest.mark.parametrize(
    ("changes", "day", "rule", "kinds"),
    [
        ({"load_kind": "E"}, "2026-11-23", "empty-vehicle", ()),
        ({"load_kind": "B"}, "2026-11-23", "empty-box", ()),
        ({"load_kind": "C"}, "2026-11-23", "not-containerised", ()),
        ({"operation_kind": "1"}, "2022-12-31", "sealed-box", ALL_KINDS),
        ({"operation_kind": "1"}, "2023-01-01", "import-inland", ("5", "8")),
        ({"operation_kind": "1", "load_kind": "D"}, "2026-11-23", "import-inland", ("5", "8")),
        ({"operation_kind": "2"}, "2021-12-31", "sealed-box", ALL_KINDS),
        ({"operation_kind": "2"}, "2026-11-23", "transit", ("5", "8")),
        ({"operation_kind": "3"}, "2026-11-23", "transit", ("5", "8")),
        ({"operation_kind": "3", "order_number": TAICHUNG}, "2022-06-30", "transit", ("5", "8")),
        ({"operation_kind": "3", "order_number": TAICHUNG}, "2022-07-01", "taichung-dual-track", ("5", "8")),
        ({"operation_kind": "3", "order_number": TAICHUNG, "vehicle": {"kind": "2"}}, "2026-11-23", "transit", ("5", "8")),
        ({"operation_kind": "4"}, "2026-11-23", "sealed-box", ALL_KINDS),
        ({"cargo": cargo(clearance_mode="C3M")}, "2026-11-23", "export-sealed-by-customs", ("5", "8")),
        ({"cargo": cargo(clearance_mode="C1")}, "2026-11-23", "sealed-box", ALL_KINDS),
        ({"cargo": cargo(clearance_mode="C1"), "destination": "017A1150"}, "2026-11-23", "art-14-same-wharf", ()),
        ({"operation_kind": "7"}, "2026-11-23", "rest", ()),
    ],
)
def test_the_shipped_policy(changes: dict[str, Any], day: str, rule: str, kinds: tuple[str, ...]) -> None:
    asked = required_seals(order(**changes), on(day), shipped_policy())
    assert (asked.rule.id, asked.kinds) == (rule, kinds)


def test_a_work_instructions_note_asks_for_a_seal_where_nothing_else_does() -> None:
    empty = order(load_kind="B")
    assert required_seals(empty, on("2026-11-23"), shipped_policy(), ["B"]).rule.id == "work-instruction-b"
    assert required_seals(empty, on("2026-11-23"), shipped_policy(), ["C"]).rule.id == "empty-box"


def test_the_day_is_taipeis() -> None:
    last_minute = datetime(2022, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in Taipei
    asked = [required_seals(order(operation_kind="1"), at, shipped_policy()).rule.id for at in (last_minute, on("2022-12-31"))]
    assert asked == ["sealed-box", "sealed-box"]
    midnight = datetime(2022, 12, 31, 16, 0, tzinfo=UTC)
    assert required_seals(order(operation_kind="1"), midnight, shipped_policy()).rule.id == "import-inland"


def test_every_rule_that_was_passed_over_says_why() -> None:
    asked = required_seals(order(operation_kind="1"), on("2022-12-31"), shipped_policy())
    why = {miss.rule.id: miss for miss in asked.missed}
    assert (why["transit"].condition, why["transit"].wanted, why["transit"].found) == (Condition.OPERATION_KIND, ("2", "3"), ("1",))
    assert why["import-inland"].condition is None
    assert why["import-inland"].found == ("2022-12-31",)


def closed(day: str, kind: str = "5", instead: str = "8", district: str = "taichung") -> Policy:
    closure = Closure(district=district, kind=kind, instead=instead, since=date.fromisoformat(day), source="announcement")
    return shipped_policy().model_copy(update={"closures": (closure,)})


def test_where_passive_e_seals_have_ended_the_other_seal_is_asked_for() -> None:
    there, elsewhere = order(operation_kind="2", order_number=TAICHUNG), order(operation_kind="2")
    policy = closed("2027-01-01")
    assert required_seals(there, on("2026-12-31"), policy).kinds == ("5", "8")
    asked = required_seals(there, on("2027-01-01"), policy)
    assert (asked.kinds, asked.rule.id, len(asked.closures)) == (("8",), "taichung-dual-track", 1)
    assert required_seals(elsewhere, on("2027-01-01"), policy).kinds == ("5", "8")


def test_an_order_number_of_the_older_form_names_no_district() -> None:
    asked = required_seals(order(operation_kind="2", order_number="D017A11010112000001"), on("2026-11-23"), shipped_policy())
    assert asked.facts[Condition.DISTRICT] == frozenset()
    assert asked.rule.id == "transit"


def test_release_conditions_run_together_and_areas_are_how_a_place_code_begins() -> None:
    rules = [
        {"id": "five", "when": {"release_condition": ["5"]}, "need": "all", "seals": ["8"]},
        {"id": "free-flow", "when": {"origin": ["017"], "destination": ["KEL"]}, "need": "none"},
        {"id": "rest", "need": "none"},
    ]
    words = {"title": {"zh_TW": "規則", "en": "rule"}, "source": "here", "basis": "proposal"}
    policy = Policy.model_validate({"id": "ours", "rules": [{**words, **rule} for rule in rules]})
    assert required_seals(order(cargo=cargo(release_conditions="85")), on("2026-11-23"), policy).rule.id == "five"
    assert required_seals(order(cargo=cargo(release_conditions="8")), on("2026-11-23"), policy).rule.id == "free-flow"
    assert required_seals(order(destination="TXGW001"), on("2026-11-23"), policy).rule.id == "rest"


@given(
    operation=st.sampled_from("123456789X"),
    load=st.sampled_from("ABCDEX"),
    vehicle=st.sampled_from("12345"),
    office=st.sampled_from(["AA", "BD", "CA", "DA", "ZZ"]),
    clearance=st.sampled_from(["C1", "C2", "C3M", None]),
    named=st.sets(st.sampled_from(ALL_KINDS)),
    notes=st.sets(st.sampled_from(["A", "B", "ZZ"])),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)
def test_every_order_finds_one_rule_and_more_seals_never_leave_more_missing(
    operation: str, load: str, vehicle: str, office: str, clearance: str | None, named: set[str], notes: set[str], at: datetime
) -> None:
    asked = required_seals(
        order(
            operation_kind=operation,
            load_kind=load,
            vehicle={"kind": vehicle},
            order_number=f"{office}15110459525700001",
            container={"number": BOX},
            cargo=cargo(clearance_mode=clearance) if clearance else [],
        ),
        at,
        shipped_policy(),
        notes,
    )
    rules = [rule.id for rule in shipped_policy().rules]
    assert [miss.rule.id for miss in asked.missed] == rules[: rules.index(asked.rule.id)]
    missing = asked.missing(named)
    assert set(missing) <= set(asked.kinds) - named
    assert (asked.need is Need.NONE) <= (missing == ())
    assert len(asked.missing(named | {"5"})) <= len(missing)
    assert asked.missing(ALL_KINDS) == ()
