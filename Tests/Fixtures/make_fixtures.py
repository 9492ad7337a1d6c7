#!/usr/bin/env python3
"""Writes Tests/Fixtures/parity: what diffusers and transformers compute for small models with random weights.

    pip install -r requirements.txt
    python make_fixtures.py

Every case is a folder as docs/parity.md describes it. Running this twice gives the same bytes on one machine type.
`manifest.json` lists every file with its SHA-256; a test compares.
"""

import hashlib
import json
import math
import os
import shutil
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import diffusers
import numpy as np
import PIL
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

from fixture_texts import CORPUS, PROMPTS, TRICKY
from fixture_tokenizers import bert_tokenizer, clip_tokenizer, t5_tokenizer
from fixture_training import oft_case, reward_case, sft_case

# Pillow 13 resamples columns before rows when that is less work, which rounds otherwise; transformers 5.23's own numbers
# were published with earlier versions, and those are what we follow.
assert PIL.__version__.startswith("12."), f"Pillow {PIL.__version__}: see requirements.txt"

ROOT = Path(__file__).parent / "parity"
torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
diffusers.logging.set_verbosity_error()


# Writing cases.


class Case:
    """A case folder under construction: expected tensors with their metric and tolerance."""

    def __init__(self, name: str, title: str, **more):
        self.folder = ROOT / name
        self.folder.mkdir(parents=True)
        self.description = dict(title=title, versions=versions(), **more)
        self.expected, self.compare = {}, []

    def expect(self, tolerance: float, metric: str = "peak", **tensors):
        for name, tensor in tensors.items():
            name = name.replace("__", ".")
            self.expected[name] = tensor.detach().contiguous().clone()
            self.compare.append(dict(tensor=name, metric=metric, tol=tolerance))

    def inputs(self, **tensors):
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, self.folder / "inputs.safetensors")

    def write(self):
        if self.expected:
            save_file(self.expected, self.folder / "expected.safetensors")
            self.description["compare"] = self.compare
        (self.folder / "case.json").write_text(json.dumps(self.description, indent=1) + "\n")


def versions():
    return dict(torch=torch.__version__, transformers=transformers.__version__, diffusers=diffusers.__version__)


def numbers(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(90_001 + 37 * seed)


def normal(seed: int, *shape) -> torch.Tensor:
    return torch.randn(*shape, generator=numbers(seed))


@torch.no_grad()
def randomised(model, seed: int):
    """Gives every parameter a value of its own: norms near 1, vectors near 0, matrices that keep sizes in bounds."""
    generator = numbers(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim == 0:
            continue
        if parameter.ndim == 1:
            is_gain = name.endswith("weight") and "norm" in name.lower()
            parameter.copy_(1 + 0.15 * noise if is_gain else 0.08 * noise)
        elif any(part in name for part in ("embedding", "shared", "embed_tokens", "attention_bias")):
            parameter.copy_(0.6 * noise)
        else:
            parameter.copy_(0.8 * noise / math.sqrt(parameter.numel() / parameter.shape[0]))
    return model.eval()


def picture(seed: int, width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Smooth colours with a few hard edges: resampling has something to do in every place."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    y, x = np.mgrid[0:height, 0:width]
    rng = np.random.default_rng(seed)
    planes = []
    for _ in range(channels):
        a, b, c = rng.uniform(0.02, 0.3, 3)
        wave = 127 + 80 * np.sin(a * x + c * 20) + 48 * np.cos(b * y)
        planes.append(np.where((x // 7 + y // 5) % 4 == 0, 255 - wave, wave).clip(0, 255).astype(np.uint8))
    array = planes[0] if channels == 1 else np.stack(planes, -1)
    return Image.fromarray(array, mode)


# The models.


def flux_transformer(seed: int, guidance: bool, channels=16, heads=2, joint=28, pooled=20, layers=2):
    return randomised(diffusers.FluxTransformer2DModel(
        patch_size=1, in_channels=channels, num_layers=layers, num_single_layers=layers, attention_head_dim=14,
        num_attention_heads=heads, joint_attention_dim=joint, pooled_projection_dim=pooled, guidance_embeds=guidance,
        axes_dims_rope=(2, 6, 6)), seed)


def autoencoder(seed: int, channels=(6, 9, 12), groups=3, latent=4, quant=False, layers=1):
    return randomised(diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(channels), up_block_types=("UpDecoderBlock2D",) * len(channels),
        block_out_channels=channels, layers_per_block=layers, latent_channels=latent, norm_num_groups=groups,
        scaling_factor=0.41, shift_factor=0.07, use_quant_conv=quant, use_post_quant_conv=quant), seed)


def clip_text(seed: int, tokenizer, eos: int | None = None):
    end = tokenizer.eos_token_id
    return randomised(transformers.CLIPTextModel(transformers.CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=20, intermediate_size=33, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=12, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=end if eos is None else eos, pad_token_id=1)), seed)


def t5_encoder(seed: int, tokenizer, width=28):
    return randomised(transformers.T5EncoderModel(transformers.T5Config(
        vocab_size=len(tokenizer), d_model=width, d_kv=7, d_ff=50, num_layers=2, num_heads=3,
        feed_forward_proj="gated-gelu", dropout_rate=0.0, tie_word_embeddings=False)), seed)


# The cases.


@torch.no_grad()
def flux_case(name: str, guidance: bool, seed: int, dtype=torch.float32):
    model = flux_transformer(seed, guidance)
    case = Case(name, f"FluxTransformer2DModel, guidance {guidance}, weights {dtype}")
    folder = case.folder / "transformer"
    model.to(dtype).save_pretrained(folder)
    model = diffusers.FluxTransformer2DModel.from_pretrained(folder, torch_dtype=torch.float32).eval()
    height, width, text = 3, 5, 9
    image_ids = torch.zeros(height, width, 3)
    image_ids[..., 1] += torch.arange(height)[:, None]
    image_ids[..., 2] += torch.arange(width)[None]
    inputs = dict(
        hidden_states=normal(seed + 1, 2, height * width, 16), encoder_hidden_states=normal(seed + 2, 2, text, 28),
        pooled_projections=normal(seed + 3, 2, 20), timestep=torch.tensor([0.83, 0.12]),
        img_ids=image_ids.flatten(0, 1), txt_ids=torch.zeros(text, 3))
    if guidance:
        inputs["guidance"] = torch.tensor([3.5, 1.0])
    seen = {}
    model.time_text_embed.register_forward_hook(lambda m, i, o: seen.update(temb=o))
    model.transformer_blocks[0].register_forward_hook(lambda m, i, o: seen.update(block0_txt=o[0], block0_img=o[1]))
    model.single_transformer_blocks[0].register_forward_hook(
        lambda m, i, o: seen.update(single0_txt=o[0], single0_img=o[1]))
    model.pos_embed.register_forward_hook(lambda m, i, o: seen.update(rope_cos=o[0], rope_sin=o[1]))
    output = model(**inputs).sample
    case.inputs(**inputs)
    case.expect(1e-6, rope_cos=seen.pop("rope_cos"), rope_sin=seen.pop("rope_sin"))
    case.expect(5e-5, output=output, **seen)
    case.write()


@torch.no_grad()
def vae_case(name: str, seed: int, **options):
    model = autoencoder(seed, **options)
    case = Case(name, f"AutoencoderKL {options}")
    model.save_pretrained(case.folder / "vae")
    latent, factor = model.config.latent_channels, 2 ** (len(model.config.block_out_channels) - 1)
    image, odd = normal(seed + 1, 2, 3, 24, 32).clamp(-1, 1), normal(seed + 2, 1, 3, 27, 21).clamp(-1, 1)
    latents, eps = normal(seed + 3, 2, latent, 3, 5), normal(seed + 4, 2, latent, 24 // factor, 32 // factor)
    scale, shift = model.config.scaling_factor, model.config.shift_factor
    posterior = model.encode(image).latent_dist
    case.inputs(image=image, image_odd=odd, latents=latents, eps=eps)
    case.expect(
        5e-5, moments=posterior.parameters, mean=posterior.mean, std=posterior.std,
        sample_scaled=(posterior.mean + posterior.std * eps - shift) * scale,
        moments_odd=model.encode(odd).latent_dist.parameters, decoded_raw=model.decode(latents).sample,
        decoded_unscaled=model.decode(latents / scale + shift).sample)
    case.write()


@torch.no_grad()
def clip_case(name: str, seed: int, act: str, dtype=torch.float32):
    case = Case(name, f"CLIPModel ({act}, weights {dtype})", prompts=PROMPTS)
    folder = case.folder / "model"
    tokenizer = clip_tokenizer(CORPUS, folder)
    end = tokenizer.eos_token_id
    model = randomised(transformers.CLIPModel(transformers.CLIPConfig(
        text_config=dict(
            vocab_size=len(tokenizer), hidden_size=24, intermediate_size=41, num_hidden_layers=2, num_attention_heads=3,
            max_position_embeddings=77, hidden_act=act, eos_token_id=end, bos_token_id=tokenizer.bos_token_id, pad_token_id=1),
        vision_config=dict(
            hidden_size=30, intermediate_size=47, num_hidden_layers=2, num_attention_heads=5, image_size=42, patch_size=7,
            hidden_act=act), projection_dim=17)), seed)
    model.to(dtype).save_pretrained(folder)
    model = transformers.CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = image_processor(42)
    processor.save_pretrained(folder)
    pictures = [picture(seed, 61, 45), picture(seed + 1, 30, 80), picture(seed + 2, 50, 44, "RGBA")]
    for letter, image in zip("abc", pictures):
        image.save(case.folder / f"{letter}.png")
    pixels = processor(images=pictures, return_tensors="pt").pixel_values
    full = tokenizer(PROMPTS, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    short = tokenizer(PROMPTS, padding=True, truncation=True, return_tensors="pt")
    output = model(input_ids=full.input_ids, pixel_values=pixels)
    masked = model(input_ids=short.input_ids, attention_mask=short.attention_mask, pixel_values=pixels)
    text, vision = model.text_model(input_ids=full.input_ids), model.vision_model(pixels)
    case.expect(3e-6, pixel_values=pixels)
    case.expect(
        2e-5, text_features=model.text_projection(text.pooler_output),
        image_features=model.visual_projection(vision.pooler_output), text_embeds=output.text_embeds,
        image_embeds=output.image_embeds, logits_per_image=output.logits_per_image,
        logits_per_image_masked=masked.logits_per_image, text_last_hidden=text.last_hidden_state,
        vision_last_hidden=vision.last_hidden_state)
    case.write()


def image_processor(size: int):
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    return CLIPImageProcessorPil(
        size={"shortest_edge": size}, crop_size={"height": size, "width": size}, resample=3,
        image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])


@torch.no_grad()
def text_encoder_case():
    case = Case("clip-text-encoder", "CLIPTextModel alone: both key layouts, both rules for the end token", strings=TRICKY[:6])
    tokenizer = clip_tokenizer(CORPUS, case.folder / "tokenizer")
    ids = tokenizer(TRICKY[:6], padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    for name, eos, prefix in (("first_end_plain", None, ""), ("largest_id_prefixed", 2, "text_model.")):
        model = clip_text(300, tokenizer, eos)
        folder = case.folder / name
        model.save_pretrained(folder)
        state = {prefix + key.removeprefix("text_model."): value.contiguous() for key, value in model.state_dict().items()}
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        output = model(input_ids=ids, output_hidden_states=True)
        case.expect(2e-5, **{
            f"{name}__pooler_output": output.pooler_output, f"{name}__last_hidden_state": output.last_hidden_state,
            f"{name}__hidden_state_m2": output.hidden_states[-2]})
    case.write()


@torch.no_grad()
def t5_case():
    case = Case("t5-encoder", "T5 v1.1 encoder with and without a mask, and beyond the relative buckets", strings=PROMPTS)
    folder = case.folder / "model"
    tokenizer = t5_tokenizer(CORPUS, folder)
    (folder / "tokenizer.json").unlink()  # tok-t5 has both forms
    model = t5_encoder(400, tokenizer, width=26)
    model.save_pretrained(folder)
    batch = tokenizer(PROMPTS, padding="max_length", max_length=23, truncation=True, return_tensors="pt")
    long = torch.randint(3, len(tokenizer), (1, 290), generator=numbers(401))
    distances = torch.arange(-300, 301)
    attention = model.encoder.block[0].layer[0].SelfAttention
    seen = {}
    hook = model.encoder.block[0].register_forward_hook(lambda m, i, o: seen.update(first=o[0] if isinstance(o, tuple) else o))
    plain = model(input_ids=batch.input_ids).last_hidden_state
    first = seen["first"]
    hook.remove()
    case.inputs(
        input_ids=batch.input_ids, mask=batch.attention_mask, long_ids=long, relative_positions=distances[None])
    case.expect(
        3e-5, last_hidden=plain, after_block0=first, last_hidden_long=model(input_ids=long).last_hidden_state,
        last_hidden_masked=model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).last_hidden_state)
    case.expect(0, "exact", buckets=attention._relative_position_bucket(distances, bidirectional=True, num_buckets=32, max_distance=128))
    case.write()


@torch.no_grad()
def pipeline_case(name: str, seed: int, dev: bool):
    negative = ["a blurred picture", "night"] if dev else []
    prompts = PROMPTS[:2]
    arguments = dict(height=16, width=24, num_inference_steps=3, guidance_scale=2.5, max_sequence_length=19)
    if dev:
        arguments["true_cfg_scale"] = 1.7
    case = Case(name, f"FluxPipeline, {'dev' if dev else 'schnell'}", prompts=prompts, negative_prompts=negative, args=arguments)
    tokenizer = clip_tokenizer(CORPUS, case.folder / "tokenizer-tmp")
    tokenizer2 = t5_tokenizer(CORPUS, case.folder / "tokenizer_2-tmp")
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(
        shift=3.0 if dev else 1.0, use_dynamic_shifting=dev, base_shift=0.5, max_shift=1.15)
    pipe = diffusers.FluxPipeline(
        scheduler=scheduler, vae=autoencoder(seed, channels=(6, 9)), text_encoder=clip_text(seed + 1, tokenizer),
        tokenizer=tokenizer, text_encoder_2=t5_encoder(seed + 2, tokenizer2), tokenizer_2=tokenizer2,
        transformer=flux_transformer(seed + 3, dev, layers=1))
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(case.folder / "pipe", max_shard_size="60KB" if dev else "10GB")
    # One pipeline keeps tokenizer.json, the other the classic files: both must do.
    for part, classic in (("tokenizer", ("vocab.json", "merges.txt")), ("tokenizer_2", ("spiece.model",))):
        made = case.folder / f"{part}-tmp"
        if dev:
            for file in classic:
                shutil.copyfile(made / file, case.folder / "pipe" / part / file)
            (case.folder / "pipe" / part / "tokenizer.json").unlink()
        shutil.rmtree(made)
    latents = torch.cat([torch.randn(1, 4, 8, 12, generator=torch.Generator().manual_seed(s)) for s in (5, 6)])
    packed = pipe._pack_latents(latents, 2, 4, 8, 12)
    states, pooled, _ = pipe.encode_prompt(prompts, prompts, max_sequence_length=19)
    steps = []
    clip_ids = tokenizer(prompts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    t5_ids = tokenizer2(prompts, padding="max_length", max_length=19, truncation=True, return_tensors="pt").input_ids
    options = dict(arguments, latents=packed, output_type="latent",
                   callback_on_step_end=lambda p, i, t, k: steps.append(k["latents"]) or k)
    if dev:
        options["negative_prompt"] = negative
    final = pipe(prompts, **options).images
    unpacked = pipe._unpack_latents(final, 16, 24, pipe.vae_scale_factor)
    vae_input = unpacked / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor
    image = (pipe.vae.decode(vae_input).sample / 2 + 0.5).clamp(0, 1)
    case.inputs(latents=packed)
    case.expect(0, "exact", clip_ids=clip_ids, t5_ids=t5_ids)
    case.expect(2e-6, sigmas=pipe.scheduler.sigmas, timesteps=pipe.scheduler.timesteps)
    case.expect(1e-4, prompt_embeds=states, pooled_prompt_embeds=pooled, vae_input=vae_input,
                **{f"latents_step{k}": step for k, step in enumerate(steps)})
    case.expect(2e-4, image=image)
    case.expect(1, "abs", image_u8=(image * 255).round().to(torch.uint8))
    case.write()


def tokenizer_case(name: str, make, lengths):
    case = Case(name, f"{name}: ids of awkward texts")
    tokenizer = make(CORPUS, case.folder / "tokenizer")
    entries = []
    for text in TRICKY + PROMPTS:
        entry = dict(text=text, ids=tokenizer(text).input_ids, ids_plain=tokenizer(text, add_special_tokens=False).input_ids)
        for length in lengths:
            row = tokenizer(text, padding="max_length", max_length=length, truncation=True)
            entry[f"pad{length}"] = dict(ids=row.input_ids, mask=row.attention_mask)
        entries.append(entry)
    (case.folder / "expected.json").write_text(json.dumps(entries))
    case.compare = []
    case.write()


def preprocessing_case():
    pictures = dict(
        wide=(picture(1, 131, 57), 36), tall=(picture(2, 40, 117), 36), small=(picture(3, 17, 23), 36),
        grey=(picture(4, 70, 64, "L"), 36), alpha=(picture(5, 66, 51, "LA"), 36), clear=(picture(6, 45, 63, "RGBA"), 36),
        exact=(picture(7, 36, 36), 36), palette=(picture(8, 52, 71).quantize(13), 36))
    case = Case(
        "clip-preprocess", "CLIPImageProcessor: bytes after resizing and cropping, and normalised values",
        images={name: dict(size=size) for name, (_, size) in pictures.items()})
    processor = image_processor(36)
    processor.save_pretrained(case.folder / "proc36")
    for name, (image, _) in pictures.items():
        image.save(case.folder / f"{name}.png")
        values = processor(images=[image], return_tensors="pt").pixel_values
        mean, std = torch.tensor(processor.image_mean).view(3, 1, 1), torch.tensor(processor.image_std).view(3, 1, 1)
        levels = ((values[0].double() * std + mean) * 255).round().to(torch.uint8)
        case.expect(0, "exact", **{f"{name}__u8": levels})
        case.expect(3e-6, **{f"{name}__pixel_values": values})
    for filter, code in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC), ("lanczos", Image.LANCZOS)):
        for width, height in ((61, 90), (200, 31)):
            scaled = np.asarray(pictures["wide"][0].resize((width, height), code)).copy()
            case.expect(0, "exact", **{f"resize__{filter}_{width}x{height}": torch.from_numpy(scaled).permute(2, 0, 1)})
    case.write()


DETECTOR_TEXTS = ["a green apple. an iron nail . the kettle", "candle?"]


def detector(seed: int, tokenizer):
    model = randomised(transformers.GroundingDinoForObjectDetection(transformers.GroundingDinoConfig(
        backbone_config=transformers.SwinConfig(
            embed_dim=4, depths=[1, 2, 2, 1], num_heads=[2, 2, 4, 4], window_size=3, mlp_ratio=1.5, out_indices=[2, 3, 4]),
        text_config=transformers.BertConfig(
            vocab_size=len(tokenizer), hidden_size=12, intermediate_size=18, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=40),
        d_model=32, num_queries=19, max_text_len=30, encoder_layers=2, encoder_ffn_dim=24, encoder_attention_heads=4,
        encoder_n_points=2, decoder_layers=2, decoder_ffn_dim=20, decoder_attention_heads=2, decoder_n_points=3)), seed)
    for name, parameter in sorted(model.named_parameters()):
        if name.endswith(".1.weight") and "input_proj_vision" in name:
            parameter.add_(1)  # a group normalisation's gain, which its name does not show
        elif "sampling_offsets.bias" in name or name.endswith(("vision_param", "text_param")):
            parameter.mul_(9)  # else hardly anything would depend on where is looked
    return model


@torch.no_grad()
def detector_case():
    from types import SimpleNamespace

    from transformers.models.grounding_dino import modeling_grounding_dino as reference
    from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
    from transformers.models.grounding_dino.processing_grounding_dino import GroundingDinoProcessor, get_phrases_from_posmap

    thresholds = dict(box_threshold=0.35, text_threshold=0.25)
    case = Case("grounding-dino", "GroundingDinoForObjectDetection, weights bfloat16, two pictures on one canvas", texts=DETECTOR_TEXTS)
    folder = case.folder / "model"
    tokenizer = bert_tokenizer(CORPUS, folder)
    (folder / "tokenizer.json").unlink()  # tok-bert has both forms
    detector(700, tokenizer).to(torch.bfloat16).save_pretrained(folder)
    model = transformers.GroundingDinoForObjectDetection.from_pretrained(folder, dtype=torch.float32).eval()
    processor = GroundingDinoImageProcessorPil(size=dict(shortest_edge=41, longest_edge=67))
    processor.save_pretrained(folder)
    pictures = [picture(701, 93, 50), picture(702, 41, 46)]
    for letter, image in zip("ab", pictures):
        image.save(case.folder / f"{letter}.png")
    pixels = processor(images=pictures, return_tensors="pt")
    batch = tokenizer(DETECTOR_TEXTS, padding=True, return_tensors="pt")
    case.inputs(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
    mask, positions = reference.generate_masks_with_special_tokens_and_transfer_map(
        batch.input_ids, torch.tensor(reference.SPECIAL_TOKENS))
    seen = {}
    backbone, first = model.model.backbone.conv_encoder.model, model.model.encoder.layers[0]
    hooks = [
        backbone.register_forward_hook(lambda m, i, o: seen.update({f"swin{k}": o.feature_maps[k] for k in range(3)})),
        model.model.text_projection.register_forward_hook(lambda m, i, o: seen.update(text_projected=o)),
        first.register_forward_hook(lambda m, i, o: seen.update(enc0_vision=o[0][0], enc0_text=o[0][1]))]
    output = model(**pixels, **batch)
    for hook in hooks:
        hook.remove()
    single = model(pixels.pixel_values[:1], batch.input_ids[:1], attention_mask=batch.attention_mask[:1], pixel_mask=pixels.pixel_mask[:1])
    best = output.enc_outputs_class.max(-1)[0]
    case.expect(
        0, "exact", pixel_mask=pixels.pixel_mask.to(torch.uint8), text_self_mask=mask.to(torch.uint8),
        text_position_ids=positions, topk_indices=torch.topk(best, 19, dim=1)[1],
        keep_all_finite_logits=torch.isfinite(output.logits).to(torch.uint8))
    case.expect(
        5e-5, **seen, encoder_vision=output.encoder_last_hidden_state_vision, encoder_text=output.encoder_last_hidden_state_text,
        enc_class_max=best, init_reference_points=output.init_reference_points,
        intermediate_reference_points=output.intermediate_reference_points, decoder_last=output.last_hidden_state,
        logits=output.logits, pred_boxes=output.pred_boxes, logits_single=single.logits, pred_boxes_single=single.pred_boxes)
    # Logits of random weights are all far above the thresholds: moved so that both divide them.
    finite = output.logits[torch.isfinite(output.logits)]
    moved = (output.logits - finite.mean()) / finite.std() - 2
    case.expected["post_logits"] = moved
    answers = GroundingDinoProcessor(processor, tokenizer).post_process_grounded_object_detection(
        SimpleNamespace(logits=moved, pred_boxes=output.pred_boxes, input_ids=batch.input_ids), threshold=0.35,
        text_threshold=0.25, target_sizes=[image.size[::-1] for image in pictures])
    kept = []
    for index, answer in enumerate(answers):
        probability = torch.sigmoid(moved[index])
        queries = (probability.max(-1)[0] > 0.35).nonzero().flatten()
        ids = get_phrases_from_posmap(probability[queries] > 0.25, batch.input_ids[index])
        kept.append(dict(
            queries=queries.tolist(), token_ids=[[int(id) for id in row] for row in ids], phrases=answer["text_labels"]))
        case.expect(1e-6, **{f"post{index}__boxes_xyxy": answer["boxes"], f"post{index}__scores": answer["scores"]})
    case.description["post"] = dict(thresholds, per_image=kept)
    case.write()


# Training: tiny models, whose gradients are as large as themselves.


def small_flux(seed: int):
    return randomised(diffusers.FluxTransformer2DModel(
        patch_size=1, in_channels=8, num_layers=1, num_single_layers=1, attention_head_dim=6, num_attention_heads=2,
        joint_attention_dim=10, pooled_projection_dim=8, guidance_embeds=True, axes_dims_rope=(2, 2, 2)), seed)


def training_cases():
    case = Case("sciscore-train", "SciScore's criterion on a tiny CLIP: gradients, three clipped AdamW steps")
    model = randomised(transformers.CLIPModel(transformers.CLIPConfig(
        text_config=dict(
            vocab_size=40, hidden_size=12, intermediate_size=18, num_hidden_layers=2, num_attention_heads=3,
            max_position_embeddings=11, hidden_act="gelu", eos_token_id=39, bos_token_id=38, pad_token_id=1),
        vision_config=dict(
            hidden_size=15, intermediate_size=21, num_hidden_layers=2, num_attention_heads=3, image_size=15, patch_size=5,
            hidden_act="gelu"), projection_dim=9)), 700)
    model.save_pretrained(case.folder / "model")
    generator = numbers(701)

    def ids():
        rows = torch.randint(0, 38, (3, 11), generator=generator)
        for row, end in enumerate((4, 10, 7)):
            rows[row, end:] = 39
        return rows

    batch = dict(ids=ids(), pos_ids=ids(), neg_ids=ids())
    batch.update(pixel_values_pos=normal(702, 3, 3, 15, 15), pixel_values_neg=normal(703, 3, 3, 15, 15))
    reward_case(case, model.train(), batch)
    sft_case(
        Case("flux-sft", "flow-matching loss of a tiny FLUX with LoRA: gradients, three clipped AdamW steps"),
        small_flux(720), lambda seed, *shape: normal(730 + seed, *shape))
    oft_case(
        Case("flux-oft", "masked preference loss of a tiny FLUX with LoRA along a stochastic trajectory"),
        small_flux(760), lambda seed, *shape: normal(770 + seed, *shape))


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    flux_case("flux-dev", True, 100)
    flux_case("flux-schnell-bf16", False, 120, torch.bfloat16)
    flux_case("flux-schnell-fp16", False, 140, torch.float16)
    vae_case("vae", 200)
    vae_case("vae-quant", 220, channels=(8, 8), groups=4, latent=3, quant=True, layers=2)
    clip_case("clip-gelu", 240, "gelu")
    clip_case("clip-quick-gelu-bf16", 260, "quick_gelu", torch.bfloat16)
    text_encoder_case()
    t5_case()
    pipeline_case("flux-pipeline-dev", 500, dev=True)
    pipeline_case("flux-pipeline-schnell", 520, dev=False)
    tokenizer_case("tok-clip", clip_tokenizer, (8, 77))
    tokenizer_case("tok-t5", t5_tokenizer, (8, 40))
    tokenizer_case("tok-bert", bert_tokenizer, (8, 40))
    preprocessing_case()
    detector_case()
    training_cases()
    files = sorted(path for path in ROOT.rglob("*") if path.is_file())
    manifest = {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (ROOT.parent / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
