"""Pretraining of the small CLIP that is shipped: `python -m harness.pretraining --out small_clip.safetensors`.

It sees made persons of the namespace `pretraining`, whose identities, cameras and backdrops no draw of the embedded benchmark
uses. Four losses: images against captions of their modality (random sentences, as NEXT draws them), the best patch against
each sentence (so that patches, not only the class token, lie near what is said of them), true attributes from the class token
where they can be seen, and the three modalities of one moment against each other.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import MODALITIES, Caption
from benchmarks.captions.sentences import draw_texts, join_sentences
from benchmarks.common import randomness
from benchmarks.common.files import atomic_write, write_text
from benchmarks.synthetic.pretraining import PretrainingBlock, pretraining_blocks
from benchmarks.synthetic.kinds import kind_of
from benchmarks.synthetic.world import ATTRIBUTES, VERSION
from benchmarks.transforms import Augmentation, augment, normalise
from methods.clip import SMALL_VOCABULARY, Clip, load_clip
from methods.pretrained import BackboneSettings
from methods.text import TextEncoder

from .environment import commit

IMAGE_SIZE = (64, 32)
HELD_OUT = 250
"""Identities, after those of training, whose retrieval is reported; 4 images each make the thousand of a median rank."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights."""

    identities: int = 4000
    images: int = 4
    steps: int = 3000
    groups_per_batch: int = 5
    """Confusable groups of a batch, all members and images of each, so that most negatives are hard."""
    rate: float = 2e-3
    weight_decay: float = 0.05
    keep_probability: float = 0.75
    patch_weight: float = 0.5
    attribute_weight: float = 0.5
    modality_weight: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class Corpus:
    """Images (n, M, H, W, 3) uint8 with captions, identity (n,), and visible attributes (n, M, A), -1 where unseen."""

    images: np.ndarray
    captions: list[tuple[Caption, ...]]
    identity: np.ndarray
    attributes: np.ndarray

    @classmethod
    def make(cls, identities: int, images: int) -> Corpus:
        """Render and describe identities."""
        blocks = list(pretraining_blocks(identities, images))
        return cls(
            np.concatenate([block.images for block in blocks]),
            [caption for block in blocks for caption in block.captions],
            np.concatenate([block.identity for block in blocks]),
            np.concatenate([_visible_attributes(block) for block in blocks]),
        )

    def __len__(self) -> int:
        return len(self.images)


def _visible_attributes(block: PretrainingBlock) -> np.ndarray:
    """Values (n, M, A) of the named attributes, -1 where a modality cannot show them."""
    world, rows = block.world, np.arange(len(block.world))
    seen, person = visibility(world, rows), world.visits.row[rows]
    columns = [np.where(seen[name], getattr(world.people, name)[person][:, None], -1) for name in PERSON]
    return np.stack(columns, axis=-1)


class Pretraining(nn.Module):
    """The small CLIP with its auxiliary heads.

    Args:
        clip: both towers, unfrozen.
        recipe: weights of the losses.
    """

    def __init__(self, clip: Clip, recipe: Recipe) -> None:
        super().__init__()
        self.image, self.text, self.recipe = clip.image, clip.text.requires_grad_(True), recipe
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.patch_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        sizes = [len(attribute.values) for attribute in PERSON.values()]
        self.attributes = nn.ModuleList(nn.Linear(clip.image.size, size) for size in sizes)

    def losses(
        self, images: Tensor, captions: list[tuple[Caption, ...]], attributes: Tensor, draws: np.ndarray
    ) -> dict[str, Tensor]:
        """Weighted losses of images (B, M, 3, H, W) with captions, attributes (B, M, A) and random keys draws (B,)."""
        B, M = images.shape[:2]
        tokens = self.image(images.flatten(0, 1)).unflatten(0, (B, M))
        class_tokens, patches = tokens[:, :, 0], tokens[:, :, 1:]
        normal = F.normalize(class_tokens, dim=-1)
        texts = draw_texts(captions, draws, experts=1, keep_probability=self.recipe.keep_probability, independent=True)
        sentences = _one_sentence(captions, draws)
        whole, single = (self._encode(each).reshape(B, M, -1) for each in (texts, sentences))
        losses = {"contrast": torch.zeros(()), "patch": torch.zeros(()), "modality": torch.zeros(())}
        for m in range(M):
            losses["contrast"] = losses["contrast"] + _contrast(
                normal[:, m] @ whole[:, m].t() * self.scale.exp(), _equal([texts[b * M + m] for b in range(B)])
            )
            best = torch.einsum("bnd,cd->bcn", F.normalize(patches[:, m], dim=-1), single[:, m]).amax(dim=-1)
            losses["patch"] = losses["patch"] + _contrast(
                best * self.patch_scale.exp(), _equal([sentences[b * M + m] for b in range(B)])
            )
        for m, other in ((0, 1), (0, 2), (1, 2)):
            logits = normal[:, m] @ normal[:, other].t() * self.scale.exp()
            losses["modality"] = losses["modality"] + _contrast(logits, torch.eye(B))
        losses["attribute"] = torch.stack(
            [
                _visible_cross_entropy(head(class_tokens).flatten(0, 1), attributes[..., a].flatten())
                for a, head in enumerate(self.attributes)
            ]
        ).mean()
        weights = {"contrast": 1.0, "patch": self.recipe.patch_weight, "modality": self.recipe.modality_weight}
        return {name: weights.get(name, self.recipe.attribute_weight) * loss for name, loss in losses.items()}

    def _encode(self, texts: list[str]) -> Tensor:
        """Normalised features (n, D) of texts, with gradient; each distinct text once."""
        distinct = sorted(set(texts))
        tokens = TextEncoder(self.text).tokens(distinct)
        length = int(tokens.argmax(dim=1).max()) + 1
        features = F.normalize(self.text(tokens[:, :length]), dim=-1)
        place = {text: position for position, text in enumerate(distinct)}
        return features[[place[text] for text in texts]]


def _visible_cross_entropy(logits: Tensor, values: Tensor) -> Tensor:
    """Mean cross entropy of logits (n, C) over values (n,) that are not -1; zero where all are."""
    total = F.cross_entropy(logits, values, ignore_index=-1, reduction="sum")
    return total / (values >= 0).sum().clamp(min=1)


def _one_sentence(captions: list[tuple[Caption, ...]], draws: np.ndarray) -> list[str]:
    """One random sentence of each of B x M captions."""
    stream = randomness.stream("one sentence")
    return [
        caption[int(randomness.integers(len(caption), stream, draw, m))]
        for of_sample, draw in zip(captions, draws.tolist(), strict=True)
        for m, caption in enumerate(of_sample)
    ]


def _equal(texts: list[str]) -> Tensor:
    """(B, B) 1 where two texts are the same: a caption may fit several images."""
    numbers = np.unique(texts, return_inverse=True)[1]
    return torch.from_numpy((numbers[:, None] == numbers[None, :]).astype(np.float32))


def _contrast(logits: Tensor, same: Tensor) -> Tensor:
    """Symmetric contrastive loss of logits (B, B) with targets spread over equal texts (B, B)."""
    target = same / same.sum(dim=1, keepdim=True)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target))


def _batches(corpus: Corpus, recipe: Recipe, group: int = 5) -> Iterator[np.ndarray]:
    """Positions of batches without end: whole groups of confusable identities."""
    of_group = group * recipe.images
    groups = len(corpus) // of_group
    draw = randomness.generator(randomness.stream("pretraining batches"), recipe.seed)
    while True:
        order = draw.permutation(groups)
        for start in range(0, groups - recipe.groups_per_batch + 1, recipe.groups_per_batch):
            chosen = order[start : start + recipe.groups_per_batch]
            yield (chosen[:, None] * of_group + np.arange(of_group)).ravel()


def pretrain(recipe: Recipe, corpus: Corpus, console: Console) -> Clip:
    """Train both towers of the small CLIP from a random start."""
    torch.manual_seed(recipe.seed)
    clip = load_clip(BackboneSettings(architecture="small", weights="random"), IMAGE_SIZE)
    _choose_vocabulary(clip, corpus)
    model = Pretraining(clip, recipe)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}], lr=recipe.rate
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=recipe.steps, pct_start=0.05)
    augmentation = Augmentation(pad=4, flip_probability=0.5, erase_probability=0.1)
    for step, positions in zip(track(range(recipe.steps), console=console), _batches(corpus, recipe), strict=False):
        draws = (randomness.mix(randomness.stream("pretraining"), recipe.seed, step, positions) >> np.uint64(1)).astype(
            np.int64
        )
        images = np.stack([augment(corpus.images[p], augmentation, int(d)) for p, d in zip(positions, draws, strict=True)])
        captions = [corpus.captions[p] for p in positions]
        losses = model.losses(torch.from_numpy(images), captions, torch.from_numpy(corpus.attributes[positions]), draws)
        optimizer.zero_grad()
        sum(losses.values(), torch.zeros(())).backward()
        optimizer.step()
        scheduler.step()
        with torch.no_grad():
            model.scale.clamp_(max=math.log(100))
            model.patch_scale.clamp_(max=math.log(100))
        if step % 100 == 0:
            console.print(f"step {step}: " + ", ".join(f"{name} {loss.item():.3f}" for name, loss in losses.items()))
    clip.text.requires_grad_(False)
    return clip


def _choose_vocabulary(clip: Clip, corpus: Corpus) -> None:
    """Give rows of their own to the tokens that occur in the captions, and to CLIP's most frequent ones."""
    encoder = TextEncoder(clip.text)
    sentences = sorted({sentence for of_sample in corpus.captions for caption in of_sample for sentence in caption})
    used = sorted({int(token) for token in encoder.tokens(sentences).unique()})
    frequent = [token for token in range(256, 4 * SMALL_VOCABULARY) if token not in set(used)]
    clip.text.vocabulary.copy_(torch.tensor(sorted([*used, *frequent][:SMALL_VOCABULARY])))


@torch.no_grad()
def median_ranks(clip: Clip, corpus: Corpus) -> dict[str, float]:
    """Median rank of an image's own caption among the captions of its modality; equal captions share the best place."""
    encoder = TextEncoder(clip.text.eval())
    ranks = {}
    for m, modality in enumerate(MODALITIES):
        images = torch.from_numpy(np.stack([normalise(image[m : m + 1])[0] for image in corpus.images]))
        features = torch.cat([F.normalize(clip.image(part)[:, 0], dim=-1) for part in images.split(256)])
        texts = F.normalize(encoder.encode([join_sentences(caption[m]) for caption in corpus.captions]), dim=-1)
        similarity = features @ texts.t()
        own = similarity.diagonal()[:, None]
        ranks[modality] = float((similarity > own).sum(dim=1).float().median()) + 1
    return ranks


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File of the weights; their record lies beside it.")
@click.option("--steps", type=click.IntRange(min=1), default=Recipe.steps, show_default=True)
@click.option("--identities", type=click.IntRange(min=100), default=Recipe.identities, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
def main(out: Path, steps: int, identities: int, threads: int) -> None:
    """Pretrain the small CLIP and write its weights with a record of how they were made."""
    torch.set_num_threads(threads)
    console, start = Console(), time.perf_counter()
    recipe = Recipe(steps=steps, identities=identities)
    corpus = Corpus.make(recipe.identities + HELD_OUT, recipe.images)
    split = recipe.identities * recipe.images
    clip = pretrain(recipe, _part(corpus, slice(0, split)), console)
    ranks = median_ranks(clip, _part(corpus, slice(split, None)))
    state = {f"visual.{name}": value for name, value in clip.image.visual.state_dict().items()} | clip.text.state_dict()
    with atomic_write(out) as file:
        file.write(save({name: value.contiguous() for name, value in state.items()}))
    record = {
        "recipe": asdict(recipe),
        "generator_version": VERSION,
        "held_out_images": HELD_OUT * recipe.images,
        "median_rank": ranks,
        "seconds": round(time.perf_counter() - start),
        "commit": commit(),
        "torch": torch.__version__,
    }
    write_text(out.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    console.print(f"{out}: median rank of {HELD_OUT * recipe.images}: {ranks}")


def _part(corpus: Corpus, part: slice) -> Corpus:
    return Corpus(corpus.images[part], corpus.captions[part], corpus.identity[part], corpus.attributes[part])


if __name__ == "__main__":
    main()
