"""What a tag is that no register knows: the longest prefix of its number decides, then its antenna."""

import pytest

from gateway.model.clock import utc_now
from gateway.model.device import TagSighting
from gateway.rfid.config import TagPrefixConfig
from gateway.rfid.tag_prefixes import purpose_of

RULES = (
    TagPrefixConfig(prefix="3034", purpose="seal"),
    TagPrefixConfig(prefix="E280", purpose="pass"),
    TagPrefixConfig(prefix="e2801160", purpose="any"),
    TagPrefixConfig(prefix="7b", purpose="pass", technology="wiegand26"),
)


@pytest.mark.parametrize(
    ("uid", "technology", "purpose"),
    [
        ("3034b708ac397e0000000649", "uhf", "seal"),
        ("e280aa", "uhf", "pass"),
        ("e2801160600002050a8d3a1f", "uhf", "any"),
        ("ffff", "uhf", "seal"),
        ("7b3039", "wiegand26", "pass"),
        ("7b3039", "uhf", "seal"),
        ("303411", "wiegand26", "seal"),
    ],
)
def test_the_longest_prefix_decides_then_the_antenna(uid: str, technology: str, purpose: str) -> None:
    tag = TagSighting("uhf-1", utc_now(), technology, uid, 1, None)
    assert purpose_of(tag, RULES, "seal") == purpose


def test_a_prefix_of_a_passive_seal_and_no_other_technology() -> None:
    tag = TagSighting("card-1", utc_now(), "wiegand34", "30341234", 1, None)
    assert purpose_of(tag, RULES, "pass") == "pass"
