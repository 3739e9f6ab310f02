"""Which seals an order needs on a day: the first rule of the policy that fits, and why each before it did not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.model.clock import TAIPEI
from gateway.model.policy import Closure, Condition, Need, Policy, Rule
from gateway.model.transport_order import ORDER_NUMBER, TransportOrder

SAME_PLACE: Final = "same_place"
OTHER_PLACE: Final = "other_place"
_BEGINS: Final = frozenset({Condition.ORIGIN, Condition.DESTINATION, Condition.CLEARANCE_MODE})

Facts = Mapping[Condition, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a rule does not apply: the first condition that does not fit, with what it asks for and what the order says."""

    rule: Rule
    condition: Condition | None  # None: not on this day
    wanted: tuple[str, ...]
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What `rule` asks of the order. `kinds` are seal kinds after what has been closed was replaced."""

    rule: Rule
    need: Need
    kinds: tuple[str, ...]
    facts: Facts  # what the order says, of all that rules may ask for
    closures: tuple[Closure, ...]  # that changed `kinds`
    missed: tuple[Miss, ...]  # the rules before it

    def missing(self, named: Collection[str]) -> tuple[str, ...]:
        """The kinds that are lacking where seals of the kinds `named` are on the order; of `any` all, since one would do."""
        lacking = tuple(kind for kind in self.kinds if kind not in named)
        satisfied = self.need is Need.NONE or (self.need is Need.ANY and len(lacking) < len(self.kinds))
        return () if satisfied else lacking


def facts_of(order: TransportOrder, policy: Policy, notes: Collection[str], conditions: Collection[str]) -> Facts:
    """What rules may ask for. A condition that the order says nothing about has no value, and fits no rule that asks for it."""
    office = order.order_number if ORDER_NUMBER.fullmatch(order.order_number) else ""  # the older form names no office
    districts = {d.id for d in policy.districts if any(office.startswith(prefix) for prefix in d.offices)}
    return {
        Condition.OPERATION_KIND: frozenset({order.operation_kind}),
        Condition.LOAD_KIND: frozenset({order.load_kind}),
        Condition.VEHICLE_KIND: frozenset({order.vehicle.kind}),
        Condition.DISTRICT: frozenset(districts),
        Condition.ORIGIN: frozenset({order.origin}),
        Condition.DESTINATION: frozenset({order.destination}),
        Condition.MOVE: frozenset({SAME_PLACE if order.origin == order.destination else OTHER_PLACE}),
        Condition.TRADE_KIND: frozenset(c.trade_kind for c in order.cargo if c.trade_kind),
        Condition.CLEARANCE_MODE: frozenset(c.clearance_mode for c in order.cargo if c.clearance_mode),
        Condition.RELEASE_CONDITION: frozenset(conditions).union(*(c.release_conditions or "" for c in order.cargo)),
        Condition.NOTE: frozenset(notes),
    }


def fits(condition: Condition, wanted: Collection[str], found: frozenset[str]) -> bool:
    """Whether what was found is, or begins with, one of the values that are wanted."""
    if condition in _BEGINS:
        return any(value.startswith(prefix) for value in found for prefix in wanted)
    return not found.isdisjoint(wanted)


def _miss(rule: Rule, facts: Facts, at: datetime) -> Miss | None:
    day = at.astimezone(TAIPEI).date()
    if (rule.since and day < rule.since) or (rule.until and day > rule.until):
        span = tuple(f"{one:%Y-%m-%d}" if one else "" for one in (rule.since, rule.until))
        return Miss(rule, None, span, (f"{day:%Y-%m-%d}",))
    for condition, wanted in rule.when.items():
        if not fits(condition, wanted, facts[condition]):
            return Miss(rule, condition, tuple(wanted), tuple(sorted(facts[condition])))
    return None


def _closed(rule: Rule, policy: Policy, facts: Facts, at: datetime) -> tuple[tuple[str, ...], tuple[Closure, ...]]:
    """The rule's kinds, each that has ended in the order's district replaced by what comes instead."""
    day = at.astimezone(TAIPEI).date()
    kinds, applied = rule.seals, []
    for closure in sorted(policy.closures, key=lambda closure: closure.since):
        if closure.kind in kinds and closure.district in facts[Condition.DISTRICT] and day >= closure.since:
            kinds = tuple(dict.fromkeys(closure.instead if kind == closure.kind else kind for kind in kinds))
            applied.append(closure)
    return kinds, tuple(applied)


def required_seals(
    order: TransportOrder, at: datetime, policy: Policy, notes: Collection[str] = (), conditions: Collection[str] = ()
) -> Requirement:
    """What the policy asks of this order at that time.

    `notes`: processing notes of work instructions (N5170) for its box; `conditions`: of release notices, beside the order's own.
    """
    facts = facts_of(order, policy, notes, conditions)
    missed: list[Miss] = []
    for rule in policy.rules:
        miss = _miss(rule, facts, at)
        if miss is None:
            kinds, closures = _closed(rule, policy, facts, at)
            return Requirement(rule, rule.need, kinds, facts, closures, tuple(missed))
        missed.append(miss)
    raise AssertionError("a policy's last rule fits everything")  # Policy itself makes sure of it
