"""Writes the trained models as Hugging Face folders in bfloat16."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline
from transformers import CLIPModel, CLIPTextModel, T5EncoderModel

import clip
import detector
import flux
import text


def classic_tokenizer_files(source: Path, target: Path):
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(source / name, target / name)


def export_flux(recipe, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    vae = recipe.autoencoder()
    data = recipe.load("latents.pt")
    vae.register_to_config(shift_factor=data["shift"], scaling_factor=data["scale"])
    transformer = flux.make()
    done = recipe.work / "transformer.pt"
    transformer.load_state_dict(recipe.load("transformer.pt") if done.exists() else recipe.load("flux.pt")["average"])
    pipeline = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=vae.bfloat16(),
        text_encoder=CLIPTextModel.from_pretrained(recipe.work / "text_encoder").bfloat16(),
        tokenizer=text.CLIPTokenizer.from_pretrained(recipe.work / "tokenizer"),
        text_encoder_2=T5EncoderModel.from_pretrained(recipe.work / "text_encoder_2").bfloat16(),
        tokenizer_2=text.T5Tokenizer.from_pretrained(recipe.work / "tokenizer_2"),
        transformer=transformer.bfloat16())
    pipeline.save_pretrained(folder)
    classic_tokenizer_files(recipe.work / "tokenizer", folder / "tokenizer")
    print(f"export: {folder}", flush=True)


def export_clip(recipe, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = text.CLIPTokenizer.from_pretrained(recipe.work / "tokenizer")
    model = clip.make(tokenizer)
    model.load_state_dict(recipe.load("clip-model.pt"))
    model.bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    classic_tokenizer_files(recipe.work / "tokenizer", folder)
    clip.processor().save_pretrained(folder)
    print(f"export: {folder}", flush=True)


def export_detector(recipe, folder: Path):
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = detector.make_tokenizer(recipe.world, folder)
    model = detector.make(len(tokenizer))
    model.load_state_dict(recipe.load("detector-model.pt"))
    model.bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer.json").unlink(missing_ok=True)  # vocab.txt says the same in less
    detector.processor().save_pretrained(folder)
    print(f"export: {folder}", flush=True)
