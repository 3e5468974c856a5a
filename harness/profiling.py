"""Size and cost of a method: parameters, multiply-adds, throughput, memory."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.batch import Batch, BatchSpec
from methods.base import Method

from .counting import count_gmacs
from .devices import autocast, device_name, synchronise
from .records import Gmacs, Memory, Parameters, Throughput


class _TestPath(nn.Module):
    """The test path as a function of tensors: images, cameras and, for methods with text, tokens of the whole captions."""

    def __init__(self, method: Method) -> None:
        super().__init__()
        self.method = method

    def forward(self, images: Tensor, camera: Tensor, *tokens: Tensor) -> Any:
        encoder = self.method.test_text
        features = None
        if encoder is not None:
            features = encoder.tower(tokens[0].flatten(0, 1)).unflatten(0, tokens[0].shape[:2])
        embedding = self.method.embed(test_batch(images, camera, features))
        # The features are returned as well, so that a trace keeps the text branch where the method ignores it.
        return embedding if features is None else (embedding, features)


def test_batch(images: Tensor, camera: Tensor, text_features: Tensor | None) -> Batch:
    """A batch of images (B, M, 3, H, W) with cameras (B,) and encoded captions (B, M, D) that belongs to no split."""
    B, M = images.shape[:2]
    zeros = torch.zeros(B, dtype=torch.int64, device=images.device)
    present = torch.ones(B, M, dtype=torch.bool, device=images.device)
    return Batch(images, present, zeros, camera, zeros, zeros, zeros, text_features=text_features)


def random_inputs(method: Method, spec: BatchSpec, batch: int) -> tuple[Tensor, ...]:
    """Images, cameras and tokens of full length, on the method's device, for counting and timing."""
    draw = torch.Generator().manual_seed(0)
    M = len(spec.modalities)
    inputs = [torch.randn(batch, M, 3, *spec.image_size, generator=draw), torch.zeros(batch, dtype=torch.int64)]
    encoder = method.test_text
    if encoder is not None:
        last = torch.tensor([49407])  # the end-of-text token, which has the largest number
        row = torch.cat([torch.randint(1, 49406, (encoder.tower.context - 1,), generator=draw), last])
        inputs.append(row.expand(batch, M, -1).contiguous())
    device = next(method.parameters()).device
    return tuple(value.to(device) for value in inputs)


class _Touched(TorchDispatchMode):
    """Notes the storages of all tensors that any operator reads."""

    def __init__(self) -> None:
        super().__init__()
        self.storages: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for value in torch.utils._pytree.tree_leaves((args, kwargs or {})):
            if isinstance(value, Tensor):
                self.storages.add(value.untyped_storage().data_ptr())
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def count_parameters(method: Method, spec: BatchSpec) -> Parameters:
    """Count parameters; those of the test path are the ones that an operator of it reads."""
    path, inputs = _TestPath(method.eval()), random_inputs(method, spec, 1)
    with _Touched() as touched:
        path(*inputs)
    parameters = list(method.parameters())
    used = [p for p in parameters if p.untyped_storage().data_ptr() in touched.storages]
    return Parameters(
        trainable=sum(p.numel() for p in parameters if p.requires_grad),
        total=sum(p.numel() for p in parameters),
        test=sum(p.numel() for p in used),
        test_trainable=sum(p.numel() for p in used if p.requires_grad),
    )


@torch.no_grad()
def count_costs(method: Method, spec: BatchSpec) -> Gmacs:
    """Multiply-adds of one sample with all its modalities and captions, in both conventions."""
    path, inputs = _TestPath(method.eval()), random_inputs(method, spec, 1)
    return Gmacs(
        attention=count_gmacs(path, inputs, "attention", count_attention=True),
        published=count_gmacs(path, inputs, "published", count_attention=method.published_counts_attention),
    )


@torch.no_grad()
def measure_throughput(
    method: Method,
    spec: BatchSpec,
    *,
    batch: int,
    precision: str,
    warmup: int,
    repeats: int,
    concurrent_runs: int = 1,
    compiled: bool = False,
) -> Throughput:
    """Time the test path, captions encoded anew each time, as for images that were never seen.

    Args:
        method: on the device that is timed.
        spec: image size and modalities.
        batch: triplets in a pass.
        precision: "fp32", or the autocast type "fp16" or "bf16".
        warmup: passes that are not timed.
        repeats: passes that are timed; the median counts.
        concurrent_runs: for the record.
        compiled: whether torch.compile compiles the path first, during the first pass.
    """
    device = next(method.parameters()).device
    path: Any = _TestPath(method.eval())
    path = torch.compile(path) if compiled else path
    inputs = random_inputs(method, spec, batch)
    with autocast(device, precision):
        triplets = batch / median_seconds(lambda _: path(*inputs), device, warmup, repeats)
    return Throughput(
        images_per_second=triplets * len(spec.modalities),
        triplets_per_second=triplets,
        device=device_name(device),
        batch=batch,
        precision=precision,
        warmup=warmup,
        repeats=repeats,
        threads=torch.get_num_threads(),
        concurrent_runs=concurrent_runs,
    )


def median_seconds(work: Callable[[int], Any], device: torch.device, warmup: int, repeats: int) -> float:
    """Median duration of some work, called with the number of the repetition; those of the warm-up are not timed."""
    seconds = []
    for repeat in range(warmup + repeats):
        synchronise(device)
        start = time.perf_counter()
        work(repeat)
        synchronise(device)
        if repeat >= warmup:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def reset_peak_memory(device: torch.device) -> None:
    """Forget the peak of a CUDA device so far; that of a process on a CPU stays."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> Memory:
    """Peak memory so far: allocated on a CUDA device, otherwise the resident set of this process."""
    if device.type == "cuda":
        return Memory(peak_bytes=torch.cuda.max_memory_allocated(device), kind="cuda allocated")
    unit = 1 if sys.platform == "darwin" else 1024
    return Memory(peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, kind="process resident")
