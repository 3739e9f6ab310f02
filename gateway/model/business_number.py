"""Business account numbers (BAN, 統一編號) of Taiwanese firms: eight digits, of which the last makes the sum come out.

Ministry of Finance, 營利事業統一編號檢查碼邏輯修正說明: since April 2023 the sum has to divide by 5; before, by 10, which those of
old still do. A number that fails is odd, never an error: a firm's word goes before our sum.
"""

import re
from typing import Final

WEIGHTS: Final = (1, 2, 1, 2, 1, 2, 4, 1)
MODULUS: Final = 5
_FORM: Final = re.compile(r"[0-9]{8}")


def is_business_number(text: str) -> bool:
    """Whether these are eight digits with a sum that fits. A seventh digit 7 makes 28, of which either digit's sum counts."""
    if not _FORM.fullmatch(text):
        return False
    products = (int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True))
    total = sum(product // 10 + product % 10 for product in products)
    return total % MODULUS == 0 or (text[6] == "7" and (total + 1) % MODULUS == 0)
