"""What a tag is for, by how its number begins: the lane file's rules. Pure."""

from collections.abc import Sequence

from gateway.model.device import TagSighting
from gateway.rfid.config import Purpose, TagPrefixConfig


def purpose_of(tag: TagSighting, rules: Sequence[TagPrefixConfig], antenna: Purpose) -> Purpose:
    """The longest prefix that fits decides; where none does, what the antenna is there for. The register still comes first."""
    fitting = [
        rule for rule in rules if rule.technology == tag.technology and tag.uid.casefold().startswith(rule.prefix.casefold())
    ]
    return max(fitting, key=lambda rule: len(rule.prefix)).purpose if fitting else antenna
