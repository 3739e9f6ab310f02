"""The licence of an installed package, as its own metadata says it, in SPDX's words; and which ones the gateway may stand on."""

import re
from importlib.metadata import Distribution
from typing import Final

# Permissive ones, and those whose duties end at their own files (MPL-2.0, EPL-2.0). None that would bind the gateway as a whole.
ALLOWED: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "EPL-2.0",
        "LicenseRef-Public-Domain",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "OFL-1.1",
        "PSF-2.0",
        "Zlib",
    }
)
# What older metadata calls them.
_CALLED: Final = {
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "osi approved :: apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "osi approved :: bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "public domain": "LicenseRef-Public-Domain",
}
_WORD: Final = re.compile(r"[A-Za-z0-9.+-]+")


class UnknownLicenceError(Exception):
    """A package does not say its licence in words that are known here."""


def licence_of(package: Distribution) -> str:
    """An SPDX expression. Raises UnknownLicenceError."""
    told = package.metadata
    classifiers = [one.removeprefix("License :: ") for one in told.get_all("Classifier", []) if one.startswith("License :: ")]
    for said in (*told.get_all("License-Expression", []), *told.get_all("License", []), *classifiers):
        found: str = _CALLED.get(said.strip().lower(), said)
        if found and all(word in ALLOWED or word in {"AND", "OR"} or "GPL" in word.upper() for word in _WORD.findall(found)):
            return found
    raise UnknownLicenceError(f"{told['Name']}: {classifiers or 'says nothing that is known here'}")


def is_allowed(expression: str) -> bool:
    """Whether every part that holds is allowed; of alternatives (`OR`) one is enough. Brackets are not understood: False."""
    return any(all(one.strip() in ALLOWED for one in choice.split(" AND ")) for choice in expression.split(" OR "))
