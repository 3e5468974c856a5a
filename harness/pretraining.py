"""Pretraining of the small CLIPs that are shipped: `python -m harness.pretraining person --out small_clip_person.safetensors`.

They see made persons or vehicles of the namespace `pretraining`, whose identities, cameras and backdrops no draw of an embedded
benchmark uses, in a more varied population and at more places and sizes. Five losses: images against captions of their modality
(random sentences, as NEXT draws them), the patches of a region against sentences about it, each patch against such a sentence
by whether it shows the region, true attributes from the class token where they can be seen, and the three modalities of one
moment against each other. Batches are whole groups of identities that are easy to confuse, so most negatives are hard. A
training that is cut off goes on from its last state when the command is given again.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.captions.sentences import draw_texts
from benchmarks.common import randomness
from benchmarks.common.files import atomic_write, write_text
from benchmarks.synthetic.difficulty import STANDARD
from benchmarks.synthetic.draws import Object
from benchmarks.synthetic.pretraining import pretraining_blocks
from benchmarks.synthetic.world import ATTRIBUTES, VERSION
from benchmarks.transforms import Augmentation, augment
from methods.clip import SMALL_VOCABULARY, Clip, load_clip
from methods.pretrained import BackboneSettings
from methods.text import TextEncoder

from .alignment import grounding, median_ranks
from .checkpoints import TrainingState
from .corpus import Corpus
from .environment import commit

IMAGE_SIZES: dict[Object, tuple[int, int]] = {"person": (64, 32), "vehicle": (32, 64)}
ARCHITECTURES: dict[Object, Literal["small", "small_wide"]] = {"person": "small", "vehicle": "small_wide"}
CAMERAS: dict[Object, int] = {"person": 4, "vehicle": 2}
"""Cameras of a block: vehicles are seen by all in one session, and four images shall show two."""
STEPS: dict[Object, int] = {"person": 2000, "vehicle": 1200}
"""Steps of the shipped weights: vehicles are learned sooner."""
PATCH = 8
HELD_OUT = 250
"""Identities, after those of training, whose retrieval is reported; 4 images each make the thousand of a median rank."""

_SAVE_EVERY = 100
"""Steps between states to resume from."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights."""

    object: Object = "person"
    identities: int = 4000
    images: int = 4
    steps: int = STEPS["person"]
    groups_per_batch: int = 5
    """Confusable groups of a batch, all members and images of each, so that most negatives are hard."""
    rate: float = 2e-3
    weight_decay: float = 0.05
    keep_probability: float = 0.75
    region_weight: float = 0.5
    place_weight: float = 1.0
    attribute_weight: float = 0.5
    modality_weight: float = 0.5
    seed: int = 0


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
        self.place_bias = nn.Parameter(torch.tensor(-2.0))
        sizes = [len(attribute.values) for attribute in ATTRIBUTES[recipe.object].values()]
        self.attributes = nn.ModuleList(nn.Linear(clip.image.size, size) for size in sizes)

    def losses(self, batch: Corpus, pixels: Tensor, draws: np.ndarray) -> dict[str, Tensor]:
        """Weighted losses of B samples with augmented pixels (B, M, 3, H, W) and random keys (B,)."""
        B, M = pixels.shape[:2]
        tokens = self.image(pixels.flatten(0, 1)).unflatten(0, (B, M))
        class_tokens, patches = tokens[:, :, 0], F.normalize(tokens[:, :, 1:], dim=-1)
        normal = F.normalize(class_tokens, dim=-1)
        captions = draw_texts(batch.captions, draws, experts=1, keep_probability=self.recipe.keep_probability, independent=True)
        sentences, regions = _one_region(batch.said, draws)
        whole, single = (self._encode(each).reshape(B, M, -1) for each in (captions, sentences))
        cover = torch.from_numpy(batch.cover[np.arange(B)[:, None], regions])
        losses = {name: torch.zeros(()) for name in ("contrast", "region", "place", "modality")}
        for m in range(M):
            said = torch.tensor([bool(text) for text in sentences[m::M]])
            losses["contrast"] = losses["contrast"] + _contrast(
                normal[:, m] @ whole[:, m].t() * self.scale.exp(), _equal(captions[m::M])
            )
            losses["region"] = losses["region"] + _contrast(
                _pooled(patches[said, m], cover[said, m]) @ single[said, m].t() * self.patch_scale.exp(),
                _equal([text for text in sentences[m::M] if text]),
            )
            scores = torch.einsum("bnd,bd->bn", patches[said, m], single[said, m]) * self.patch_scale.exp() + self.place_bias
            losses["place"] = losses["place"] + F.binary_cross_entropy_with_logits(scores, cover[said, m])
        for m, other in ((0, 1), (0, 2), (1, 2)):
            logits = normal[:, m] @ normal[:, other].t() * self.scale.exp()
            losses["modality"] = losses["modality"] + _contrast(logits, torch.eye(B))
        attributes = torch.from_numpy(batch.attributes)
        losses["attribute"] = torch.stack(
            [
                _visible_cross_entropy(head(class_tokens).flatten(0, 1), attributes[..., a].flatten())
                for a, head in enumerate(self.attributes)
            ]
        ).mean()
        recipe = self.recipe
        weights = {
            "contrast": 1.0,
            "region": recipe.region_weight,
            "place": recipe.place_weight,
            "modality": recipe.modality_weight,
            "attribute": recipe.attribute_weight,
        }
        return {name: weights[name] * loss for name, loss in losses.items()}

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


def _one_region(said: list[list[list[str]]], draws: np.ndarray) -> tuple[list[str], np.ndarray]:
    """For each of B x M images what is said of a region that is drawn, with its number (B, M); '' where nothing is said."""
    stream = randomness.stream("one region")
    texts, regions = [], np.zeros((len(said), len(said[0])), np.int64)
    for b, (of_sample, draw) in enumerate(zip(said, draws.tolist(), strict=True)):
        for m, of_modality in enumerate(of_sample):
            some = [region for region, text in enumerate(of_modality) if text]
            regions[b, m] = some[int(randomness.integers(len(some), stream, draw, m))] if some else 0
            texts.append(of_modality[regions[b, m]])
    return texts, regions


def _pooled(patches: Tensor, cover: Tensor) -> Tensor:
    """Mean (b, D) of patches (b, N, D), weighted by how much of each is covered (b, N), normalised."""
    return F.normalize(torch.einsum("bnd,bn->bd", patches, cover + 1e-6), dim=-1)


def _equal(texts: list[str]) -> Tensor:
    """(B, B) 1 where two texts are the same: a caption may fit several images."""
    numbers = np.unique(texts, return_inverse=True)[1]
    return torch.from_numpy((numbers[:, None] == numbers[None, :]).astype(np.float32))


def _contrast(logits: Tensor, same: Tensor) -> Tensor:
    """Symmetric contrastive loss of logits (B, B) with targets spread over equal texts (B, B)."""
    target = same / same.sum(dim=1, keepdim=True)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target))


def batch(corpus: Corpus, recipe: Recipe, step: int) -> np.ndarray:
    """Positions of the batch of a step: whole groups of confusable identities, each once in an epoch."""
    of_group = STANDARD.group_size * recipe.images
    groups = len(corpus) // of_group
    epoch, place = divmod(step, groups // recipe.groups_per_batch)
    order = randomness.generator(randomness.stream("pretraining batches"), recipe.seed, epoch).permutation(groups)
    chosen = order[place * recipe.groups_per_batch : (place + 1) * recipe.groups_per_batch]
    return (chosen[:, None] * of_group + np.arange(of_group)).ravel()


def rate(recipe: Recipe, step: int) -> float:
    """Learning rate of a step: a linear rise over the first twentieth, then half a cosine down to zero."""
    rise = max(1, recipe.steps // 20)
    if step < rise:
        return recipe.rate * (step + 1) / rise
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, recipe.steps - rise)))


def pretrain(recipe: Recipe, corpus: Corpus, states: TrainingState, console: Console) -> Clip:
    """Train both towers of the small CLIP from a random start, or from the newest state.

    Raises:
        InputError: the state is of another recipe.
    """
    torch.manual_seed(recipe.seed)
    settings = BackboneSettings(architecture=ARCHITECTURES[recipe.object], weights="random")
    clip = load_clip(settings, IMAGE_SIZES[recipe.object])
    _choose_vocabulary(clip, corpus)
    model = Pretraining(clip, recipe)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}], lr=recipe.rate
    )
    state = states.load()
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    first = 0 if state is None else state["epoch"]
    for step in track(range(first, recipe.steps), console=console):
        losses = _step(model, optimizer, corpus, batch(corpus, recipe, step), step)
        if step % _SAVE_EVERY == 0:
            console.print(f"step {step}: " + ", ".join(f"{name} {loss.item():.3f}" for name, loss in losses.items()))
        if (step + 1) % _SAVE_EVERY == 0:
            states.save(step + 1, {"model": model.state_dict(), "optimizer": optimizer.state_dict()})
    clip.text.requires_grad_(False)
    return clip


_AUGMENTATION = Augmentation(pad=0, flip_probability=0.0, erase_probability=0.1)
"""No shifts, which would part the images from where things are in them: the worlds themselves have them at many places."""


def _step(
    model: Pretraining, optimizer: torch.optim.Optimizer, corpus: Corpus, positions: np.ndarray, step: int
) -> dict[str, Tensor]:
    """One step of training, which draws from its own number alone, so that a resumed training goes on as it was."""
    recipe = model.recipe
    keys = randomness.mix(randomness.stream("pretraining"), recipe.seed, step, positions)
    draws = (keys >> np.uint64(1)).astype(np.int64)
    part = corpus.take(positions)
    _mirror(part, (draws & 1).astype(np.bool_), model.image.grid)
    pixels = np.stack([augment(images, _AUGMENTATION, int(draw)) for images, draw in zip(part.images, draws, strict=True)])
    losses = model.losses(part, torch.from_numpy(pixels), draws)
    for group in optimizer.param_groups:
        group["lr"] = rate(recipe, step)
    optimizer.zero_grad()
    sum(losses.values(), torch.zeros(())).backward()
    optimizer.step()
    with torch.no_grad():
        model.scale.clamp_(max=math.log(100))
        model.patch_scale.clamp_(max=math.log(100))
    return losses


def _mirror(corpus: Corpus, which: np.ndarray, grid: tuple[int, int]) -> None:
    """Mirror some (n,) of the samples, in place, with the patches that show their regions."""
    corpus.images[which] = corpus.images[which, :, :, ::-1]
    cover = corpus.cover[which].reshape(int(which.sum()), -1, *grid)
    corpus.cover[which] = cover[..., ::-1].reshape(len(cover), -1, grid[0] * grid[1])


def _choose_vocabulary(clip: Clip, corpus: Corpus) -> None:
    """Give rows of their own to the tokens that occur in the captions, and to CLIP's most frequent ones."""
    encoder = TextEncoder(clip.text)
    sentences = sorted({sentence for of_sample in corpus.captions for caption in of_sample for sentence in caption})
    used = sorted({int(token) for token in encoder.tokens(sentences).unique()})
    frequent = [token for token in range(256, 4 * SMALL_VOCABULARY) if token not in set(used)]
    clip.text.vocabulary.copy_(torch.tensor(sorted([*used, *frequent][:SMALL_VOCABULARY])))


def measure(clip: Clip, recipe: Recipe) -> dict[str, object]:
    """What the weights' record says of them, from identities of the benchmark's own difficulty that no step has seen."""
    size = IMAGE_SIZES[recipe.object]
    blocks = list(
        pretraining_blocks(
            HELD_OUT,
            recipe.images,
            cameras=CAMERAS[recipe.object],
            image_size=size,
            difficulty=STANDARD,
            object=recipe.object,
            first_draw=-(-recipe.identities // 100),
        )
    )
    corpus = Corpus.of(blocks, PATCH)
    return {"median_rank": median_ranks(clip, corpus), "grounding": grounding(clip, corpus)}


@click.command()
@click.argument("object", type=click.Choice(list(IMAGE_SIZES)))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File of the weights; their record lies beside it.")
@click.option(
    "--steps", type=click.IntRange(min=1), help=f"Steps of training; by default those of the shipped weights: {STEPS}."
)
@click.option("--identities", type=click.IntRange(min=100), default=Recipe.identities, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
def main(object: Object, out: Path, steps: int | None, identities: int, threads: int) -> None:
    """Pretrain the small CLIP and write its weights with a record of how they were made."""
    torch.set_num_threads(threads)
    console, start = Console(), time.perf_counter()
    recipe = Recipe(object=object, steps=steps or STEPS[object], identities=identities)
    number = hashlib.sha256(json.dumps([asdict(recipe), VERSION]).encode()).hexdigest()
    states = TrainingState(out.with_suffix(".states"), number)
    blocks = pretraining_blocks(
        recipe.identities, recipe.images, cameras=CAMERAS[object], image_size=IMAGE_SIZES[object], object=object
    )
    corpus = Corpus.of(blocks, PATCH)
    clip = pretrain(recipe, corpus, states, console)
    state = {f"visual.{name}": value for name, value in clip.image.visual.state_dict().items()} | clip.text.state_dict()
    with atomic_write(out) as file:
        file.write(save({name: value.contiguous() for name, value in state.items()}))
    record = {
        "recipe": asdict(recipe),
        "generator_version": VERSION,
        "held_out_images": HELD_OUT * recipe.images,
        **measure(clip, recipe),
        "seconds": round(time.perf_counter() - start),
        "commit": commit(),
        "torch": torch.__version__,
    }
    write_text(out.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    states.clear()
    shutil.rmtree(states.folder, ignore_errors=True)
    console.print(f"{out}: median rank of {HELD_OUT * recipe.images}: {record['median_rank']}")


if __name__ == "__main__":
    main()
