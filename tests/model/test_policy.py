"""A policy file holds together, or says where it does not."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.model import codes
from gateway.model.policy import Condition, Policy, shipped_policy
from gateway.site.checked_yaml import CheckedYamlError, load_checked

REST = {"id": "rest", "title": {"zh_TW": "其他", "en": "rest"}, "source": "here", "basis": "proposal", "need": "none"}


def rule(**changes: Any) -> dict[str, Any]:
    return {**REST, "id": "one", "when": {"load_kind": ["A"]}, "need": "any", "seals": ["5", "8"], **changes}


@pytest.mark.parametrize(
    ("rules", "more", "said"),
    [
        ([rule()], {}, "every order must find a rule"),
        ([rule(), rule(), REST], {}, "rule 'one' is there twice"),
        ([{**REST, "id": "two"}, REST], {}, "rule two fits everything"),
        ([rule(when={"district": ["nowhere"]}), REST], {}, "rule one names the district 'nowhere'"),
        ([rule(need="none"), REST], {}, "exactly when `need`"),
        ([rule(seals=[]), REST], {}, "exactly when `need`"),
        ([rule(when={"load_kind": []}), REST], {}, "no value for load_kind"),
        ([rule(since="2026-02-01", until="2026-01-01"), REST], {}, "`until` is before `since`"),
        ([rule(when={"colour": ["A"]}), REST], {}, "operation_kind"),
        (
            [REST],
            {"closures": [{"district": "x", "kind": "5", "since": "2026-01-01", "instead": "5", "source": "a"}]},
            "the kind that ends",
        ),
        (
            [REST],
            {"closures": [{"district": "x", "kind": "5", "since": "2026-01-01", "instead": "8", "source": "a"}]},
            "a closure names",
        ),
    ],
)
def test_what_does_not_hold_together_is_refused(rules: list[dict[str, Any]], more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Policy.model_validate({"id": "ours", "rules": rules, **more})


def test_errors_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "id: ours\nrules:\n  - id: rest\n    title: {zh_TW: 其他, en: rest}\n    source: here\n    basis: rumour\n    need: none\n",
        encoding="utf-8",
    )
    with pytest.raises(CheckedYamlError) as caught:
        load_checked(path, Policy, "policy")
    assert str(caught.value).startswith(f"{path}:6: rules.0.basis: ")


def test_two_policies_of_one_name_are_told_apart() -> None:
    first = Policy.model_validate({"id": "ours", "rules": [REST]})
    second = Policy.model_validate({"id": "ours", "rules": [rule(), REST]})
    assert first.version.startswith("ours#")
    assert first.version != second.version
    assert Policy.model_validate_json(second.model_dump_json()).version == second.version


def test_the_shipped_policy_asks_for_codes_that_there_are() -> None:
    tables = {Condition.OPERATION_KIND, Condition.LOAD_KIND, Condition.VEHICLE_KIND}
    for one in shipped_policy().rules:
        assert all(codes.is_known("seal_kind", kind) for kind in one.seals)
        for condition in tables & set(one.when):
            assert all(codes.is_known(condition.value, value) for value in one.when[condition])
