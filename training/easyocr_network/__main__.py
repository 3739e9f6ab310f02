"""Write the recogniser of rows as a network that EasyOCR loads: `python -m training.easyocr_network CHECKPOINT FOLDER`.

The folder serves as EasyOCR's `user_network_directory` and `model_storage_directory`, and as GATEWAY_EASYOCR_WEIGHTS.
"""

import argparse
import json
from inspect import getsource
from pathlib import Path

import torch

from gateway.ocr.easy_ocr import OWN_NETWORK
from gateway.ocr.glyphs import ALPHABET
from gateway.ocr.lettering import ALONG, HEIGHT
from training.easyocr_network import network
from training.lettering import net


def write(checkpoint: Path, folder: Path) -> None:
    """`checkpoint`: the state dictionary that training writes. The folder is made where it is missing."""
    model = network.Model(net.CLASSES, HEIGHT)
    model.net.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({f"module.{key}": value for key, value in model.state_dict().items()}, folder / f"{OWN_NETWORK}.pth")
    layers = f"{OWN_NETWORK}_layers"
    alone = _replaced(getsource(network), "from training.lettering.net import", f"from {layers} import")
    (folder / f"{OWN_NETWORK}.py").write_text(alone, encoding="utf-8")
    alone = _replaced(getsource(net), "from gateway.ocr.glyphs import ALPHABET", f'ALPHABET: Final = "{ALPHABET}"')
    (folder / f"{layers}.py").write_text(alone, encoding="utf-8")
    described = {
        "imgH": round(HEIGHT * ALONG),
        "lang_list": ["en"],
        "character_list": ALPHABET,
        "network_params": {"height": HEIGHT},
    }
    (folder / f"{OWN_NETWORK}.yaml").write_text(json.dumps(described, ensure_ascii=False, indent=2), encoding="utf-8")


def _replaced(source: str, old: str, new: str) -> str:
    if source.count(old) != 1:
        raise ValueError(f"{old!r} is not once in the network's source, which is copied without this package")
    return source.replace(old, new)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="what training writes beside its ONNX file")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    write(given.checkpoint, given.folder)


if __name__ == "__main__":
    main()
