"""The page of an evidence file: what the lane saw and why it decided so, with every picture of the record. Opened from disk."""

from collections.abc import Iterable, Mapping

from gateway.display.screens import screen_environment
from gateway.look import i18n, pages
from gateway.model.wire import Confirmation


def evidence_page(gate: str, passage_id: str, texts: Mapping[str, str], confirmations: Iterable[Confirmation]) -> str:
    """`texts`: the explanation by language. Pictures are addressed beside the page, as `pictures/SHA256.jpg`."""
    pictures = list({picture.sha256: picture for one in confirmations for picture in one.pictures}.values())
    named = {"gate": gate, "passage_id": passage_id}
    environment = screen_environment()
    bodies = {
        language: pages.render(environment, "evidence_body.html", language, text=text, pictures=pictures, **named)
        for language, text in texts.items()
    }
    return pages.render(environment, "evidence.html", i18n.DEFAULT_LANGUAGE, bodies=bodies, **named)
