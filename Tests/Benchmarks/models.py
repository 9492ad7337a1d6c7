#!/usr/bin/env python3
"""Times what `scispool bench models` times, in diffusers and transformers, with float32 weights.

    pip install torch==2.13.0 diffusers==0.42.1 transformers==5.23.0
    scispool bench models --against torch --python PYTHON

Prints {"seconds": median, "peak_rss_bytes": of the process}. Called by the benchmark, which writes the folders.
"""

import argparse
import json
import resource
import statistics
import time


def transformer(folder, side, text):
    import torch
    from diffusers import FluxTransformer2DModel
    model = FluxTransformer2DModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    config = model.config
    ids = torch.zeros(side, side, 3)
    ids[..., 1], ids[..., 2] = torch.arange(side)[:, None], torch.arange(side)[None]
    half = torch.full((1,), 0.5)
    inputs = dict(
        hidden_states=torch.randn(1, side * side, config.in_channels), timestep=half,
        encoder_hidden_states=torch.randn(1, text, config.joint_attention_dim),
        pooled_projections=torch.randn(1, config.pooled_projection_dim), guidance=half if config.guidance_embeds else None,
        txt_ids=torch.zeros(text, 3), img_ids=ids.reshape(-1, 3), return_dict=False)
    return lambda: model(**inputs)


def clip(folder, images):
    import torch
    from transformers import CLIPModel
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    if images:
        pixels = torch.randn(8, 3, 224, 224)
        return lambda: model.get_image_features(pixel_values=pixels)
    ids = torch.randint(3, 40000, (8, 77))
    ids[:, -1] = 2
    return lambda: model.get_text_features(input_ids=ids)


def autoencoder(folder, decodes):
    import torch
    from diffusers import AutoencoderKL
    model = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32).eval()
    if decodes:
        latents = torch.randn(1, 16, 64, 64)
        return lambda: model.decode(latents)
    pixels = torch.randn(1, 3, 512, 512)
    return lambda: model.encode(pixels)


ROWS = {
    "flux-float32": lambda folder: transformer(folder, 32, 512),
    "flux-bfloat16": lambda folder: transformer(folder, 32, 512),
    "flux-int8": lambda folder: transformer(folder, 32, 512),
    "toy-flux": lambda folder: transformer(folder, 8, 64),
    "clip-images": lambda folder: clip(folder, True),
    "clip-texts": lambda folder: clip(folder, False),
    "clip-images-int8": lambda folder: clip(folder, True),
    "clip-texts-int8": lambda folder: clip(folder, False),
    "vae-decode": lambda folder: autoencoder(folder, True),
    "vae-encode": lambda folder: autoencoder(folder, False),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    import torch
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    with torch.inference_mode():
        work = ROWS[arguments.row](arguments.folder)
        work()
        seconds, began = [], time.perf_counter()
        while len(seconds) < 3 or (time.perf_counter() - began < 2 and len(seconds) < 200):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
            if time.perf_counter() - began > 20:
                break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(dict(seconds=statistics.median(seconds), peak_rss_bytes=peak)))


if __name__ == "__main__":
    main()
