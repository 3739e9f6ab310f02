"""How the services write their log: lines for people, or one JSON object a line for what collects logs. Times are UTC."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import click

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

log_format_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or one JSON object a line: at, level, logger, message, and error where something broke.",
)


class JsonLines(logging.Formatter):
    """A record on one line, whatever it says: nobody who is logged can begin a line of his own."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def begin_logging(log_format: str) -> None:
    """To standard error, from INFO on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # Addresses hold what is searched for, and tokens of links; requests are counted at /metrics.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
