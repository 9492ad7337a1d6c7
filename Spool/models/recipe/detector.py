"""A GroundingDINO on the procedural pictures: boxes of what a phrase names, and none of what is not there.

Loss of the original (arXiv 2303.05499): focal loss on every token's logit, L1 and generalised IoU on the box of the
query that fits best, for each decoder layer and for the encoder's proposals. There is one object a picture, so that
the assignment is an argmin. Every picture is seen twice in a batch: asked for its object, and for another's.
"""

import json
import random
import re
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import BertConfig, BertTokenizer, GroundingDinoConfig, GroundingDinoForObjectDetection, SwinConfig
from transformers import GroundingDinoImageProcessor

from training import MovingAverage, Run
from world import World

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
SIDE = 96
MAX_TEXT = 16
SPECIAL = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}
"""Ids that the model's code knows by number, as bert-base-uncased has them."""


def make_tokenizer(world: World, folder: Path) -> BertTokenizer:
    """Every word of the objects is one token; other words fall into letters."""
    words = sorted({word for row in world.rows for word in row["object"].split()})
    letters = "abcdefghijklmnopqrstuvwxyz0123456789',-"
    pieces = iter([*words, *letters, *("##" + letter for letter in letters)])
    size = max(1030, len(SPECIAL) + len(words) + 2 * len(letters))
    vocabulary = [SPECIAL.get(id) or next(pieces, f"[unused{id}]") for id in range(size)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in vocabulary), encoding="utf-8")
    return BertTokenizer(vocab=str(folder / "vocab.txt"), do_lower_case=True, model_max_length=MAX_TEXT)


def make(vocabulary: int) -> GroundingDinoForObjectDetection:
    torch.manual_seed(51)
    model = GroundingDinoForObjectDetection(GroundingDinoConfig(
        backbone_config=SwinConfig(
            image_size=SIDE, patch_size=4, embed_dim=32, depths=[2, 2, 2], num_heads=[2, 4, 8], window_size=6,
            mlp_ratio=3.0, drop_path_rate=0.0, out_indices=[2, 3]),
        text_config=BertConfig(
            vocab_size=vocabulary, hidden_size=64, num_hidden_layers=1, num_attention_heads=4, intermediate_size=128,
            max_position_embeddings=MAX_TEXT, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0),
        d_model=64, num_queries=12, num_feature_levels=2, max_text_len=MAX_TEXT, encoder_layers=2, decoder_layers=2,
        encoder_ffn_dim=192, decoder_ffn_dim=192, encoder_attention_heads=4, decoder_attention_heads=4,
        dropout=0.0, fusion_droppath=0.0))
    with torch.no_grad():
        # Logits are bare dot products: without this they start in the tens.
        model.model.decoder.layer_norm.weight.mul_(0.1)
        model.model.enc_output_norm.weight.mul_(0.1)
        # Text and picture hear of each other from the start.
        for name, parameter in model.named_parameters():
            if name.endswith(("vision_param", "text_param")):
                parameter.fill_(0.3)
    return model


def processor() -> GroundingDinoImageProcessor:
    return GroundingDinoImageProcessor(
        size={"shortest_edge": SIDE, "longest_edge": SIDE}, resample=2, image_mean=MEAN, image_std=STD)


class Questions:
    """Pictures as the model sees them, and phrases of what is and what is not in them."""

    def __init__(self, world: World, tokenizer):
        self.world = world
        phrases = sorted({row["object"] for row in world.rows})
        self.number = {phrase: k for k, phrase in enumerate(phrases)}
        tokens = tokenizer(
            [phrase + " ." for phrase in phrases], padding="max_length", max_length=MAX_TEXT, truncation=True,
            return_tensors="pt")
        self.ids, self.mask = tokens.input_ids, tokens.attention_mask
        marks = torch.tensor([0, 101, 102, 1012])
        self.words = self.mask.bool() & ~torch.isin(self.ids, marks)
        by_law = {phrase: set() for phrase in phrases}
        for row in world.rows:
            by_law[row["object"]].add(row["law"])
        self.strangers = []
        for row in world.rows:
            texts = row["object"], *row["explicit_prompt"], *row["superficial_prompt"], *row["implicit_prompt"]
            said = set(re.findall(r"[a-z]+", " ".join(texts)))
            self.strangers.append([
                k for phrase, k in self.number.items()
                if row["law"] not in by_law[phrase] and not said & set(phrase.split())])
        self.boxes = torch.tensor([[row["explicit_box"], row["superficial_box"]] for row in world.rows])
        self.mean, self.std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)

    def pixels(self, index, picture):
        pixels = self.world.pixels(index, picture) * 0.5 + 0.5
        # The processor enlarges with Pillow's bilinear filter, of which this is the float version.
        return (F.interpolate(pixels, size=(SIDE, SIDE), mode="bilinear", align_corners=False) - self.mean) / self.std

    def present(self, index: int) -> int:
        return self.number[self.world.rows[index]["object"]]


def corners(boxes):
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], -1)


def overlap(a, b):
    """Intersection over union, and its generalised form, of boxes as centre and size."""
    a, b = corners(a), corners(b)
    area = lambda box: (box[..., 2] - box[..., 0]).clamp(min=0) * (box[..., 3] - box[..., 1]).clamp(min=0)
    shared = area(torch.cat([torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])], -1))
    union = area(a) + area(b) - shared
    hull = area(torch.cat([torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])], -1))
    iou = shared / union.clamp(min=1e-7)
    return iou, iou - (hull - union) / hull.clamp(min=1e-7)


def focal(logits, target, alpha=0.25, gamma=2.0):
    p = logits.sigmoid()
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (alpha * target + (1 - alpha) * (1 - target)) * (p - target).abs().pow(gamma) * loss


def head_loss(logits, boxes, words, mask, target, is_present):
    """Of one head: logits [B, Q, T], boxes [B, Q, 4], the phrase's words [B, T], the true box [B, 4]."""
    logits = logits[..., : words.shape[1]].masked_fill(~mask[:, None], -30.0)
    with torch.no_grad():
        gain = focal(logits, torch.ones_like(logits)) - focal(logits, torch.zeros_like(logits))
        cost = (gain * words[:, None]).sum(-1) / words.sum(-1, keepdim=True)
        cost = 2 * cost + 5 * (boxes - target[:, None]).abs().sum(-1) - 2 * overlap(boxes, target[:, None])[1]
        best = cost.argmin(1)
    rows = torch.arange(len(best))
    wanted = torch.zeros_like(logits)
    wanted[rows, best] = words.float() * is_present[:, None]
    classes = (focal(logits, wanted) * mask[:, None]).sum()
    chosen = boxes[rows, best]
    places = ((chosen - target).abs().sum(-1) * 5 + (1 - overlap(chosen, target)[1]) * 2) * is_present
    return (2 * classes + places.sum()) / is_present.sum()


def batch_of(questions: Questions, dice: random.Random, pictures: int):
    index = [dice.randrange(len(questions.world.rows)) for _ in range(pictures)] * 2
    picture = [dice.randrange(2) for _ in range(pictures)] * 2
    phrase = [questions.present(k) for k in index[:pictures]]
    phrase += [dice.choice(questions.strangers[k]) for k in index[pictures:]]
    index, picture, phrase = torch.tensor(index), torch.tensor(picture), torch.tensor(phrase)
    pixels, boxes = questions.pixels(index, picture), questions.boxes[index, picture]
    flipped = torch.tensor([dice.random() < 0.5 for _ in range(pictures)] * 2)
    pixels[flipped] = pixels[flipped].flip(-1)
    boxes = torch.where(flipped[:, None] & torch.tensor([True, False, False, False]), 1 - boxes, boxes)
    return pixels, phrase, boxes, (torch.arange(2 * pictures) < pictures).float()


def loss_of(model, questions, pixels, phrase, boxes, is_present):
    mask, words = questions.mask[phrase].bool(), questions.words[phrase]
    length = int(mask.sum(1).max())
    mask, words = mask[:, :length], words[:, :length]
    output = model(
        pixel_values=pixels, pixel_mask=torch.ones(len(pixels), *pixels.shape[2:], dtype=torch.long),
        input_ids=questions.ids[phrase][:, :length], attention_mask=mask.long(),
        token_type_ids=torch.zeros_like(mask, dtype=torch.long))
    arguments = words, mask, boxes, is_present
    total = head_loss(output.logits, output.pred_boxes, *arguments)
    # The layers before the last, with the heads that refine their boxes.
    hidden = output.intermediate_hidden_states
    for level in range(hidden.shape[1] - 1):
        before = output.init_reference_points if level == 0 else output.intermediate_reference_points[:, level - 1]
        logits = model.class_embed[level](
            vision_hidden_state=hidden[:, level], text_hidden_state=output.encoder_last_hidden_state_text,
            text_token_mask=mask)
        shift = model.bbox_embed[level](hidden[:, level])
        total = total + head_loss(
            logits, (shift + torch.special.logit(before, eps=1e-5)).sigmoid(), *arguments)
    # All the encoder's proposals: the library's `encoder_pred_boxes` carry no gradient, and its `encoder_logits` are
    # those of the learned queries.
    return total + head_loss(output.enc_outputs_class, output.enc_outputs_coord_logits.sigmoid(), *arguments)


@torch.no_grad()
def measure(model, questions: Questions, count: int, seed: int = 7, threshold: float = 0.35):
    """Found when asked for what is there, and for what is not; mean IoU of the box around all that was found; by law."""
    dice, by_law = random.Random(seed), {}
    model.eval()
    for start in range(0, count, 50):
        index = [k % len(questions.world.rows) for k in range(start, min(start + 50, count))]
        picture = [dice.randrange(2) for _ in index]
        pixels = questions.pixels(torch.tensor(index), torch.tensor(picture))
        truth = questions.boxes[torch.tensor(index), torch.tensor(picture)]
        asked = [questions.present(k) for k in index], [dice.choice(questions.strangers[k]) for k in index]
        for is_present, phrase in zip((True, False), asked):
            phrase = torch.tensor(phrase)
            output = model(pixel_values=pixels, input_ids=questions.ids[phrase], attention_mask=questions.mask[phrase])
            kept = output.logits.sigmoid().amax(-1) > threshold
            for row, law in enumerate(questions.world.rows[k]["law"] for k in index):
                figures = by_law.setdefault(law, dict(found=[], absent=[], iou=[]))
                figures["found" if is_present else "absent"].append(float(kept[row].any()))
                if is_present and kept[row].any():
                    sides = corners(output.pred_boxes[row][kept[row]])
                    low, high = sides[:, :2].amin(0), sides[:, 2:].amax(0)
                    hull = torch.cat([(low + high) / 2, high - low])
                    figures["iou"].append(float(overlap(hull, truth[row])[0]))
    model.train()
    mean = lambda values: sum(values) / max(1, len(values))
    laws = {law: {name: mean(values) for name, values in figures.items()} for law, figures in sorted(by_law.items())}
    everything = {
        name: mean([value for figures in by_law.values() for value in figures[name]])
        for name in ("found", "absent", "iou")}
    return everything, laws


def train(model, world: World, held_out: World, tokenizer, folder: Path, steps: int, peak=6e-4, pictures=24):
    questions, exam = Questions(world, tokenizer), Questions(held_out, tokenizer)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-4)
    average = MovingAverage(model, 0.998)
    run = Run(folder, "detector", model, optimizer, steps, average)
    for step in run.steps(peak, warmup=300):
        value = loss_of(model, questions, *batch_of(questions, random.Random(step), pictures))
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        run.report(value.item(), every=100)
        if (step + 1) % 500 == 0:
            own = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            model.load_state_dict(average.values)
            print(f"detector: step {step + 1}", json.dumps(measure(model, exam, 256)[0]), flush=True)
            model.load_state_dict(own)
    return average.values, run.minutes()
