"""The autoencoder: an 8-fold AutoencoderKL started from a 4-fold one, with an object-weighted loss.

Plain squared error spends itself on walls and leaves small coloured things brown; see `loss`.
"""

from pathlib import Path

import torch
from diffusers import AutoencoderKL

from training import Run
from world import World


def make(channels: tuple[int, ...]) -> AutoencoderKL:
    torch.manual_seed(21)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(channels), up_block_types=("UpDecoderBlock2D",) * len(channels),
        block_out_channels=channels, layers_per_block=1, latent_channels=16, norm_num_groups=8, sample_size=64,
        use_quant_conv=False, use_post_quant_conv=False, force_upcast=True)
    with torch.no_grad():  # start with a narrow posterior: with std 1 the decoder first learns to ignore the latents
        logvar = slice(16, 32)
        vae.encoder.conv_out.weight[logvar] *= 0.1
        vae.encoder.conv_out.bias[logvar] = -6.0
    return vae


def warm_start(eight: AutoencoderKL, four: AutoencoderKL):
    """Copies every tensor that fits; the decoder's levels move up by one, its new outermost level is fresh."""
    source = {}
    for key, value in four.state_dict().items():
        parts = key.split(".")
        if parts[:2] == ["decoder", "up_blocks"]:
            parts[2] = str(int(parts[2]) + 1)
        source[".".join(parts)] = value
    target = eight.state_dict()
    fitting = {key: value for key, value in source.items() if key in target and target[key].shape == value.shape}
    eight.load_state_dict(fitting, strict=False)
    print(f"vae: {len(fitting)} of {len(target)} tensors start from the 4-fold autoencoder", flush=True)


def loss(decoded, pixels, posterior):
    """Squared error with five-fold weight on objects (far from their row's median), plus opponent colours."""
    error = decoded - pixels
    far = (pixels - pixels.median(dim=3, keepdim=True).values).abs().amax(dim=1, keepdim=True) > 0.25
    weight = 1 + 4 * far.float()
    weight = weight / weight.mean()
    r, g, b = error.unbind(1)
    opponent = (r - g).square() + (b - g).square()
    return (
        (weight * error.square()).mean() + (weight[:, 0] * opponent).mean()
        + 0.02 * (weight * error.abs()).mean() + 1e-7 * posterior.kl().sum() / len(pixels))


def train(vae: AutoencoderKL, world: World, folder: Path, name: str, steps: int, peak: float, batch: int = 8):
    vae.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(vae.parameters(), betas=(0.9, 0.99), weight_decay=1e-4)
    run = Run(folder, name, vae, optimizer, steps)
    for _ in run.steps(peak):
        index = torch.randint(len(world.rows), (batch,), generator=run.generator)
        picture = torch.randint(2, (batch,), generator=run.generator)
        pixels = world.pixels(index, picture)
        if torch.rand((), generator=run.generator) < 0.5:
            pixels = pixels.flip(3)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        posterior = vae.encode(pixels).latent_dist
        latents = posterior.mean + posterior.std * torch.randn(posterior.mean.shape, generator=run.generator)
        value = loss(vae.decode(latents).sample, pixels, posterior)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        run.report(value.item())
    return run.minutes()


@torch.no_grad()
def encode(vae: AutoencoderKL, world: World, batch: int = 64):
    """(mean, std) of every picture's posterior, each [n, 2, 16, 8, 8]."""
    means, stds = [], []
    for start in range(0, len(world.rows), batch):
        index = torch.arange(start, min(start + batch, len(world.rows)))
        both = torch.stack([index, index], 1).flatten(), torch.arange(2).repeat(len(index))
        posterior = vae.encode(world.pixels(*both)).latent_dist
        means.append(posterior.mean.unflatten(0, (-1, 2)))
        stds.append(posterior.std.unflatten(0, (-1, 2)))
    return torch.cat(means), torch.cat(stds)
