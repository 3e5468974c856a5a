"""What can be asked without a suite: test a checkpoint, profile methods, write an embedded benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks.base import BENCHMARKS, Benchmark
from benchmarks.batch import BatchSpec
from benchmarks.captions.corruption import corrupt_benchmark
from benchmarks.common.errors import InputError, unknown
from benchmarks.common.settings import Settings, parse
from benchmarks.conditions import Condition
from benchmarks.controls import shuffle_captions
from benchmarks.loading import DataSettings
from benchmarks.synthetic.export import export_rgbnt201
from methods.base import METHODS, Method, MethodSettings

from .checkpoints import load_model, read_checkpoint
from .configs import merge, merge_sections
from .devices import check_device
from .evaluation import evaluate, evaluate_conditions
from .fit import check_benchmark, check_size
from .profiling import count_costs, count_parameters, measure_throughput, peak_memory, reset_peak_memory
from .recipes import recipe_sections
from .records import Metrics
from .reranking import Reranking
from .suite import benchmark_settings, method_config, method_settings


class _Tested(Settings):
    """What of a run's evaluation still decides something once it is trained."""

    rerank: Reranking | None = None


@dataclass(frozen=True)
class Timing:
    """How to measure throughput."""

    device: str
    batch: int
    precision: str


@dataclass(frozen=True)
class Trained:
    """A method with trained weights, and what to test it on."""

    method: Method
    benchmark: Benchmark
    data: DataSettings
    rerank: Reranking | None


def evaluate_checkpoint(
    checkpoint: Path,
    benchmark: str,
    changes: Mapping[str, Any],
    missing: Sequence[str],
    data_root: Path | None,
    device: str,
    *,
    degraded: Sequence[str] = (),
    expected_method: str = "",
    transfer: bool = False,
) -> Metrics:
    """Test the weights of a finished run on a benchmark.

    Args:
        checkpoint: `model.pt` of a run.
        benchmark: name.
        changes: settings of benchmark and data, and `evaluation.rerank`, as for `--set`; over those of the run.
        missing: modalities that are missing at test; those of the run where there are none.
        data_root: folder that holds the data sets.
        device: `cpu` or `cuda`.
        degraded: how modalities are degraded at test, as in `NIR:blur:2`; as in the run where there are none.
        expected_method: refuse a checkpoint of another method; empty for any.
        transfer: whether it may be of another benchmark; images then have the size of the run.

    Raises:
        InputError: the checkpoint is damaged, of another method or benchmark, or does not fit the images.
    """
    own = {"data.test_missing": tuple(missing)} if missing else {}
    if degraded:
        own["data.test_degraded"] = tuple(degraded)
    trained = _load(checkpoint, benchmark, {**changes, **own}, data_root, device, expected_method, transfer=transfer)
    return evaluate(trained.method, trained.benchmark, trained.data, trained.rerank).ranking.metrics()


def evaluate_checkpoint_under(
    conditions: Sequence[Condition],
    checkpoint: Path,
    benchmark: str,
    changes: Mapping[str, Any],
    data_root: Path | None,
    device: str,
    *,
    expected_method: str = "",
    transfer: bool = False,
) -> list[tuple[Condition, Metrics]]:
    """Test the weights of a finished run as they were tested, and then under each condition.

    Args:
        conditions: see `benchmarks.conditions`.
        checkpoint: as for `evaluate_checkpoint`, and so are the others.
        benchmark: name.
        changes: settings of benchmark and data.
        data_root: folder that holds the data sets.
        device: `cpu` or `cuda`.
        expected_method: refuse a checkpoint of another method; empty for any.
        transfer: whether it may be of another benchmark.

    Returns:
        Conditions with their metrics; the first is that of the run itself, which is undisturbed in most.

    Raises:
        InputError: the checkpoint is damaged, of another method or benchmark, or does not fit the images.
    """
    trained = _load(checkpoint, benchmark, changes, data_root, device, expected_method, transfer=transfer)
    data = trained.data
    own = parse(Condition, {"missing": data.test_missing, "degraded": data.test_degraded}, "data")
    every = list(dict.fromkeys([own, *conditions]))
    found = evaluate_conditions(trained.method, trained.benchmark, data, every, lambda *_: None, trained.rerank)
    return [(condition, found[condition.text]) for condition in every]


def _load(
    checkpoint: Path,
    benchmark: str,
    changes: Mapping[str, Any],
    data_root: Path | None,
    device: str,
    expected_method: str,
    *,
    transfer: bool,
) -> Trained:
    target = check_device(device)
    values = read_checkpoint(checkpoint)
    if "method" not in values["settings"] or "spec" not in values:
        raise InputError(f"{checkpoint}: a training state, not final weights; take `model.pt` of a finished run")
    settings = dict(values["settings"]["method"])
    name, _ = settings.pop("name"), settings.pop("variant")
    if expected_method and name != expected_method:
        raise InputError(f"{checkpoint}: holds {name!r}, not {expected_method!r}")
    tested = {"rerank": values["settings"].get("evaluation", {}).get("rerank")}
    sections = {"benchmark": {}, "data": values["settings"]["data"], "evaluation": tested}
    sections = merge_sections(sections, changes, "--set")
    spec, source = _spec(values["spec"]), BENCHMARKS.get(benchmark)
    if not transfer:
        trained_on = values["settings"].get("benchmark", {}).get("name", benchmark)
        asked = source.facts(benchmark_settings(benchmark, sections["benchmark"], "--set")).spec
        check_benchmark(str(checkpoint), trained_on, spec, benchmark, asked)
    sections["benchmark"].setdefault("image_size", list(spec.image_size))
    data = parse(DataSettings, sections["data"], "data")
    rerank = parse(_Tested, sections["evaluation"], "--set evaluation").rerank
    chosen = benchmark_settings(benchmark, sections["benchmark"], "--set")
    check_size(str(checkpoint), spec, chosen.image_size)
    loaded = source.load(chosen, data_root, None)
    loaded = corrupt_benchmark(loaded, data.word_quality)
    if data.shuffle_captions:
        loaded = shuffle_captions(loaded)
    method = _build(name, settings, spec)
    load_model(method, values["model"], str(checkpoint))
    return Trained(method.to(target), loaded, data, rerank)


def _spec(values: Mapping[str, Any]) -> BatchSpec:
    height, width = values["image_size"]
    kind = values.get("object", "person")  # not in weights that were kept before it was part of a spec
    return BatchSpec(values["identities"], values["cameras"], (height, width), tuple(values["modalities"]), kind)


def _build(name: str, settings: Mapping[str, Any], spec: BatchSpec) -> Method:
    """A method for weights that are at hand, so without those it was pretrained with."""
    cls = METHODS.get(name)
    without = merge(settings, {"backbone.weights": "random"}) if "backbone" in settings else settings
    return cls(parse(cls.Config, without, name), spec)


def profile_methods(
    names: Sequence[str], benchmark: str, changes: Mapping[str, Any], timing: Timing | None, *, recipe: str = ""
) -> list[dict[str, Any]]:
    """Parameters, multiply-adds and, if asked for, throughput of methods with random weights.

    Args:
        names: `next` for the method and all its variants, `next:mgfa` for one, `next:default` for the method alone.
        benchmark: decides identities, cameras and image size; its data is not read.
        changes: `method.` and `benchmark.` settings, as for `--set`.
        timing: how to measure throughput; None not to.
        recipe: gives each method its settings and the size of images on the benchmark, as in a suite; none where it is empty.

    Raises:
        InputError: a name or key is unknown, or the device is missing.
    """
    device = check_device(timing.device if timing else "cpu")
    rows = []
    for name, variant in _variants(names):
        settings, spec = _profiled(name, variant, benchmark, changes, recipe)
        cls = METHODS.get(name)
        cls.check(settings, spec)
        method = cls(settings, spec)
        row: dict[str, Any] = {"method": name, "variant": variant, "benchmark": benchmark}
        row["parameters"] = count_parameters(method, spec)
        row["gmacs"] = count_costs(method, spec)
        row["throughput"] = row["memory"] = None
        if timing:
            row["throughput"], row["memory"] = _measure(method.to(device), spec, timing)
        rows.append({key: value.model_dump() if isinstance(value, BaseModel) else value for key, value in row.items()})
    return rows


def _profiled(
    name: str, variant: str, benchmark: str, changes: Mapping[str, Any], recipe: str
) -> tuple[MethodSettings, BatchSpec]:
    """Settings of a method with random weights, and what it is built for."""
    sections = recipe_sections(recipe, name, benchmark, "--recipe")
    own = {key: sections.get(key, {}) for key in ("method", "benchmark")}
    own = merge_sections(own, changes, "--set")
    facts = BENCHMARKS.get(benchmark).facts(benchmark_settings(benchmark, own["benchmark"], "--set"))
    return method_settings(name, variant, merge(own["method"], {"backbone.weights": "random"}), "--set"), facts.spec


def _variants(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        method, colon, variant = name.partition(":")
        METHODS.get(method)
        known = ["default", *method_config(method).variants]
        if colon and variant not in known:
            raise unknown(f"variant of {method}", variant, known)
        yield from ((method, each) for each in ([variant] if colon else known))


def _measure(method: Method, spec: BatchSpec, timing: Timing) -> tuple[Any, Any]:
    device = next(method.parameters()).device
    reset_peak_memory(device)
    warmup, repeats = (10, 30) if device.type == "cuda" else (1, 3)
    speed = measure_throughput(method, spec, batch=timing.batch, precision=timing.precision, warmup=warmup, repeats=repeats)
    return speed, peak_memory(device)


def write_benchmark(benchmark: str, out: Path, changes: Mapping[str, Any]) -> str:
    """Write the embedded persons as a folder in the layout of RGBNT201.

    Returns:
        A line that says what was written.

    Raises:
        InputError: the benchmark is another one, or the folder is not empty.
    """
    source = BENCHMARKS.get(benchmark)
    if source.needs_data_root:
        raise InputError(f"{benchmark} is read from files and cannot be written; synthetic_person can")
    sections = merge_sections({"benchmark": {}}, changes, "--set")
    loaded = source.load(benchmark_settings(benchmark, sections["benchmark"], "--set"), None, None)
    folder = export_rgbnt201(loaded, out)
    return f"{folder}: {len(loaded.train)} training and {len(loaded.query)} test triplets of {benchmark}, with captions"
