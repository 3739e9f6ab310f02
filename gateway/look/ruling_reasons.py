"""Why a person approves or refuses: sentences to choose from (message ids of the catalogue), and room for own words.

A ruling carries the English sentence, so that every page shows it in its reader's language.
"""

from typing import Final

from gateway.look.i18n import _, gettext

REASON_ENDS: Final = ": "  # between the sentence that a person chose and what the person wrote besides

APPROVAL: Final = (
    _("Compared the number at the box"),
    _("Compared the plate at the vehicle"),
    _("Checked the seal by hand"),
    _("Checked the driver's papers"),
    _("The depot confirmed the order by telephone"),
    _("Customs agreed by telephone"),
)
REFUSAL: Final = (
    _("The box is not the one in the order"),
    _("The seal is missing, open or damaged"),
    _("Vehicle or driver is not the one in the order"),
    _("Sent back to the depot"),
    _("Held for Customs"),
)


def reason(chosen: str, own_words: str) -> str:
    """As the ruling carries it; empty where nothing was said. `chosen` is one of the sentences, or empty."""
    return REASON_ENDS.join(said for said in (chosen, own_words) if said)


def said_reason(reason: str) -> str:
    """A person's reason in the language being spoken: the sentence that was chosen is translated, own words stay as they are."""
    chosen, ends, own_words = reason.partition(REASON_ENDS)
    return gettext(chosen) + ends + own_words if chosen else reason
