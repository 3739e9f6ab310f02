"""Numbers as people type them and what is to be said of them: held against `checks.py` here and `order_form.js` in a browser."""

VECTORS: list[tuple[str, str, str]] = [
    ("container", "TEMU9221353", "good"),
    ("container", "temu 922135-3", "good"),
    ("container", "ＴＥＭＵ９２２１３５３", "good"),
    ("container", "TEMU 922135 [3]", "good"),
    ("container", "MRKU4976720", "good"),  # remainder 10 counts as 0
    ("container", "CSQU3054383", "good"),
    ("container", "APZU4812090", "good"),
    ("container", "TEMU9221354", "odd"),
    ("container", "CTAU0008136", "odd"),  # Customs' own sample
    ("container", "TEMU922135", "odd"),
    ("container", "TEMA9221353", "odd"),
    ("container", "KLA1234", "odd"),
    ("container", "ABCD" * 5, "wrong"),
    ("container", "TEMU#922135", "wrong"),
    ("container", "櫃號", "wrong"),
    ("plate", "KLA-1234", "good"),
    ("plate", "kla1234", "good"),
    ("plate", "ＫＬＡ－１２３４", "good"),
    ("plate", "123-HQ", "good"),
    ("plate", "HAA-123", "good"),
    ("plate", "HQ–123", "good"),
    ("plate", "KLO-1234", "odd"),  # never an O
    ("plate", "KLA-12345", "odd"),
    ("plate", "ABCD", "odd"),
    ("plate", "AB", "odd"),
    ("plate", "臨1234", "odd"),
    ("plate", "KLA-1234-5678", "wrong"),
    ("ban", "04595257", "good"),
    ("ban", " 04595257 ", "good"),
    ("ban", "22099131", "good"),
    ("ban", "10458575", "good"),  # a seventh digit 7
    ("ban", "04595252", "good"),  # divides by 5 and not by 10
    ("ban", "04595258", "odd"),
    ("ban", "4595257", "wrong"),
    ("ban", "045952570", "wrong"),
    ("ban", "0459525A", "wrong"),
    ("ban", "０４５９５２５７", "wrong"),
    ("seal", "E-WLS8854668", "good"),
    ("seal", "e-wls 885.4668", "good"),
    ("seal", "VS00001234", "good"),
    ("seal", "X" * 17, "good"),
    ("seal", "X" * 18, "wrong"),
    ("seal", "E-", "wrong"),
    ("seal", "封1", "wrong"),
]
