"""Which seals an order needs, as dated data: the words of a policy file. The shipped one is `data/policy.json`.

Rules are asked in their order and the first that fits decides; the last one fits everything, so that no order is without a
rule. The whole policy is part of a passage's record: a replay decides by the policy of that day.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Value = Annotated[str, Field(min_length=1, max_length=20)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Part):
    """A text for people, in both languages."""

    zh_TW: str = Field(min_length=1, max_length=120, description="Traditional Chinese")  # noqa: N815 — a language tag
    en: str = Field(min_length=1, max_length=120, description="English")


class Condition(StrEnum):
    """What of an order a rule may ask for. Several values of one condition: any of them fits."""

    OPERATION_KIND = "operation_kind"
    LOAD_KIND = "load_kind"
    VEHICLE_KIND = "vehicle_kind"
    DISTRICT = "district"  # a district's id; by the customs office in the order's number
    ORIGIN = "origin"  # how the place code begins
    DESTINATION = "destination"  # how the place code begins
    MOVE = "move"  # `same_place` or `other_place`: whether origin and destination are one
    TRADE_KIND = "trade_kind"
    CLEARANCE_MODE = "clearance_mode"  # how it begins: C3 fits C3M and C3X
    RELEASE_CONDITION = "release_condition"  # one character each
    NOTE = "note"  # processing note of a work instruction (message N5170)


class Need(StrEnum):
    NONE = "none"
    ANY = "any"  # one of the seals is enough
    ALL = "all"  # each of them: dual track


class Rule(_Part):
    id: Id
    title: Words
    source: str = Field(min_length=1, max_length=200, description="Where it is written: law and article, message guide, programme")
    basis: Literal["law", "programme", "proposal"] = Field(description="`proposal`: nothing is published, this is our own")
    since: date | None = Field(None, description="First day, Taipei")
    until: date | None = Field(None, description="Last day, Taipei")
    when: Mapping[Condition, tuple[Value, ...]] = Field(default_factory=dict, description="All must fit; none: fits everything")
    need: Need
    seals: tuple[Value, ...] = Field((), description="Seal kinds of the CN message: 5 passive e-seal, 8 vehicle seal, …")

    @model_validator(mode="after")
    def _is_a_rule(self) -> "Rule":
        if (self.need is Need.NONE) != (not self.seals):
            raise ValueError("`seals` names kinds exactly when `need` is `any` or `all`")
        if self.since and self.until and self.until < self.since:
            raise ValueError("`until` is before `since`")
        if empty := [condition.value for condition, values in self.when.items() if not values]:
            raise ValueError(f"no value for {', '.join(empty)}: such a rule never fits")
        return self

    @property
    def fits_everything(self) -> bool:
        return not self.when and self.since is None and self.until is None


class District(_Part):
    """A customs district: how the number of an order begins that it issues."""

    id: Id
    title: Words
    offices: tuple[Value, ...] = Field(min_length=1, description="First characters of the order number")


class Closure(_Part):
    """From a day on a district takes no seal of this kind any more: what asked for it asks for `instead`."""

    district: Id
    kind: Value
    since: date
    instead: Value
    source: str = Field(min_length=1, max_length=200, description="The announcement")

    @model_validator(mode="after")
    def _leads_elsewhere(self) -> "Closure":
        if self.kind == self.instead:
            raise ValueError("`instead` is the kind that ends")
        return self


class Policy(_Part):
    """A whole policy file."""

    id: Id = Field(description="Name and issue of this policy, as records and people call it")
    districts: tuple[District, ...] = ()
    closures: tuple[Closure, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _holds_together(self) -> "Policy":
        problems = [f"rule {i!r} is there twice" for i in _repeated([rule.id for rule in self.rules])]
        problems += [f"district {i!r} is there twice" for i in _repeated([district.id for district in self.districts])]
        known = {district.id for district in self.districts}
        named = [(f"rule {rule.id}", i) for rule in self.rules for i in rule.when.get(Condition.DISTRICT, ())]
        named += [("a closure", closure.district) for closure in self.closures]
        problems += [f"{who} names the district {i!r}, which the policy does not have" for who, i in named if i not in known]
        shadowed = [rule.id for rule in self.rules[:-1] if rule.fits_everything]
        problems += [f"rule {i} fits everything: the rules behind it are never asked" for i in shadowed]
        if not self.rules[-1].fits_everything:
            problems.append("the last rule has no `when`, `since` or `until`: every order must find a rule")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def version(self) -> str:
        """Its id and the first digits of its content's SHA-256: two policies of one name are told apart."""
        return f"{self.id}#{_digest(self.model_dump_json())}"


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


@cache
def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:8]


@cache
def shipped_policy() -> Policy:
    """The policy that comes with the package: what is published, and our own proposal where nothing is."""
    text = files("gateway.model").joinpath("data/policy.json").read_text(encoding="utf-8")
    return Policy.model_validate(json.loads(text))
