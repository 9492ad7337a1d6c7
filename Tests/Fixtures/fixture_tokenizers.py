"""Small tokenizers of the three kinds, with both the classic files and tokenizer.json."""

import json
from pathlib import Path

import sentencepiece
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertTokenizer, CLIPTokenizer, T5Tokenizer


def write_json(path: Path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def with_tokenizer_json(kind, folder: Path):
    tokenizer = kind.from_pretrained(folder)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    return kind.from_pretrained(folder)


def clip_tokenizer(corpus: list[str], folder: Path, merges: int = 260) -> CLIPTokenizer:
    folder.mkdir(parents=True, exist_ok=True)
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(b) for b in shown] + [chr(256 + k) for k in range(256 - len(shown))]
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    learner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    learner.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=2000, end_of_word_suffix="</w>", initial_alphabet=letters, show_progress=False))
    learned = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]][:merges]
    tokens = [*letters, *(c + "</w>" for c in letters), *("".join(pair) for pair in learned), "<|startoftext|>", "<|endoftext|>"]
    write_json(folder / "vocab.json", {token: k for k, token in enumerate(dict.fromkeys(tokens))})
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in learned), encoding="utf-8")
    start = dict(content="<|startoftext|>", lstrip=False, normalized=True, rstrip=False, single_word=False)
    end = dict(start, content="<|endoftext|>", normalized=False)
    typed = lambda token: dict(token, **{"__type": "AddedToken"})
    write_json(folder / "tokenizer_config.json", dict(
        tokenizer_class="CLIPTokenizer", model_max_length=77, bos_token=typed(start), eos_token=typed(end),
        unk_token=typed(end), pad_token="<|endoftext|>", do_lower_case=True, errors="replace", add_prefix_space=False))
    write_json(folder / "special_tokens_map.json", dict(bos_token=start, eos_token=end, unk_token=end, pad_token="<|endoftext|>"))
    return with_tokenizer_json(CLIPTokenizer, folder)


def t5_tokenizer(corpus: list[str], folder: Path, size: int = 260) -> T5Tokenizer:
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "corpus.txt"
    text.write_text("\n".join(corpus), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "spiece"), model_type="unigram", vocab_size=size, pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>", hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc", num_threads=1, minloglevel=2)
    text.unlink()
    (folder / "spiece.vocab").unlink()
    extras = [f"<extra_id_{k}>" for k in range(100)]
    special = dict(eos_token="</s>", unk_token="<unk>", pad_token="<pad>", additional_special_tokens=extras)
    write_json(folder / "tokenizer_config.json", dict(special, tokenizer_class="T5Tokenizer", extra_ids=100, model_max_length=512))
    write_json(folder / "special_tokens_map.json", special)
    return with_tokenizer_json(T5Tokenizer, folder)


def bert_tokenizer(corpus: list[str], folder: Path) -> BertTokenizer:
    """Ids of [UNK], [CLS], [SEP], '.' and '?' as in bert-base-uncased, which GroundingDINO relies on."""
    folder.mkdir(parents=True, exist_ok=True)
    # Not learned: the library's WordPiece trainer breaks ties by hash, differently in every run.
    known = sorted({word.strip(".").lower() for text in corpus for word in text.split() if word.strip(".").isalpha()})
    learned = [word for k, word in enumerate(known) if k % 3 != 1]
    learned += sorted({word[:length] for word in known for length in (2, 3)} - set(learned))
    learned += sorted({"##" + word[start : start + 2] for word in known for start in (2, 3) if len(word) > start + 1})
    words = ["[PAD]", *(f"[unused{k}]" for k in range(99)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += [f"[unused{k}]" for k in range(99, 994)]
    words += [chr(c) for c in (*range(33, 65), *range(91, 127))]
    assert (words.index("[CLS]"), words.index("."), words.index("?")) == (101, 1012, 1029)
    words += learned + ["##" + chr(c) for c in range(97, 123)]
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in dict.fromkeys(words)), encoding="utf-8")
    special = dict(cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]")
    write_json(folder / "tokenizer_config.json", dict(
        special, tokenizer_class="BertTokenizer", do_lower_case=True, model_max_length=512, strip_accents=None,
        tokenize_chinese_chars=True))
    write_json(folder / "special_tokens_map.json", special)
    return with_tokenizer_json(BertTokenizer, folder)
