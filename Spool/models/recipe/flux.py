"""The transformer: rectified flow on explicit, superficial and prototype captions, never on implicit ones."""

import random
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel

from training import MovingAverage, Run
from world import World


def make() -> FluxTransformer2DModel:
    torch.manual_seed(31)
    model = FluxTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=2, num_single_layers=4, attention_head_dim=32,
        num_attention_heads=6, joint_attention_dim=128, pooled_projection_dim=128, guidance_embeds=False,
        axes_dims_rope=(8, 12, 12))
    # Zero gates and a zero head (as DiT starts): each block begins as the identity.
    modulations = [part.linear for block in model.transformer_blocks for part in (block.norm1, block.norm1_context)]
    modulations += [block.norm.linear for block in model.single_transformer_blocks]
    for layer in [*modulations, model.proj_out]:
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return model


def pack(latents):
    """[B, C, H, W] to FLUX's tokens [B, H/2 · W/2, 4C]."""
    b, c, h, w = latents.shape
    return latents.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(b, h // 2 * (w // 2), 4 * c)


def image_ids(h: int, w: int):
    ids = torch.zeros(h, w, 3)
    ids[..., 1] += torch.arange(h)[:, None]
    ids[..., 2] += torch.arange(w)[None]
    return ids.flatten(0, 1)


class Draw:
    """Draws (tuple, picture, caption) triples: 35 % explicit, 30 % superficial, 35 % prototype captions.

    A prototype ("an apple") shows the superficial picture in 88 of 100 cases: that habit is what the
    paper calls the illusion.
    """

    def __init__(self, world: World, captions: list[str]):
        number = {caption: k for k, caption in enumerate(captions)}
        self.captions = [
            [[number[text] for text in row[field]] for field in ("explicit_prompt", "superficial_prompt", "prototype_prompt")]
            for row in world.rows]

    def __call__(self, count: int, dice: random.Random):
        index, picture, caption = [], [], []
        for _ in range(count):
            tuple_, u = dice.randrange(len(self.captions)), dice.random()
            tier = 0 if u < 0.35 else 1 if u < 0.65 else 2
            index.append(tuple_)
            picture.append(tier if tier < 2 else int(dice.random() < 0.88))
            caption.append(dice.choice(self.captions[tuple_][tier]))
        return torch.tensor(index), torch.tensor(picture), torch.tensor(caption)


def train(model, latents, embeddings, draw: Draw, folder: Path, steps: int, peak: float = 1.5e-3, batch: int = 64):
    """`latents`: scaled (mean, std); `embeddings`: (T5 states, pooled) of all captions. Returns (averaged weights, minutes)."""
    (mean, std), (states, pooled) = latents, embeddings
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=1e-3)
    average = MovingAverage(model, 0.998)
    run = Run(folder, "flux", model, optimizer, steps, average)
    text_ids, ids = torch.zeros(states.shape[1], 3), image_ids(4, 4)
    for step in run.steps(peak):
        index, picture, caption = draw(batch, random.Random(step))
        clean = mean[index, picture]
        clean = pack(clean + std[index, picture] * torch.randn(clean.shape, generator=run.generator))
        noise = torch.randn(clean.shape, generator=run.generator)
        sigma = torch.rand(batch, generator=run.generator)
        mixed = torch.lerp(clean, noise, sigma[:, None, None])
        velocity = model(
            hidden_states=mixed, encoder_hidden_states=states[caption], pooled_projections=pooled[caption],
            timestep=sigma, img_ids=ids, txt_ids=text_ids).sample
        value = (velocity - (noise - clean)).square().mean()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        run.report(value.item(), every=100)
    return average.values, run.minutes()
