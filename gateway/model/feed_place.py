"""How far a gate has read the feed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """What to ask for next: entries of `kinds` behind the cursor `after`.

    `behind`: the gate has other kinds further than that, and no news is worth waiting for until these have caught up.
    """

    after: int
    kinds: frozenset[str]
    behind: bool = False
