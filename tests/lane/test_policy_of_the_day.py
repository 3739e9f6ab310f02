"""A passage is decided again by the policy of its own day, from its record alone."""

from gateway.lane.actions import Commit, FindOrders
from gateway.lane.machine import LaneMachine
from gateway.lane.replay import replay
from gateway.model.lane_rules import LaneRules
from gateway.model.observation import OrdersFound
from gateway.model.passage import Passage
from gateway.model.policy import Need, shipped_policy
from gateway.model.reasons import Reason
from gateway.model.verdict import Outcome, Verdict
from tests.evidence import in_order, left, order

BARE = order(operation_kind="2", seals=[])


def stored(rules: LaneRules) -> Passage:
    """A box in transit without a seal on its order, as its record is kept."""
    lane = LaneMachine("lane-1", rules, lambda _: "0192f0e4-0000-7000-8000-000000000001")
    for seen in [*in_order()[:-1], left(5)]:
        waiting = lane.observe(seen)
        while waiting:
            action = waiting.pop(0)
            if isinstance(action, FindOrders):
                waiting += lane.observe(OrdersFound(device="orders", at=seen.at, orders=(BARE,)))
            if isinstance(action, Commit):
                return Passage.model_validate_json(action.passage.model_dump_json())
    raise AssertionError("nothing was decided")


def decided(record: Passage) -> Verdict:
    verdict = replay(record)
    assert verdict is not None
    return verdict


def test_the_record_carries_the_policy_that_decided_it() -> None:
    lenient = shipped_policy().model_copy(
        update={"id": "lenient", "rules": tuple(rule for rule in shipped_policy().rules if rule.need is Need.NONE)}
    )
    then, now = stored(LaneRules(policy=lenient)), stored(LaneRules())
    assert then.rules.policy == lenient
    assert (decided(then).outcome, decided(now).reasons) == (Outcome.PASS, (Reason.SEAL_NOT_ON_ORDER,))
    for record in (then, now):
        assert record.verdict is not None
        assert decided(record).model_dump_json() == record.verdict.model_dump_json()
    changed = then.model_copy(update={"rules": then.rules.model_copy(update={"policy": shipped_policy()})})
    assert decided(changed).reasons == decided(now).reasons  # what would have happened
