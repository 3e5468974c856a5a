"""Small models, batches, and the formulas of networks in plain loops over lists of numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from benchmarks.batch import Batch, BatchSpec
from methods.base import METHODS
from methods.pretrained import BackboneSettings

SMALL = BackboneSettings(architecture="small", weights="random")
FULL = BackboneSettings(architecture="vit_b_16", weights="random")
SPEC = BatchSpec(identities=4, cameras=3, image_size=(32, 16))
"""4 x 2 = 8 patches of 8 pixels."""

WORDS = ("red coat", "blue bag", "long hair", "dark street", "white shoes", "grey hat", "striped scarf")


def make_captions(samples, modalities=3, sentences=4):
    """Captions that differ in every sample and modality, with 2 to `sentences` sentences."""
    return tuple(
        tuple(
            tuple(f"Person {b} has a {WORDS[(b + 2 * m + s) % len(WORDS)]}." for s in range(2 + (b + m) % (sentences - 1)))
            for m in range(modalities)
        )
        for b in range(samples)
    )


def make_batch(spec=SPEC, samples=8, per_identity=2, seed=0, captions=True, spread=0.3):
    """A batch whose identities can be told apart: a pattern for each identity and modality, with noise on it."""
    generator = torch.Generator().manual_seed(seed)
    identity = torch.arange(samples) // per_identity
    M = len(spec.modalities)
    patterns = torch.randn(spec.identities, M, 3, *spec.image_size, generator=generator)
    noise = torch.randn(samples, M, 3, *spec.image_size, generator=generator)
    return Batch(
        images=patterns[identity % spec.identities] + spread * noise,
        present=torch.ones(samples, M, dtype=torch.bool),
        identity=identity % spec.identities,
        camera=torch.arange(samples) % spec.cameras,
        scene=torch.zeros(samples, dtype=torch.long),
        index=torch.arange(samples),
        draw=torch.randint(2**62, (samples,), generator=generator),
        captions=make_captions(samples, M) if captions else None,
    )


def build(name, spec=SPEC, seed=0, **settings):
    """A method with the small backbone and random weights."""
    cls = METHODS.get(name)
    torch.manual_seed(seed)
    return cls(cls.Config.model_validate({"backbone": SMALL.model_dump(), **settings}), spec)


def trainable(module):
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def full_size(name, spec=None, **settings):
    """Trainable parameters of a method at its published size; nothing is allocated."""
    cls = METHODS.get(name)
    with torch.device("meta"):
        method = cls(
            cls.Config.model_validate({"backbone": FULL.model_dump(), **settings}), spec or BatchSpec(171, 4, (256, 128))
        )
    return trainable(method)


def randomise(module, seed=0, scale=0.5):
    """Give every parameter a random value, so that none is zero or one by its start."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return module


def gelu(x):
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def dense(x, weight, bias=None):
    """y_o = sum_i w_oi x_i + b_o, with the weight laid out as `nn.Linear` has it."""
    return [
        sum(w * value for w, value in zip(row, x, strict=True)) + (bias[o] if bias is not None else 0)
        for o, row in enumerate(weight)
    ]


def layer_norm(x, weight, bias, eps=1e-5):
    mean = sum(x) / len(x)
    variance = sum((value - mean) ** 2 for value in x) / len(x)
    return [(value - mean) / math.sqrt(variance + eps) * w + b for value, w, b in zip(x, weight, bias, strict=True)]


def softmax(scores):
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def feed_forward(x, module):
    """Linear, GELU, Linear."""
    first, _, second = module
    hidden = [gelu(value) for value in dense(x, first.weight.tolist(), first.bias.tolist())]
    return dense(hidden, second.weight.tolist(), second.bias.tolist())


def cross_attention(queries, sequence, attention, heads, ignore=()):
    """Multi-head attention (Q x D) of queries over a sequence (L x D), head by head and query by query."""
    D = len(queries[0])
    size = D // heads
    weight, bias = attention.in_proj_weight.tolist(), attention.in_proj_bias.tolist()
    project = [(weight[part * D : (part + 1) * D], bias[part * D : (part + 1) * D]) for part in range(3)]
    keys = [dense(token, *project[1]) for token in sequence]
    values = [dense(token, *project[2]) for token in sequence]
    out = []
    for query in queries:
        q = dense(query, *project[0])
        joined = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = [
                -math.inf if place in ignore else dot(q[part], key[part]) / math.sqrt(size) for place, key in enumerate(keys)
            ]
            shares = softmax(scores)
            joined += [sum(share * value[part][d] for share, value in zip(shares, values, strict=True)) for d in range(size)]
        out.append(dense(joined, attention.out_proj.weight.tolist(), attention.out_proj.bias.tolist()))
    return out


def smoothed_cross_entropy(logits, targets, smoothing):
    """Mean over rows of -sum_c q_c log p_c with q = 1 - s + s/C for the true class and s/C for the others."""
    total = 0.0
    for row, target in zip(logits, targets, strict=True):
        shares = softmax(row)
        for c, share in enumerate(shares):
            q = smoothing / len(row) + (1 - smoothing if c == target else 0)
            total -= q * math.log(share)
    return total / len(logits)


def batch_hard(features, identities, margin=None):
    """Mean over anchors of log(1 + exp(hardest positive - hardest negative)) by Euclidean distance, or of the hinge."""
    total = 0.0
    for anchor, identity in zip(features, identities, strict=True):
        positive, negative = 0.0, math.inf
        for other, other_identity in zip(features, identities, strict=True):
            distance = math.sqrt(sum((x - y) ** 2 for x, y in zip(anchor, other, strict=True)))
            if identity == other_identity:
                positive = max(positive, distance)
            else:
                negative = min(negative, distance)
        gap = positive - negative
        total += math.log1p(math.exp(gap)) if margin is None else max(0.0, margin + gap)
    return total / len(features)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small are slower on several threads than on one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def train(model, batch, optimiser, steps):
    """Total losses of some steps on one batch."""
    totals = []
    for _ in range(steps):
        total = sum(model.losses(batch).values())
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        totals.append(total.item())
    return totals


@pytest.fixture(scope="session")
def small():
    """Makers of small models and batches."""
    return SimpleNamespace(
        BACKBONE=SMALL,
        SPEC=SPEC,
        batch=make_batch,
        captions=make_captions,
        build=build,
        trainable=trainable,
        train=train,
        full_size=full_size,
        randomise=randomise,
    )


@pytest.fixture(scope="session")
def loops():
    """Formulas in plain loops."""
    return SimpleNamespace(
        gelu=gelu,
        dense=dense,
        layer_norm=layer_norm,
        softmax=softmax,
        dot=dot,
        feed_forward=feed_forward,
        cross_attention=cross_attention,
        smoothed_cross_entropy=smoothed_cross_entropy,
        batch_hard=batch_hard,
    )
