"""Writes tiny.gguf and tiny-mmproj.gguf: a multimodal model with random weights for llama.cpp's server.

    python make_tiny_lmm.py llama.cpp/models/ggml-vocab-llama-spm.gguf

A llama text model with the vocabulary of the given file, and a CLIP tower with LLaVA-1.5's projector. What it answers is
noise; docs/judge.md says what it is for. Needs numpy and gguf.
"""

import sys

import gguf
import numpy as np

EMBEDDING, FEED_FORWARD, HEADS, BLOCKS, CONTEXT = 64, 128, 4, 2, 4096
VISION, VISION_FEED_FORWARD, VISION_BLOCKS, PATCH, IMAGE = 32, 64, 3, 14, 56
generator = np.random.default_rng(0)


def noise(*shape):
    return (generator.standard_normal(shape) * 0.05).astype(np.float32)


def ones(count):
    return np.ones(count, np.float32)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer, path):
    adders = {
        "model": writer.add_tokenizer_model,
        "pre": writer.add_tokenizer_pre,
        "tokens": writer.add_token_list,
        "scores": writer.add_token_scores,
        "token_type": writer.add_token_types,
        "bos_token_id": writer.add_bos_token_id,
        "eos_token_id": writer.add_eos_token_id,
        "unknown_token_id": writer.add_unk_token_id,
        "add_bos_token": writer.add_add_bos_token,
    }
    fields = gguf.GGUFReader(path).fields
    for name, add in adders.items():
        field = fields.get(f"tokenizer.ggml.{name}")
        if field is not None:
            add(field.contents())
    return len(fields["tokenizer.ggml.tokens"].contents())


def write_text_model(vocabulary):
    writer = gguf.GGUFWriter("tiny.gguf", "llama")
    writer.add_name("tiny random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_file_type(0)
    tokens = add_vocabulary(writer, vocabulary)
    writer.add_vocab_size(tokens)
    writer.add_tensor("token_embd.weight", noise(tokens, EMBEDDING))
    writer.add_tensor("output.weight", noise(tokens, EMBEDDING))
    writer.add_tensor("output_norm.weight", ones(EMBEDDING))
    for block in range(BLOCKS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{block}.{name}.weight", noise(EMBEDDING, EMBEDDING))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{block}.{name}.weight", ones(EMBEDDING))
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{block}.{name}.weight", noise(FEED_FORWARD, EMBEDDING))
        writer.add_tensor(f"blk.{block}.ffn_down.weight", noise(EMBEDDING, FEED_FORWARD))
    finish(writer)


def write_projector():
    writer = gguf.GGUFWriter("tiny-mmproj.gguf", "clip")
    writer.add_name("tiny random projector")
    writer.add_file_type(0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", False)
    sizes = {
        "image_size": IMAGE,
        "patch_size": PATCH,
        "embedding_length": VISION,
        "feed_forward_length": VISION_FEED_FORWARD,
        "block_count": VISION_BLOCKS,
        "projection_dim": EMBEDDING,
        "attention.head_count": 2,
    }
    for name, value in sizes.items():
        writer.add_uint32(f"clip.vision.{name}", value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.48, 0.46, 0.41])
    writer.add_array("clip.vision.image_std", [0.27, 0.26, 0.28])

    def linear(name, outputs, inputs):
        writer.add_tensor(f"{name}.weight", noise(outputs, inputs))
        writer.add_tensor(f"{name}.bias", noise(outputs))

    def norm(name):
        writer.add_tensor(f"{name}.weight", ones(VISION))
        writer.add_tensor(f"{name}.bias", noise(VISION))

    writer.add_tensor("v.class_embd", noise(VISION))
    writer.add_tensor("v.patch_embd.weight", noise(VISION, 3, PATCH, PATCH))
    writer.add_tensor("v.position_embd.weight", noise((IMAGE // PATCH) ** 2 + 1, VISION))
    norm("v.pre_ln")
    norm("v.post_ln")
    for block in range(VISION_BLOCKS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            linear(f"v.blk.{block}.{name}", VISION, VISION)
        norm(f"v.blk.{block}.ln1")
        norm(f"v.blk.{block}.ln2")
        linear(f"v.blk.{block}.ffn_up", VISION_FEED_FORWARD, VISION)
        linear(f"v.blk.{block}.ffn_down", VISION, VISION_FEED_FORWARD)
    linear("mm.0", EMBEDDING, VISION)
    linear("mm.2", EMBEDDING, EMBEDDING)
    finish(writer)


write_text_model(sys.argv[1])
write_projector()
