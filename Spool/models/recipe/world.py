"""The training data: pictures and captions of the procedural scenes, as `scispool scenes` writes them."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image

CAPTION_FIELDS = ("explicit_prompt", "superficial_prompt", "prototype_prompt", "implicit_prompt")


class World:
    """Tuples of one or more `scispool scenes` folders: rows of metadata, pictures as uint8 [n, 2, H, W, 3].

    Picture 0 of a tuple is the explicit one (scientifically right), picture 1 the superficial one.
    """

    def __init__(self, *folders: Path):
        self.rows, paths = [], []
        for folder in map(Path, folders):
            with open(folder / "metadata.jsonl", encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    self.rows.append(row)
                    paths.append((folder / first(row["explicit_image"]), folder / first(row["superficial_image"])))
        with ThreadPoolExecutor(2) as pool:
            pairs = list(pool.map(lambda pair: np.stack([read(path) for path in pair]), paths))
        self.pictures = torch.from_numpy(np.stack(pairs))

    def pixels(self, index: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
        """Pictures as float32 [B, 3, H, W] in -1...1."""
        chosen = self.pictures[index, picture]
        return chosen.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)

    def captions(self, fields=CAPTION_FIELDS) -> list[str]:
        """Every distinct caption of the given fields, sorted."""
        return sorted({text for row in self.rows for field in fields for text in row[field]})


def first(value):
    return value[0] if isinstance(value, list) else value


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))
