"""Server-sent events of a live page: fragments that are swapped in place, and the beat that proves the page is live.

A page asks for them with `<body data-events="/events?…" data-stale-ms="5000">`; `look.js` does the rest. A page that hears
nothing for that long greys its lights and says 連線中斷.
"""

import json
from typing import Final

BEAT_S: Final = 2.0
STALE_BEATS: Final = 2.5  # two beats may be late, a third may not: 5 s


def stale_ms(beat_s: float) -> int:
    """For how long a page may hear nothing before it says so, where a beat comes every `beat_s` seconds."""
    return int(beat_s * STALE_BEATS * 1000)


def swap_event(fragment: str, html: str) -> bytes:
    """Replace the element with the id `fragment` by `html`, which carries that id again."""
    return _event("swap", {"id": fragment, "html": html})


def beat_event(scheme: str, version: str) -> bytes:
    """The page is live. `scheme` is day or night; a page of another `version` loads itself anew."""
    return _event("beat", {"scheme": scheme, "version": version})


def _event(kind: str, fields: dict[str, str]) -> bytes:
    # JSON keeps the payload on one line, as an event's data must be.
    return f"event: {kind}\ndata: {json.dumps(fields, ensure_ascii=False)}\n\n".encode()
