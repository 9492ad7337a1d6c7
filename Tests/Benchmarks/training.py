#!/usr/bin/env python3
"""Times training steps: scispool against diffusers, peft and transformers, in turns, on the same weights.

    pip install torch==2.13.0 diffusers==0.42.1 transformers==5.23.0 peft==0.21.2
    swift build -c release
    python Tests/Benchmarks/training.py [--rounds 5] [--only mid]

Each round starts both programs anew, one after the other; figures are medians over the rounds. Peak memory is that of the
whole process. On a machine that others use too, --cpu compares the processor time of steps instead, on one thread. Both sides use activation checkpointing as their trainers do (ours keeps what fits in 256 MB), except in the
cases ending in -kept, where both keep all activations; CLIP is trained without it.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASES = {
    # hidden, heads, double blocks, single blocks, picture tokens a side, text tokens, batch
    "mini": dict(kind="lora", heads=6, head=32, axes=(8, 12, 12), double=2, single=4, side=4, text=12, batch=32,
                 joint=128, pooled=128),
    "mini-4": dict(kind="lora", heads=6, head=32, axes=(8, 12, 12), double=2, single=4, side=4, text=12, batch=4,
                   joint=128, pooled=128),
    "mini-1": dict(kind="lora", heads=6, head=32, axes=(8, 12, 12), double=2, single=4, side=4, text=12, batch=1,
                   joint=128, pooled=128),
    "mini-kept": dict(kind="lora", heads=6, head=32, axes=(8, 12, 12), double=2, single=4, side=4, text=12, batch=32,
                      joint=128, pooled=128, kept=True),
    "mid": dict(kind="lora", heads=12, head=64, axes=(16, 24, 24), double=4, single=8, side=16, text=128, batch=1,
                joint=1024, pooled=512),
    "mid-kept": dict(kind="lora", heads=12, head=64, axes=(16, 24, 24), double=4, single=8, side=16, text=128, batch=1,
                     joint=1024, pooled=512, kept=True),
    "clip": dict(kind="clip", width=512, layers=12, heads=8, batch=8),
    "clip-mini": dict(kind="clip", width=128, layers=4, heads=4, batch=16),
    # Prompts of usual length. The reference pads them to 77 tokens; ours leaves out what nobody attends to.
    "clip-short": dict(kind="clip", width=512, layers=12, heads=8, batch=8, tokens=12),
    "clip-mini-short": dict(kind="clip", width=128, layers=4, heads=4, batch=16, tokens=12),
}


def make(case, folder):
    import torch
    torch.manual_seed(0)
    if case["kind"] == "lora":
        from diffusers import FluxTransformer2DModel
        FluxTransformer2DModel(
            patch_size=1, in_channels=64, num_layers=case["double"], num_single_layers=case["single"],
            attention_head_dim=case["head"], num_attention_heads=case["heads"], joint_attention_dim=case["joint"],
            pooled_projection_dim=case["pooled"], guidance_embeds=False, axes_dims_rope=case["axes"],
        ).save_pretrained(folder)
    else:
        from transformers import CLIPConfig, CLIPModel
        width, size = case["width"], 64 if case["width"] < 256 else 224
        part = dict(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=case["layers"],
                    num_attention_heads=case["heads"], hidden_act="gelu")
        CLIPModel(CLIPConfig(
            text_config=dict(part, vocab_size=1000, max_position_embeddings=77, eos_token_id=999, bos_token_id=998,
                             pad_token_id=999),
            vision_config=dict(part, image_size=size, patch_size=size // (8 if width < 256 else 14)),
            projection_dim=width)).save_pretrained(folder)


def torch_steps(case, folder, steps):
    import torch
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    generator = torch.Generator().manual_seed(1)
    normal = lambda *shape: torch.randn(*shape, generator=generator)
    batch = case["batch"]
    if case["kind"] == "lora":
        from diffusers import FluxTransformer2DModel
        from peft import LoraConfig
        model = FluxTransformer2DModel.from_pretrained(folder)
        model.requires_grad_(False)
        model.add_adapter(LoraConfig(
            r=16, lora_alpha=16, init_lora_weights="gaussian", target_modules=["to_k", "to_q", "to_v", "to_out.0"]))
        if not case.get("kept"):
            model.enable_gradient_checkpointing()
        model.train()
        side = case["side"]
        latents, noise = normal(batch, side * side, 64), normal(batch, side * side, 64)
        states, pooled = normal(batch, case["text"], case["joint"]), normal(batch, case["pooled"])
        ids = torch.zeros(side, side, 3)
        ids[..., 1], ids[..., 2] = torch.arange(side)[:, None], torch.arange(side)[None]
        parameters = [p for p in model.parameters() if p.requires_grad]

        def loss_of():
            v = model(hidden_states=(latents + noise) / 2, timestep=torch.full((batch,), 0.5), pooled_projections=pooled,
                      encoder_hidden_states=states, txt_ids=torch.zeros(case["text"], 3), img_ids=ids.reshape(-1, 3),
                      return_dict=False)[0]
            return ((v - (noise - latents)) ** 2).mean()
    else:
        from transformers import CLIPModel
        model = CLIPModel.from_pretrained(folder).train()
        size = model.config.vision_config.image_size
        pixels = normal(2 * batch, 3, size, size)
        tokens = case.get("tokens", 77)
        ids = torch.full((3 * batch, 77), 999)
        ids[:, :tokens - 1] = torch.randint(0, 998, (3 * batch, tokens - 1), generator=generator)
        ids[:, -1] = 999
        parameters = list(model.parameters())
        unit = lambda x: x / x.norm(dim=-1, keepdim=True)

        def loss_of():
            t = unit(model.get_text_features(ids).pooler_output).chunk(3)
            right, wrong = unit(model.get_image_features(pixels).pooler_output).chunk(2)
            s = model.logit_scale.exp()
            choose = lambda a, b, c, d: torch.nn.functional.softplus(s * ((c * d).sum(-1) - (a * b).sum(-1)))
            return (choose(t[0], right, t[0], wrong) + 0.25 * (
                choose(t[1], right, t[2], right) + choose(t[2], wrong, t[1], wrong))).sum()
    optimizer = torch.optim.AdamW(parameters, lr=1e-6)
    seconds = []
    clock = time.process_time if os.environ.get("CPU_TIME") else time.perf_counter
    for _ in range(steps + 1):
        start = clock()
        optimizer.zero_grad()
        loss_of().backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        seconds.append(clock() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(dict(median=statistics.median(seconds[1:]), peak_rss_bytes=peak)))


def ours(case, folder, steps, binary):
    command = [binary, "bench", "training", folder, "--batch", str(case["batch"]), "--steps", str(steps)]
    if case["kind"] == "lora":
        command += ["--height", str(case["side"]), "--width", str(case["side"]), "--text-tokens", str(case["text"])]
        command += ["--keep-activations"] if case.get("kept") else []
    else:
        command += ["--text-tokens", str(case.get("tokens", 77)), "--keep-activations"]
    return json.loads(subprocess.run(
        command + ["--threads", os.environ.get("THREADS", "2")], check=True, capture_output=True, text=True).stdout)


def ours_in_processor_time(case, folder, steps, binary):
    """The same with processor seconds: what a run of more steps takes beyond one of a single step."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start = used()
    ours(case, folder, 1, binary)
    middle = used()
    report = ours(case, folder, 1 + steps, binary)
    return dict(report, median=((used() - middle) - (middle - start)) / steps)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--cpu", action="store_true", help="processor time of one thread instead of time")
    parser.add_argument("--binary", default=".build/release/scispool")
    parser.add_argument("--torch", nargs=2, metavar=("CASE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.torch:
        return torch_steps(CASES[arguments.torch[0]], arguments.torch[1], arguments.steps)
    if arguments.cpu:
        os.environ.update(CPU_TIME="1", THREADS="1")
    measure = ours_in_processor_time if arguments.cpu else ours
    print("| case | ours, s a step | torch, s a step | time | our peak MB | torch's peak MB | memory |\n|---|---|---|---|---|---|---|")
    for name in arguments.only or CASES:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
                            f"import training; training.make(training.CASES[{name!r}], {folder!r})"], check=True)
            rows = []
            for _ in range(arguments.rounds):
                theirs = json.loads(subprocess.run(
                    [sys.executable, __file__, "--steps", str(arguments.steps), "--torch", name, folder], check=True,
                    capture_output=True, text=True).stdout.splitlines()[-1])
                rows.append((measure(CASES[name], folder, arguments.steps, arguments.binary), theirs))
            middle = lambda index, key: statistics.median(row[index][key] for row in rows)
            a, b = middle(0, "median"), middle(1, "median")
            m, n = middle(0, "peak_rss_bytes") / 1e6, middle(1, "peak_rss_bytes") / 1e6
            print(f"| {name} | {a:.4f} | {b:.4f} | {a / b:.2f} | {m:.0f} | {n:.0f} | {m / n:.2f} |", flush=True)


if __name__ == "__main__":
    main()
