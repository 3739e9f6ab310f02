"""A key as somebody makes it who may: by the form of the page."""

import re

from gateway.platform.accounts.roles import Right
from tests.platform.person import Person


async def make_key(keeper: Person, *scopes: Right, **fields: str | int) -> str:
    """The key, read off the page that shows it once. `keeper` has signed in."""
    await keeper.get("/keys")
    typed = {"name": "TMS", "days": "365", "per_minute": "120"} | {name: str(value) for name, value in fields.items()}
    status, page = await keeper.post("/keys", **typed, **{f"scope_{scope.value}": "1" for scope in scopes})
    assert status == 200, page
    found = re.search(r"gwk_[0-9a-f]{12}_[0-9a-f]{64}", page)
    assert found is not None, page
    return found[0]
