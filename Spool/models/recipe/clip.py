"""CLIP on explicit and superficial pairs (and some prototypes): the start from which SciScore is trained."""

import random
from collections import defaultdict
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from training import Run
from world import World

MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def make(tokenizer) -> CLIPModel:
    torch.manual_seed(41)
    end = tokenizer.eos_token_id
    text = dict(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4,
        max_position_embeddings=77, hidden_act="gelu", projection_dim=128, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=end, pad_token_id=end)
    vision = dict(
        hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4, image_size=64,
        patch_size=8, hidden_act="gelu", projection_dim=128)
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=128, logit_scale_init_value=2.6593))


def processor() -> CLIPImageProcessor:
    return CLIPImageProcessor(
        size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}, resample=3, image_mean=MEAN, image_std=STD)


def train(model: CLIPModel, world: World, tokenizer, folder: Path, steps: int, peak: float = 1e-3, tuples: int = 40):
    """Batches of `tuples` tuples of distinct subjects, each with both pictures: the wrong picture is always a negative."""
    captions = world.captions(("explicit_prompt", "superficial_prompt", "prototype_prompt"))
    ids = tokenizer(captions, padding="max_length", max_length=24, truncation=True, return_tensors="pt").input_ids
    number = {caption: k for k, caption in enumerate(captions)}
    subjects = defaultdict(list)
    for k, row in enumerate(world.rows):
        subjects[row["law"], row["subject"]].append(k)
    subjects = [subjects[key] for key in sorted(subjects)]
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.02)
    run = Run(folder, "clip", model, optimizer, steps)
    for step in run.steps(peak):
        dice = random.Random(step)
        index, picture, caption = [], [], []
        for members in dice.sample(subjects, tuples):
            tuple_ = dice.choice(members)
            row = world.rows[tuple_]
            chosen = [dice.choice(row["explicit_prompt"]), dice.choice(row["superficial_prompt"])]
            if dice.random() < 0.2:  # a prototype fits either picture: it must not lean to one
                chosen[dice.randrange(2)] = dice.choice(row["prototype_prompt"])
            index += [tuple_, tuple_]
            picture += [0, 1]
            caption += [number[text] for text in chosen]
        pixels = (world.pixels(torch.tensor(index), torch.tensor(picture)) * 0.5 + 0.5 - mean) / std
        logits = model(input_ids=ids[torch.tensor(caption)], pixel_values=pixels).logits_per_image
        target = torch.arange(len(logits))
        value = (torch.nn.functional.cross_entropy(logits, target) + torch.nn.functional.cross_entropy(logits.T, target)) / 2
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=4.6052)
        run.report(value.item())
    return run.minutes()
