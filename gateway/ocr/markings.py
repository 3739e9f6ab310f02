"""What else is written on a box: weights, volumes, warnings. Such lines belong to no number."""

import re
from typing import Final

WORDS: Final = frozenset(
    (
        "MAX", "GROSS", "TARE", "NET", "PAYLOAD", "CUBE", "CAP", "KGS", "LBS", "KG", "LB", "MGW", "WT", "MAXWT",
        "MAXGW", "MAXGROSS", "MAXGR", "TAREWT", "CUCAP", "CUCA", "CUM", "CUFT", "NETWT", "MAXCARGO", "CARGO",
        "WEIGHT", "HIGH", "CAUTION", "SUPER", "HEAVY", "GW", "NW",
    )
)  # fmt: skip
_WITHIN: Final = re.compile(r"GROSS|PAYL|WEIGHT|CAUTION|TAREW|CU\W?CAP|MAXG|MAXC|MAXW|NETW|LOAD|HIGH")
_WEIGHED: Final = re.compile(r"\d(KG|LB|CU|M3|FT)\w{0,2}$")
_PLATE: Final = re.compile(r"\d-[A-Z]{2}$")  # 5369-FT: no unit is joined to its figure by a hyphen


def is_marking(text: str) -> bool:
    """Whether a line's text is one of the markings that every box carries."""
    bare = re.sub(r"[^A-Z0-9]", "", text.upper())
    weighed = _WEIGHED.search(bare) is not None and _PLATE.search(text.upper()) is None
    return bare in WORDS or _WITHIN.search(bare) is not None or weighed
