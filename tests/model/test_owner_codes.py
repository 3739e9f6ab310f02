"""The list of owners: the lines and lessors of every port are in it, and few enough others that a misreading falls outside."""

import json
from importlib.resources import files
from itertools import product
from string import ascii_uppercase

import pytest

from gateway.model.owner_codes import known_owner


@pytest.mark.parametrize(
    "code",
    [
        *(
            "MSK",
            "MRK",
            "MSC",
            "MED",
            "CMA",
            "HLX",
            "HLB",
            "ONE",
            "NYK",
            "EIS",
            "EMC",
            "CCL",
            "CSN",
            "OOL",
            "YML",
            "HMM",
            "ZIM",
            "WHL",
        ),
        *("PCI", "SIT", "KMT", "TSS", "SKL", "HAL", "NSS", "DJL", "CNC", "REG"),
        *("TGH", "TEM", "TRH", "TCL", "FSC", "GES", "CAI", "BMO", "CRX", "SZL", "TGC", "BSI", "UES", "TOL", "IPX"),
        *("SNT", "HOY", "EUR", "BLK"),
    ],
)
def test_owners_met_in_every_port_are_known(code: str) -> None:
    assert known_owner(code)


@pytest.mark.parametrize("code", ["", "MS", "MSKU", "msk", "M5K", "QQQ", "III", "OOO", "XXX", "ZZZ"])
def test_what_is_no_owner_is_not_known(code: str) -> None:
    assert not known_owner(code)


def test_a_chance_code_is_seldom_known() -> None:
    known = sum(known_owner("".join(letters)) for letters in product(ascii_uppercase, repeat=3))
    assert 1000 < known < 26**3 / 10  # a misread code must fall outside far more often than not


def test_every_entry_is_a_code_and_a_company() -> None:
    data = json.loads(files("gateway.model").joinpath("data/owner_codes.json").read_text(encoding="utf-8"))
    assert data["source"]
    for code, company in data["owners"].items():
        assert len(code) == 3
        assert set(code) <= set(ascii_uppercase)
        assert company.strip() == company != ""
    assert list(data["owners"]) == sorted(data["owners"])
