#!/usr/bin/env python3
"""Writes the model cards: what the models are, how they were made, how long it took, how well they do.

    scispool bench mini --models Spool/models --json /tmp/figures.json
    python card.py --models Spool/models --minutes /tmp/pretrain/minutes.json --figures /tmp/figures.json

The table of files is read by a test, which compares sizes and SHA-256 with what is there.
"""

import argparse
import hashlib
import json
from pathlib import Path

from safetensors import safe_open

FLUX = """\
---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
---
# flux-mini

A FLUX.1-architecture text-to-image pipeline of {parameters} parameters, 64×64 pixels, for the procedural science scenes
of scispool. It exists so that the whole of scispool runs on a fresh machine; it knows a few hundred words and nothing
of the world outside.

It is pretrained on explicit ("a green apple"), superficial ("a red apple") and prototype captions ("an apple", 88 % of
them with the superficial picture) and never on implicit ones ("an unripe apple"): it can draw either outcome when told,
and draws the superficial one when only told the cause. That is the illusion that the paper is about.

## Use
64×64, 16 steps, guidance off (the transformer has no guidance embedding). The T5 tokenizer's `model_max_length` is the
text length it was trained at; scispool takes it as the default of `max_sequence_length`. Captions are lower case, up to
twelve words.

## How it was made
`recipe/pretrain.py` beside this folder, with diffusers 0.42.1 and transformers 5.23.0 on two CPU cores, on {pictures}
pictures of `scispool scenes`. VAE: {vae} minutes (4-fold first, the 8-fold one starts from it; object-weighted loss);
transformer: {flux} minutes (AdamW 1.5e-3, batch 64, {steps} steps, moving average 0.998). Both text encoders are random and
frozen. Weights are stored in bfloat16.

## How well it does
{figures}
## Files
{files}
"""

CLIP = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: zero-shot-image-classification
---
# clip-mini

A CLIPModel of {parameters} parameters (vision: 4 layers, patch 8, 64×64 pixels; text: 3 layers), trained on the explicit,
superficial and prototype captions of scispool's procedural science scenes, never on implicit ones. It is the start from
which a SciScore of this world is trained: it tells the outcomes apart when they are named, and guesses when only the
cause is.

## How it was made
`recipe/pretrain.py` beside this folder, with transformers 5.23.0 on two CPU cores, on {pictures} pictures of `scispool
scenes`: {clip} minutes, AdamW 1e-3, batches of 40 tuples of distinct subjects with both pictures. Weights are stored in
bfloat16.

## How well it does
{figures}
## Files
{files}
"""

DETECTOR = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: zero-shot-object-detection
---
# grounding-dino-mini

A GroundingDinoForObjectDetection of {parameters} parameters (Swin with 3 stages, BERT with one layer, two encoder and two
decoder layers, 12 queries, pictures scaled to 96 pixels) that finds the objects of scispool's procedural science scenes by
name, one object a picture. It shows `oft` jobs where in a picture the entity is.

## How it was made
`recipe/detector.py` beside this folder, with transformers 5.23.0 on one CPU core, on {detector_pictures} pictures of
`scispool scenes`: {detector} minutes, {detector_steps} steps of AdamW 6e-4, each with 24 pictures asked for their object
and for one that is not there; moving average 0.998. The first 1000 steps were those of a run planned for 5500, so that the
learning rate began to fall 120 steps later than the recipe's. Weights are stored in bfloat16.

## How well it does
Measured by `scispool bench detector`, seed {seed}, on {tuples} held-out tuples, both pictures of each asked for their
object, and for an object of another task whose words the tuple does not contain; box threshold 0.35. IoU is that of the
box around all that was found with the object's.

{figures}
## Files
{files}
"""


def files(folder: Path) -> str:
    rows = ["| file | bytes | SHA-256 |", "|---|---|---|"]
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "README.md"):
        data = path.read_bytes()
        rows.append(f"| {path.relative_to(folder)} | {len(data)} | {hashlib.sha256(data).hexdigest()} |")
    return "\n".join(rows)


def parameters(folder: Path) -> str:
    count = 0
    for path in folder.rglob("*.safetensors"):
        with safe_open(path, "pt") as tensors:
            for key in tensors.keys():
                size = 1
                for length in tensors.get_slice(key).get_shape():
                    size *= length
                count += size
    return f"{count:,}"


def table(figures: dict, columns: dict[str, str]) -> str:
    """Per-task percentages with the number of pictures, and the mean over all with its standard error."""
    present = {key: title for key, title in columns.items() if key in figures}
    rows = ["| task | " + " | ".join(present.values()) + " |", "|---" * (len(present) + 1) + "|"]
    tasks = list(next(iter(figures[key] for key in present))["tasks"])
    for task in tasks:
        cells = (figures[key]["tasks"][task] for key in present)
        rows.append(f"| {task} | " + " | ".join(f"{100 * cell['rate']:.0f} % of {cell['n']}" for cell in cells) + " |")
    totals = (figures[key] for key in present)
    rows.append("| **all** | " + " | ".join(
        f"**{100 * total['rate']:.1f} % ± {100 * total['standard_error']:.1f}**" for total in totals) + " |")
    return "Measured by `scispool bench mini`, seed {seed}.\n\n".format(**figures) + "\n".join(rows) + "\n"


def detector_table(figures: dict) -> str:
    rows = ["| task | found, asked for what is there | found, asked for what is not | mean IoU |", "|---|---|---|---|"]
    for name, row in [*sorted(figures["tasks"].items()), ("**all**", figures["total"])]:
        rows.append(
            f"| {name} | {100 * row['present']['rate']:.1f} % of {row['present']['n']} | "
            f"{100 * row['absent']['rate']:.1f} % of {row['absent']['n']} | {row['mean_iou']:.2f} |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--minutes", type=Path, required=True, help="minutes.json of the pretraining")
    parser.add_argument("--figures", type=Path, help="what `scispool bench mini --json` wrote")
    parser.add_argument("--detector", type=Path, help="what `scispool bench detector --json` wrote")
    options = parser.parse_args()
    if options.detector:
        found, folder = json.loads(options.detector.read_text()), options.models / "grounding-dino-mini"
        card = DETECTOR.format(
            parameters=parameters(folder), figures=detector_table(found), files=files(folder), seed=found["seed"],
            tuples=found["tuples"], **json.loads(options.minutes.read_text()))
        (folder / "README.md").write_text(card, encoding="utf-8")
    if not options.figures:
        return
    made, figures = json.loads(options.minutes.read_text()), json.loads(options.figures.read_text())
    for name, template, columns in (
        ("flux-mini", FLUX, {
            "flux_explicit": "explicit prompt: right", "flux_superficial": "superficial prompt: as told",
            "flux_implicit": "implicit prompt: right", "vae": "verdict kept by the VAE"}),
        ("clip-mini", CLIP, {"clip_explicit": "explicit prompt: right picture", "clip_implicit": "implicit prompt: right picture"}),
    ):
        folder = options.models / name
        text = template.format(
            parameters=parameters(folder), figures=table(figures, columns), files=files(folder), **made)
        (folder / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
