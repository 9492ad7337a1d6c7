#!/usr/bin/env python3
"""Draws the same pictures with diffusers and with scispool through LoRA adapters of either make, and compares the bytes.

    pip install torch==2.13.0 diffusers==0.42.1 transformers==5.23.0 peft==0.21.2
    swift build -c release
    python Tests/Interop/adapters.py [--ours ADAPTER.safetensors]

Theirs is a random adapter that peft makes and diffusers writes. Ours is the file given, or one that a short `sft` job trains.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import diffusers
import numpy
import torch
import transformers
from diffusers import FluxPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "Spool/models/flux-mini"
PROMPTS = ["an unripe apple", "a green apple", "a brick dropped into water", "a phone without power"]
SEED, STEPS, SIZE = 7, 8, 64


def by_diffusers(adapter, scale):
    pipeline = FluxPipeline.from_pretrained(MODEL, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    if adapter:
        pipeline.load_lora_weights(adapter.parent, weight_name=adapter.name)
        pipeline.set_adapters(pipeline.get_list_adapters()["transformer"], scale)
    limit = min(512, pipeline.tokenizer_2.model_max_length)
    pictures = [
        pipeline(prompt, height=SIZE, width=SIZE, num_inference_steps=STEPS, max_sequence_length=limit,
                 generator=torch.Generator("cpu").manual_seed(SEED + index)).images[0]
        for index, prompt in enumerate(PROMPTS)]
    return numpy.stack([numpy.asarray(picture) for picture in pictures])


def run(binary, spool, out, job):
    path = spool / "job.json"
    path.write_text(json.dumps(job))
    subprocess.run([binary, "run", str(path), "--spool", str(spool), "--out", str(out)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def by_scispool(binary, spool, out, adapter, scale):
    job = dict(kind="generate", model="flux-mini", prompts=PROMPTS, height=SIZE, width=SIZE, num_inference_steps=STEPS,
               seed=SEED)
    if adapter:
        shutil.copy(adapter, spool / "adapter.safetensors")
        job["adapter"] = dict(path="adapter.safetensors", scale=scale)
    run(binary, spool, out, job)
    images = json.loads((out / "result.json").read_text())["images"]
    return numpy.stack([numpy.asarray(Image.open(out / image["file"])) for image in images])


def theirs(folder):
    pipeline = FluxPipeline.from_pretrained(MODEL, dtype=torch.float32)
    torch.manual_seed(1)
    pipeline.transformer.add_adapter(LoraConfig(
        r=4, lora_alpha=8, init_lora_weights="gaussian", target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
    for name, parameter in pipeline.transformer.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    FluxPipeline.save_lora_weights(folder, get_peft_model_state_dict(pipeline.transformer))
    return Path(folder) / "pytorch_lora_weights.safetensors"


def trained(binary, spool):
    subprocess.run([binary, "scenes", "write", "--out", str(spool / "datasets/scenes"), "--count", "64", "--seed", "1"],
                   check=True, stdout=subprocess.DEVNULL)
    run(binary, spool, spool / "sft", dict(
        kind="sft", model="flux-mini", dataset="datasets/scenes", output="interop", learning_rate=3e-3,
        max_train_steps=20, train_batch_size=16, gradient_accumulation_steps=1, resolution=SIZE))
    return spool / "sft/pytorch_lora_weights.safetensors"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/scispool"))
    parser.add_argument("--ours", type=Path, help="an adapter that scispool trained")
    arguments = parser.parse_args()
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    worst = 0
    with tempfile.TemporaryDirectory() as temporary:
        spool = Path(temporary) / "spool"
        shutil.copytree(ROOT / "Spool", spool)
        cases = [("none", None, 1.0), ("written by diffusers", theirs(temporary), 1.0),
                 ("trained by scispool", arguments.ours or trained(arguments.binary, spool), 1.0)]
        cases.append((cases[-1][0] + ", scale 0.5", cases[-1][1], 0.5))
        plain = None
        print("| adapter | largest difference of 255 | bytes that differ | changed by the adapter |\n|---|---|---|---|")
        for number, (name, adapter, scale) in enumerate(cases):
            a = by_diffusers(adapter, scale).astype(int)
            b = by_scispool(arguments.binary, spool, Path(temporary) / f"out-{number}", adapter, scale).astype(int)
            plain = a if plain is None else plain
            difference = abs(a - b)
            worst = max(worst, difference.max())
            print(f"| {name} | {difference.max()} | {(difference > 0).mean():.2%} | {(a != plain).mean():.1%} |", flush=True)
    # A float of 5e-6 in the image can tip a byte's rounding.
    sys.exit(0 if worst <= 1 else f"pictures differ by {worst} of 255")


if __name__ == "__main__":
    main()
