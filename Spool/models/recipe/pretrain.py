#!/usr/bin/env python3
"""Makes the miniature models below Spool/models from folders of procedural scenes.

    scispool scenes write --out /tmp/scenes --count 24000 --seed 1
    scispool scenes write --out /tmp/exam --count 512 --seed 424242
    python pretrain.py --scenes /tmp/scenes --exam /tmp/exam --work /tmp/pretrain --out Spool/models

Every stage keeps its state in --work: an interrupted run goes on where it was saved. `--only STAGE` runs one.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

import clip
import detector
import flux
import text
import vae
from world import World

STAGES = ("text", "vae", "latents", "flux", "clip", "detector", "export")


class Recipe:
    def __init__(self, options):
        self.options, self.work = options, Path(options.work)
        self.work.mkdir(parents=True, exist_ok=True)
        self._world = None

    @property
    def world(self) -> World:
        if self._world is None:
            began = time.monotonic()
            self._world = World(*self.options.scenes)
            print(f"world: {len(self._world.rows)} tuples read in {time.monotonic() - began:.0f} s", flush=True)
        return self._world

    def note(self, **minutes):
        """Adds to the record of how long each stage took, which the model cards quote."""
        path = self.work / "minutes.json"
        record = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(record | minutes, indent=1))

    def load(self, name: str):
        return torch.load(self.work / name, weights_only=True)

    def text(self):
        captions = self.world.captions()
        (self.work / "captions.json").write_text(json.dumps(captions))
        clip_tokenizer = text.make_clip_tokenizer(captions, self.work / "tokenizer")
        t5_tokenizer = text.make_t5_tokenizer(captions, self.work / "tokenizer_2")
        encoder, t5 = text.make_clip_text_encoder(clip_tokenizer), text.make_t5_encoder(t5_tokenizer)
        # What is published is bf16: train on what those weights say, not on what was rounded away.
        encoder, t5 = encoder.bfloat16().float(), t5.bfloat16().float()
        encoder.save_pretrained(self.work / "text_encoder")
        t5.save_pretrained(self.work / "text_encoder_2")
        for caption in captions:
            assert len(t5_tokenizer(caption).input_ids) <= text.T5_TOKENS, caption
            assert len(clip_tokenizer(caption).input_ids) <= 24, caption
        trained = self.world.captions(("explicit_prompt", "superficial_prompt", "prototype_prompt"))
        states, pooled = text.embed(trained, clip_tokenizer, encoder, t5_tokenizer, t5)
        torch.save(dict(states=states, pooled=pooled), self.work / "embeddings.pt")
        print(f"text: {len(captions)} captions, {len(clip_tokenizer)} CLIP ids, {len(t5_tokenizer)} T5 ids", flush=True)

    def vae(self):
        four = vae.make((16, 16, 64))
        minutes = vae.train(four, self.world, self.work, "vae4", self.options.vae4_steps, peak=1.5e-3)
        eight = vae.make((16, 16, 64, 64))
        vae.warm_start(eight, four)
        minutes += vae.train(eight, self.world, self.work, "vae8", self.options.vae8_steps, peak=1.5e-3)
        self.note(vae=round(minutes, 1))
        torch.save({key: value.bfloat16().float() for key, value in eight.state_dict().items()}, self.work / "vae.pt")

    def autoencoder(self):
        model = vae.make((16, 16, 64, 64))
        model.load_state_dict(self.load("vae.pt"))
        return model.eval()

    def latents(self):
        mean, std = vae.encode(self.autoencoder(), self.world)
        shift = round(float(mean.mean()), 4)
        scale = round(1 / float((mean.var() + std.square().mean()).sqrt()), 4)
        torch.save(dict(mean=(mean - shift) * scale, std=std * scale, shift=shift, scale=scale), self.work / "latents.pt")
        print(f"latents: shift_factor {shift}, scaling_factor {scale}", flush=True)

    def flux(self):
        data, embeddings = self.load("latents.pt"), self.load("embeddings.pt")
        trained = self.world.captions(("explicit_prompt", "superficial_prompt", "prototype_prompt"))
        draw = flux.Draw(self.world, trained)
        weights, minutes = flux.train(
            flux.make(), (data["mean"], data["std"]), (embeddings["states"], embeddings["pooled"]), draw,
            self.work, self.options.flux_steps)
        torch.save(weights, self.work / "transformer.pt")
        self.note(flux=round(minutes, 1), steps=self.options.flux_steps, pictures=2 * len(self.world.rows))

    def clip(self):
        tokenizer = text.CLIPTokenizer.from_pretrained(self.work / "tokenizer")
        model = clip.make(tokenizer)
        minutes = clip.train(model, self.world, tokenizer, self.work, self.options.clip_steps)
        torch.save(model.state_dict(), self.work / "clip-model.pt")
        self.note(clip=round(minutes, 1))

    def detector(self):
        tokenizer = detector.make_tokenizer(self.world, self.work / "detector-tokenizer")
        model = detector.make(len(tokenizer))
        weights, minutes = detector.train(
            model, self.world, World(*self.options.exam), tokenizer, self.work, self.options.detector_steps)
        torch.save(weights, self.work / "detector-model.pt")
        self.note(
            detector=round(minutes, 1), detector_steps=self.options.detector_steps,
            detector_pictures=2 * len(self.world.rows))

    def export(self):
        from export import export_clip, export_detector, export_flux

        if (self.work / "transformer.pt").exists() or (self.work / "flux.pt").exists():
            export_flux(self, Path(self.options.out) / "flux-mini")
        if (self.work / "clip-model.pt").exists():
            export_clip(self, Path(self.options.out) / "clip-mini")
        if (self.work / "detector-model.pt").exists():
            export_detector(self, Path(self.options.out) / "grounding-dino-mini")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", required=True, help="folders written by `scispool scenes write`")
    parser.add_argument("--exam", nargs="*", default=[], help="held-out folders, for the detector's progress lines")
    parser.add_argument("--work", required=True, help="folder for the state of the stages")
    parser.add_argument("--out", default="Spool/models", help="folder that receives the models")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--vae4-steps", type=int, default=900)
    parser.add_argument("--vae8-steps", type=int, default=2400)
    parser.add_argument("--flux-steps", type=int, default=12000)
    parser.add_argument("--clip-steps", type=int, default=2000)
    parser.add_argument("--detector-steps", type=int, default=2200)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = Recipe(options)
    for stage in STAGES:
        if stage in options.only:
            getattr(recipe, stage)()


if __name__ == "__main__":
    main()
