"""Where training leaves what it learnt."""

from pathlib import Path
from typing import Final

MODELS: Final = Path(__file__).parent.parent / "gateway" / "ocr" / "models"  # what the gate reads with
CHECKPOINTS: Final = Path(__file__).parent / "trained"  # the networks themselves, for further training and other formats
