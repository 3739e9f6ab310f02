"""Makes the face of the printed order: `python -m supply.paper_font NotoSansCJK-Regular.ttc OUT.ttf.xz`.

Noto Sans CJK TC (Debian's fonts-noto-cjk; SIL Open Font License 1.1) cut down to the characters of Big5 as Windows has it and, for
names, the ideographs of Hong Kong's supplement; its outlines turned into TrueType's, which alone reportlab can embed; packed.
"""

import lzma
import sys
from io import BytesIO
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable

FACE: Final = "Noto Sans CJK TC"
TOLERANCE: Final = 4.0  # thousandths of the em that an outline may move: 0.01 mm at 9 points
_LATIN: Final = (*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2400, 0x2421), *range(0xFF01, 0xFF5F), *map(ord, "–—‘’“”…〇"))
_IDEOGRAPHS: Final = range(0x4E00, 0xA000)
_PRIVATE: Final = range(0xE000, 0xF900)
_DROPPED: Final = ("GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG")
_PROFILE: Final = (
    "maxZones",
    "maxTwilightPoints",
    "maxStorage",
    "maxFunctionDefs",
    "maxInstructionDefs",
    "maxStackElements",
    "maxSizeOfInstructions",
    "maxComponentElements",
    "maxPoints",
    "maxContours",
    "maxCompositePoints",
    "maxCompositeContours",
    "maxComponentDepth",
)


def _of_codec(codec: str) -> set[int]:
    found = set()
    for high in range(0x81, 0xFF):
        for low in range(0x40, 0xFF):
            try:
                text = bytes((high, low)).decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                found.add(ord(text))
    return found


def characters() -> set[int]:
    """Code points that the face is to have."""
    big5 = {point for point in _of_codec("cp950") if point not in _PRIVATE}
    return big5 | {point for point in _of_codec("big5hkscs") if point in _IDEOGRAPHS} | set(_LATIN)


def _cut(font: TTFont) -> None:
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    options.drop_tables += _DROPPED
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)


def _to_truetype(font: TTFont) -> None:
    drawn, order, glyphs = font.getGlyphSet(), font.getGlyphOrder(), {}
    for name in order:
        pen = TTGlyphPen(drawn)
        drawn[name].draw(Cu2QuPen(pen, TOLERANCE, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    del font["CFF "]
    font["glyf"].compile(font)
    for name, (width, _) in list(font["hmtx"].metrics.items()):
        font["hmtx"][name] = (width, getattr(glyphs[name], "xMin", 0))
    font["maxp"].tableVersion = 0x00010000
    for key in _PROFILE:
        setattr(font["maxp"], key, int(key == "maxZones"))
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"


def main(source: Path, target: Path) -> None:
    font = next(one for one in TTCollection(source).fonts if one["name"].getDebugName(4) == FACE)
    _cut(font)
    _to_truetype(font)
    made = BytesIO()
    font.save(made)
    target.write_bytes(lzma.compress(made.getvalue(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
