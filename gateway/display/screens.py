"""Renders the gate's pages and the fragments that keep them live, from what is on the board."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import jinja2

from gateway.display.board import Board
from gateway.display.desk.waiting import waits
from gateway.display.facts import Facts, facts_of
from gateway.display.view import LaneView
from gateway.look import pages, words
from gateway.look.live import BEAT_S, stale_ms
from gateway.look.times import scheme
from gateway.model.clock import Clock

PICTURES: Final = "/pictures/"


def static_folder() -> Path:
    """Where the stylesheets of the screen lie."""
    with as_file(files("gateway.display").joinpath("static")) as folder:
        return folder


@cache
def screens_version() -> str:
    """Changes with the program, its stylesheets and its scripts."""
    return f"{pages.page_version()}-{pages.digest(static_folder())}"


def screen_asset(name: str) -> str:
    return f"/display/{name}?v={screens_version()}"


@cache
def screen_environment() -> jinja2.Environment:
    made = pages.environment("gateway.display")
    made.globals.update(
        directions=words.DIRECTIONS,
        own_devices=words.OWN_DEVICES,
        pictures=PICTURES,
        screen_asset=screen_asset,
        signals=words.SIGNALS,
        waits=waits,
    )
    return made


def _facts(view: LaneView) -> Facts | None:
    return facts_of(view.passage, view.orders) if view.passage else None


@dataclass(frozen=True, slots=True)
class Screen:
    """One page as one person reads it: `lane` None is the page of all lanes."""

    board: Board
    clock: Clock
    language: str
    lane: str | None = None
    beat_s: float = BEAT_S
    has_desk: bool = False  # whether people at this gate may decide on its screen

    def page(self, links: dict[str, str]) -> str:
        """The whole page. `links` is its address in each language. Raises LookupError for a lane that never reported."""
        return self.render("lane.html" if self.lane else "lanes.html", links, **self._content())

    def render(self, template: str, links: dict[str, str], **content: object) -> str:
        """A page that follows this screen's events."""
        now = self.clock()
        events = f"/events?lang={self.language}" + (f"&lane={self.lane}" if self.lane else "")
        return pages.render(
            screen_environment(),
            template,
            self.language,
            events=events,
            language_links=links,
            now=now,
            scheme=scheme(now),
            site=self.board.site,
            version=self.version(),
            stale_ms=stale_ms(self.beat_s),
            has_desk=self.has_desk,
            **content,
        )

    def _content(self) -> dict[str, object]:
        if self.lane is None:
            return {"lanes": [(view, _facts(view)) for view in self.board.lanes()]}
        view = self.board.lane(self.lane)
        if view is None:
            raise LookupError(self.lane)
        return {"view": view, "facts": _facts(view)}

    def version(self) -> str:
        """What an open page compares: after an upgrade, or when a lane came or went, it loads itself anew."""
        return f"{screens_version()} {' '.join(self.known())}"

    def known(self) -> tuple[str, ...]:
        """The lanes that the page is made of."""
        return (self.lane,) if self.lane else tuple(view.lane for view in self.board.lanes())

    def fragments(self) -> Iterator[tuple[str, str]]:
        """Every live part of the page: its id and its HTML as of now."""
        now = self.clock()
        yield "site", self._part("site", now)
        for lane in self.known():
            view = self.board.lane(lane)
            if view is None:
                continue
            facts = _facts(view)
            for part in ("light", "facts") if self.lane else ("card",):
                yield f"{part}-{lane}", self._part(part, now, view, facts)

    def _part(self, part: str, now: datetime, view: LaneView | None = None, facts: Facts | None = None) -> str:
        return pages.render(
            screen_environment(),
            "fragment.html",
            self.language,
            part=part,
            now=now,
            site=self.board.site,
            view=view,
            facts=facts,
            has_desk=self.has_desk,
        ).strip()
