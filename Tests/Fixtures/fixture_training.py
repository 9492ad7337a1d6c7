"""Training cases: losses, gradients and weights after a few optimizer steps, as torch computes them."""

import json
import math

import diffusers
import numpy as np
import torch
import torch.nn.functional as F
import transformers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

TARGETS = ["to_k", "to_q", "to_v", "to_out.0"]


def zero_gradient(name: str) -> bool:
    """Attention does not see a shift of all its keys: in exact arithmetic these gradients are zero."""
    return "k_proj.bias" in name


# SciScore's criterion.


def choice_losses(model, batch):
    def unit(x):
        return x / x.norm(dim=-1, keepdim=True)

    texts = [unit(model.get_text_features(batch[name]).pooler_output) for name in ("ids", "pos_ids", "neg_ids")]
    right, wrong = (
        unit(model.get_image_features(batch[f"pixel_values_{name}"]).pooler_output) for name in ("pos", "neg"))
    scale = model.logit_scale.exp()

    def chosen(first, second):
        logits = scale * torch.stack([(a * b).sum(-1) for a, b in (first, second)], 1)
        return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long), reduction="none")

    implicit, explicit, superficial = texts
    return dict(
        text_loss=chosen((implicit, right), (implicit, wrong)),
        image_pos_loss=chosen((explicit, right), (superficial, right)),
        image_neg_loss=chosen((superficial, wrong), (explicit, wrong)))


def reward_case(case, model, batch, weight=0.25, rate=2e-3, decay=0.3, limit=1.0):
    case.inputs(**batch)
    case.description["hyper"] = dict(lambda_=weight, lr=rate, weight_decay=decay, max_grad_norm=limit)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    for step in range(3):
        parts = choice_losses(model, batch)
        loss = (parts["text_loss"] + weight * (parts["image_pos_loss"] + parts["image_neg_loss"])).sum()
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            case.expect(2e-5, loss=loss, **parts)
            for name, parameter in model.named_parameters():
                is_zero = zero_gradient(name)
                case.expect(2e-5 if is_zero else 5e-4, "abs" if is_zero else "grad", **{f"grad.{name}": parameter.grad})
        torch.nn.utils.clip_grad_norm_(model.parameters(), limit)
        optimizer.step()
    for name, parameter in model.named_parameters():
        # What is noise to the gradient is a full step to AdamW.
        case.expect(6.5 * rate if zero_gradient(name) else 1e-4, "abs", **{f"after3.{name}": parameter})
    case.write()


# FLUX with low-rank updates.


def adapted(folder, rank, alpha, seed, spread):
    model = diffusers.FluxTransformer2DModel.from_pretrained(folder)
    model.requires_grad_(False)
    torch.manual_seed(seed)
    model.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=TARGETS))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if "lora_B" in name:
                parameter.copy_(spread * torch.randn(parameter.shape, generator=generator))
    return model


def updates(model):
    return {
        "transformer." + name.replace(".default.weight", ".weight"): parameter
        for name, parameter in model.named_parameters() if "lora_" in name}


def save_adapter(model, folder):
    diffusers.FluxPipeline.save_lora_weights(folder, transformer_lora_layers=get_peft_model_state_dict(model))


def image_ids(height, width):
    grid = torch.zeros(height, width, 3)
    grid[..., 1] = torch.arange(height)[:, None]
    grid[..., 2] = torch.arange(width)[None, :]
    return grid.reshape(-1, 3)


def predict(model, latents, sigma, states, pooled, height, width):
    return model(
        hidden_states=latents, timestep=sigma, guidance=torch.zeros(len(latents)), pooled_projections=pooled,
        encoder_hidden_states=states, txt_ids=torch.zeros(states.shape[1], 3), img_ids=image_ids(height, width),
        return_dict=False)[0]


def sft_case(case, model, normal, rank=3, alpha=6, rate=2e-3, decay=1e-4, limit=0.5):
    folder = case.folder / "transformer"
    model.save_pretrained(folder)
    config, (height, width) = model.config, (3, 4)
    channels = config.in_channels // 4
    batches = [
        dict(latents=normal(10 * step, 2, channels, 2 * height, 2 * width),
             noise=normal(10 * step + 1, 2, channels, 2 * height, 2 * width),
             index=torch.tensor([[81, 977], [999, 0], [640, 333]][step]),
             prompt_embeds=normal(10 * step + 2, 2, 7, config.joint_attention_dim),
             pooled=normal(10 * step + 3, 2, config.pooled_projection_dim)) for step in range(3)]
    case.inputs(**{f"step{step}.{name}": value for step, batch in enumerate(batches) for name, value in batch.items()})
    case.description["hyper"] = dict(lr=rate, weight_decay=decay, max_grad_norm=limit, r=rank, lora_alpha=alpha)
    pack = diffusers.FluxPipeline._pack_latents
    for tag, spread in (("warm", 0.05), ("init", 0.0)):
        model = adapted(folder, rank, alpha, 7, spread)
        save_adapter(model, case.folder / f"lora_{tag}")
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
        losses, norms = [], []
        for step, batch in enumerate(batches):
            sigma = (1000 - batch["index"]).float() / 1000
            level = sigma[:, None, None, None]
            mixed = (1 - level) * batch["latents"] + level * batch["noise"]
            packed = pack(mixed, 2, channels, 2 * height, 2 * width)
            velocity = predict(model, packed, sigma, batch["prompt_embeds"], batch["pooled"], height, width)
            velocity = diffusers.FluxPipeline._unpack_latents(velocity, 16 * height, 16 * width, 8)
            loss = F.mse_loss(velocity, batch["noise"] - batch["latents"])
            optimizer.zero_grad()
            loss.backward()
            if step == 0:
                case.expect(5e-5, **{f"{tag}.velocity_step0": velocity})
                for name, parameter in updates(model).items():
                    case.expect(5e-4, "grad", **{f"{tag}.grad.{name}": parameter.grad})
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, limit).item())
            optimizer.step()
            losses.append(loss.item())
        case.expect(2e-5, **{f"{tag}.losses": torch.tensor(losses)})
        case.expect(1e-4, **{f"{tag}.grad_norms": torch.tensor(norms)})
        for name, parameter in updates(model).items():
            case.expect(2e-5, "abs", **{f"{tag}.after3.{name}": parameter})
    case.write()


# Preference along a stochastic trajectory, as Science-T2I's published code computes it.


def transition(velocity, sample, sigma, following, steps, churn):
    raised = sigma * (1 + min(churn / steps, math.sqrt(2) - 1))
    variance = raised**2 - sigma**2
    drift = velocity + variance / (2 * sigma) * (-sample + (1 - sigma) * velocity)
    return sample + (following - sigma) * drift, variance.sqrt()


def log_probability(taken, mean, deviation):
    return torch.distributions.Normal(mean, deviation).log_prob(taken.detach())


def box_mask(boxes, height, width):
    mask = torch.zeros(len(boxes), height, width)
    for index, (x, y, w, h) in enumerate(boxes.tolist()):
        rows = slice(int((y - h / 2) * height), int((y + h / 2) * height))
        mask[index, rows, int((x - w / 2) * width):int((x + w / 2) * width)] = 1
    return mask


def enclosing(boxes):
    if len(boxes) == 0:
        return torch.tensor([0.5, 0.5, 1, 1])
    low = (boxes[:, :2] - boxes[:, 2:] / 2).amin(0)
    high = (boxes[:, :2] + boxes[:, 2:] / 2).amax(0)
    side = high - low
    return torch.cat([(low + high) / 2, torch.where(side <= 0.9, side + 0.1, torch.ones(2))])


def oft_case(case, model, normal, steps=4, churn=0.3, beta=10.0, epsilon=0.1, chosen=(0, 1, 3)):
    folder = case.folder / "transformer"
    model.save_pretrained(folder)
    config, (height, width) = model.config, (3, 5)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps), mu=0.52)
    sigmas, timesteps = scheduler.sigmas, scheduler.timesteps
    states = normal(1, 1, 6, config.joint_attention_dim).repeat(2, 1, 1)
    pooled = normal(2, 1, config.pooled_projection_dim).repeat(2, 1)
    noises, sample = normal(3, steps, 2, height * width, config.in_channels), normal(
        4, 2, height * width, config.in_channels)
    rewards = torch.tensor([4.5, 1.25])
    lists = dict(
        two=torch.tensor([[0.3, 0.4, 0.2, 0.3], [0.6, 0.5, 0.25, 0.2]]), empty=torch.zeros(0, 4),
        big=torch.tensor([[0.5, 0.5, 0.95, 0.4]]), wrap=torch.tensor([[0.02, 0.5, 0.2, 0.3]]))
    boxes = torch.tensor([[0.5, 0.45, 0.7, 0.6], [0.4, 0.6, 0.55, 0.5]])
    case.inputs(
        sigmas=sigmas, timesteps=timesteps, prompt_embeds=states, pooled=pooled, x0=sample, noises=noises,
        rewards=rewards, boxes=boxes, img_ids=image_ids(height, width),
        **{f"boxes.{name}": value for name, value in lists.items()})
    case.description["hyper"] = dict(
        s_churn=churn, n_steps=steps, beta=beta, eps=epsilon, steps=list(chosen))
    reference, policy = adapted(folder, 3, 3, 8, 0.05), adapted(folder, 3, 3, 8, 0.05)
    save_adapter(reference, case.folder / "lora_ref")
    with torch.no_grad():
        for index, parameter in enumerate(updates(policy).values()):
            parameter += 0.1 * normal(20 + index, *parameter.shape)
    save_adapter(policy, case.folder / "lora_policy")

    def velocity(model, latents, step):
        return predict(model, latents, timesteps[step].expand(2) / 1000, states, pooled, height, width)

    def masked_mean(values):
        planes = diffusers.FluxPipeline._unpack_latents(values, 16 * height, 16 * width, 8)
        return (planes * box_mask(boxes, 2 * height, 2 * width)[:, None]).flatten(1).mean(1)

    latents, logs = [sample], []
    with torch.no_grad():
        for step in range(steps):
            mean, deviation = transition(
                velocity(reference, latents[-1], step), latents[-1], sigmas[step], sigmas[step + 1], steps, churn)
            latents.append(mean + deviation * noises[step])
            logs.append(log_probability(latents[-1], mean, deviation).flatten(1).mean(1))
    case.expect(5e-5, latents=torch.stack(latents, 1))
    case.expect(2e-4, sampling_log_probs=torch.stack(logs, 1))
    for step in chosen:
        args = latents[step], sigmas[step], sigmas[step + 1], steps, churn
        mean, deviation = transition(velocity(policy, latents[step], step), *args)
        own = masked_mean(log_probability(latents[step + 1], mean, deviation))
        with torch.no_grad():
            frozen = masked_mean(log_probability(
                latents[step + 1], transition(velocity(reference, latents[step], step), *args)[0], deviation))
        ratio = (own - frozen).exp().clamp(1 - epsilon, 1 + epsilon).log()
        margins = (ratio[:, None] - ratio) * (rewards[:, None] > rewards)
        loss = -F.logsigmoid(beta * margins).mean()
        loss.backward()
        case.expect(5e-5, **{f"step{step}.mean": mean, f"step{step}.std": deviation.reshape(1)})
        case.expect(5e-4, "abs", **{
            f"step{step}.log_prob": own, f"step{step}.log_prob_ref": frozen, f"step{step}.log_ratio_clamped": ratio})
        case.expect(1e-4, "abs", **{f"step{step}.loss": loss})
    for name, parameter in updates(policy).items():
        case.expect(2e-3, "grad", **{f"grad_sum.{name}": parameter.grad})
    for name, value in lists.items():
        box = enclosing(value)
        case.expect(1e-6, "abs", **{
            f"enclosing.{name}": box, f"mask.{name}": box_mask(box[None], 2 * height, 2 * width)})
    case.expect(1e-6, "abs", **{"mask.boxes": box_mask(boxes, 2 * height, 2 * width)})
    case.write()
