"""Taiwan's business account numbers (統一編號, BAN): eight digits, the last of which makes the sum fit.

Each digit is multiplied by its weight and the digits of all products are added up. The sum is a multiple of ten, and since April
2023, when numbers became scarce, of five (Ministry of Finance, 統一編號檢查碼邏輯修正). Where the seventh digit is 7, the 10 of its
product 28 counts as 1 or as 0.
"""

from typing import Final

_WEIGHTS: Final = (1, 2, 1, 2, 1, 2, 4, 1)
_MULTIPLE_OF: Final = 5
_TWO_WAYS: Final = 6  # the place of the digit whose product may count twice, where it is 7


def fits(number: str) -> bool:
    """Whether eight digits are a BAN by their sum. False for any other text."""
    if not (len(number) == len(_WEIGHTS) and number.isascii() and number.isdigit()):
        return False
    products = [int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=True)]
    total = sum(product // 10 + product % 10 for product in products)
    return total % _MULTIPLE_OF == 0 or (number[_TWO_WAYS] == "7" and (total + 1) % _MULTIPLE_OF == 0)
