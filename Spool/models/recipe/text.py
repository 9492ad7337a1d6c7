"""Tokenizers in which every word of the world is one token, and frozen random text encoders over them.

The encoders are never trained: a random transformer already tells captions apart, and whatever FLUX and CLIP
need to know about words they learn in their own weights. Words that occur in implicit prompts alone have ids,
but nothing is ever trained on them.
"""

import json
from collections import Counter
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel, T5Tokenizer

T5_TOKENS = 16
"""Tokens FLUX reads of a caption: twelve words, the closing token, and a little room."""


def byte_symbols() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes, in the order of CLIP's vocabulary."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    moved = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + k) for k in range(len(moved))]


def make_clip_tokenizer(captions: list[str], folder: Path) -> CLIPTokenizer:
    """Byte-level BPE merged until every word of the captions is one token."""
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    trainer = trainers.BpeTrainer(
        vocab_size=100_000, min_frequency=1, end_of_word_suffix="</w>",
        initial_alphabet=byte_symbols(), show_progress=False)
    learner.train_from_iterator(captions, trainer)
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    tokens = [*byte_symbols(), *(symbol + "</w>" for symbol in byte_symbols()), *("".join(pair) for pair in merges)]
    vocabulary = {token: id for id, token in enumerate(dict.fromkeys([*tokens, "<|startoftext|>", "<|endoftext|>"]))}
    tokenizer = CLIPTokenizer(
        vocab=vocabulary, merges=merges, unk_token="<|endoftext|>", bos_token="<|startoftext|>",
        eos_token="<|endoftext|>", pad_token="<|endoftext|>", model_max_length=77)
    tokenizer.save_pretrained(folder)
    with open(folder / "vocab.json", "w", encoding="utf-8") as file:
        json.dump(vocabulary, file, ensure_ascii=False)
    with open(folder / "merges.txt", "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    return tokenizer


def make_t5_tokenizer(captions: list[str], folder: Path) -> T5Tokenizer:
    """Unigram pieces: every word of the captions by its frequency, single characters far below."""
    words = Counter(word for caption in captions for word in caption.split())
    total = sum(words.values())
    score = lambda count: float(torch.tensor(count / total).log())
    characters = sorted({c for word in words for c in word} | set("abcdefghijklmnopqrstuvwxyz0123456789.,'-"))
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("▁" + word, score(count)) for word, count in sorted(words.items())]
    known = {piece for piece, _ in pieces}
    pieces += [(c, -20.0) for c in ["▁", *characters] if c not in known]
    tokenizer = T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=T5_TOKENS)
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_clip_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    torch.manual_seed(11)
    end = tokenizer.eos_token_id
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=512, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=128,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=end, pad_token_id=end, initializer_factor=1.0)).eval()


def make_t5_encoder(tokenizer: T5Tokenizer) -> T5EncoderModel:
    torch.manual_seed(12)
    return T5EncoderModel(T5Config(
        vocab_size=len(tokenizer), d_model=128, d_kv=32, d_ff=256, num_layers=2, num_heads=4,
        feed_forward_proj="gated-gelu", dropout_rate=0.0, tie_word_embeddings=False)).eval()


@torch.no_grad()
def embed(captions: list[str], clip_tokenizer, clip, t5_tokenizer, t5, batch: int = 256):
    """(T5 states [n, T5_TOKENS, 128], pooled CLIP vectors [n, 128]) of every caption, as FluxPipeline reads them."""
    states, pooled = [], []
    for start in range(0, len(captions), batch):
        some = captions[start : start + batch]
        ids = clip_tokenizer(some, padding="max_length", max_length=24, truncation=True, return_tensors="pt").input_ids
        pooled.append(clip(ids).pooler_output)  # causal, pooled at the first end token: 24 positions are as good as 77
        ids = t5_tokenizer(some, padding="max_length", max_length=T5_TOKENS, truncation=True, return_tensors="pt").input_ids
        states.append(t5(ids).last_hidden_state)
    return torch.cat(states), torch.cat(pooled)
