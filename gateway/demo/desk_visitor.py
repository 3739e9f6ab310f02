"""A person at the exception desk of a rehearsed gate, as their browser has it: the desk's page, its form, and its answer."""

from html.parser import HTMLParser
from typing import Final, Literal

import aiohttp

from gateway.demo.desk_person import STAFF_ID

How = Literal["approve", "refuse"]

REASON: Final = "rehearsal 演練"
_OF_DESK: Final = "ruling-form"


class DeskRefusedError(Exception):
    """The desk has no form, or did not take it; the text says what its page says."""


class _Page(HTMLParser):
    """The desk's form with what stands in it, and the words in which the page says what is wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.problems: list[str] = []
        self._in_form = self._in_problem = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = _OF_DESK in given.get("class", "")
        elif tag == "div" and given.get("id") == "problems":
            self._in_problem = True
        elif tag == "input" and self._in_form and (given.get("type") != "radio" or "checked" in given):
            self.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "ul":
            self._in_problem = False

    def handle_data(self, text: str) -> None:
        if self._in_problem and text.strip():
            self.problems.append(text.strip())


async def decide(screen_url: str, lane: str, how: How, pin: str) -> None:
    """Open a lane's desk in a new browser, and send its form: nothing corrected, the order as the lane found it.

    Raises DeskRefusedError.
    """
    desk = f"{screen_url}/lanes/{lane}/desk"
    jar = aiohttp.CookieJar(unsafe=True)  # of an address instead of a name, as everything here
    try:
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(desk, params={"lang": "en"}) as answer:
                form = _Page(await answer.text()).fields
            if not form:
                raise DeskRefusedError(f"nothing waits for a person in lane {lane}")
            typed = {"decision": how, "own_words": REASON, "staff_id": STAFF_ID, "pin": pin, "action": "decide"}
            sent = browser.post(desk, data=form | typed, headers={"Origin": screen_url}, allow_redirects=False)
            async with sent as answer:
                if answer.status != 303:
                    raise DeskRefusedError(f"the desk of {lane}: {'; '.join(_Page(await answer.text()).problems) or answer.status}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise DeskRefusedError(f"the desk of {lane} does not answer: {error or type(error).__name__}") from error
