"""A work folder with invented results, written through the real writers; published captions with images made for them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from harness.manifest import Manifest, ManifestRun, write_manifest
from harness.pictures import Pictures, write_pictures
from harness.records import (
    CaptionReport,
    Environment,
    Epoch,
    Gmacs,
    Memory,
    Metrics,
    Parameters,
    QueryResults,
    Record,
    Throughput,
    result_digest,
    write_record,
)
from reports.report import build_report

ROOT = Path(__file__).resolve().parents[1]

IDENTITIES, PER_IDENTITY, SKIPPED = 30, 6, (7, 40)

NASTY = "a_b <x> & 50% | "
"""A label with a sign that means something in each format."""


def sha(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def make_queries(level, seed, noise=0):
    """Per-query results whose difficulty lies in the identity, the same for every row; `noise` sets a row's own part."""
    rng = np.random.default_rng([noise, seed])
    identity = np.repeat(np.arange(IDENTITIES), PER_IDENTITY)
    hard = np.random.default_rng(0).normal(0, 0.12, IDENTITIES)[identity]
    ap = np.clip(level + hard + rng.normal(0, 0.1, IDENTITIES)[identity] + rng.normal(0, 0.1, len(identity)), 0.02, 1)
    first_hit = np.where(rng.uniform(size=len(identity)) < level, 1, rng.integers(2, 14, len(identity)))
    inp = ap * 0.6
    ap[list(SKIPPED)], inp[list(SKIPPED)], first_hit[list(SKIPPED)] = np.nan, np.nan, 0
    return QueryResults(average_precision=ap, inverse_negative_penalty=inp, first_hit=first_hit, identity=identity)


def make_metrics(queries, tied=0):
    kept = ~np.isnan(queries.average_precision)
    rank = queries.first_hit[kept]
    return Metrics(
        mAP=float(queries.average_precision[kept].mean()) if kept.any() else 0.0,
        **{f"R{k}": float((rank <= k).mean()) if kept.any() else 0.0 for k in (1, 5, 10)},
        mINP=float(queries.inverse_negative_penalty[kept].mean()) if kept.any() else 0.0,
        queries=int(kept.sum()),
        skipped_queries=int((~kept).sum()),
        tied_positives=tied,
        chance_mAP=0.02,
        optimistic_mAP=float(queries.average_precision[kept].mean()) if kept.any() else 0.0,
    )


def make_conditions(levels):
    """Metrics by the text of a condition, from the mAP of each; R1 is half of it."""
    whole = make_metrics(make_queries(0.5, 0))
    return {text: whole.model_copy(update={"mAP": mAP, "R1": mAP / 2}) for text, mAP in levels.items()}


def make_history(metrics, seed, experts, epochs=12):
    rng = np.random.default_rng(seed)
    history = []
    for epoch in range(1, epochs + 1):
        done = 1 - np.exp(-epoch / 4)
        shown = metrics.model_copy(update={"mAP": metrics.mAP * done + rng.normal(0, 0.005)})
        history.append(
            Epoch(
                epoch=epoch,
                learning_rates={"base": 3.5e-4},
                losses={"identity": 5 * (1 - done) + 1 + rng.normal(0, 0.05), "triplet": 0.7 * (1 - done)},
                monitors=make_monitors(seed, done) if experts else {},
                gradients={f"router {i}/{m}": 0.1 * (i + 1) / epoch for i in range(3) for m in "RNT"} if experts else {},
                metrics=shown if epoch % 3 == 0 else None,
            )
        )
    return history


def make_monitors(seed, done=1.0):
    shares = {"RGB": (0.52, 0.12, 0.17), "NIR": (0.48, 0.53, 0.78), "TIR": (0.38, 0.53, 0.16)}
    rng = np.random.default_rng(seed)
    kept = {
        f"kept/E{expert + 1}/{name}": float(0.5 + done * (share[expert] - 0.5) + rng.normal(0, 0.01))
        for name, share in shares.items()
        for expert in range(3)
    }
    weights = {f"structure/E{k}/{name}": weight for name in shares for k, weight in ((1, 0.30), (2, 0.45), (3, 0.25))}
    return {**kept, **weights, "temperature": 0.07}


def make_pictures(seed=0, queries=3, ranks=5, experts=3, size=(64, 32)):
    """Coloured figures on a ground, one hue a sample."""
    rng = np.random.default_rng(seed)
    height, width = size

    def images(*shape):
        pictures = rng.integers(20, 60, (*shape, 3, height, width, 3), dtype=np.uint8)
        hue = rng.integers(80, 256, (*shape, 3, 1, 1, 3), dtype=np.uint8)
        pictures[..., height // 5 : -4, width // 3 : -width // 3, :] = hue
        return pictures

    similarity = np.sort(rng.uniform(0.2, 0.95, (queries, ranks)).astype(np.float32), axis=1)[:, ::-1]
    return Pictures(
        query_images=images(queries),
        query_names=np.array([f"{q:06d}_cam1_0_{q:02d}.jpg" for q in range(queries)]),
        query_captions=np.array([["A man with <b>a red</b> coat.", "", "A warm figure."]] * queries),
        ranked_images=images(queries, ranks),
        ranked_names=np.array([[f"{q:06d}_cam2_0_{r:02d}.jpg" for r in range(ranks)] for q in range(queries)]),
        similarity=similarity,
        hits=rng.uniform(size=(queries, ranks)) < 0.6,
        masks=rng.uniform(size=(queries, experts, 3, height // 4, width // 4)) < rng.uniform(0.2, 0.9, (1, experts, 3, 1, 1)),
    )


class WorkFolder:
    """Builds a work folder row by row; `write` adds the manifest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs: list[ManifestRun] = []

    def row(
        self,
        label,
        level,
        seeds=(0, 1, 2),
        finished=None,
        columns=None,
        benchmark="RGBNT201",
        method=None,
        name="",
        changed=False,
        **changes,
    ):
        """Plan a row and finish some of its seeds; `name` is the benchmark's where its label is another one.

        `changed` says that the row has changes of its own; `changes` replace fields of the records.
        """
        method = method or sha(label)[:6]
        for seed in seeds:
            run_id = sha(label, benchmark, seed)
            plan = {"label": label, "method": method, "variant": "default", "benchmark": name or benchmark, "seed": seed}
            shown = {"columns": columns or {}, "benchmark_label": benchmark, "changed": changed}
            self.runs.append(ManifestRun(id=run_id, **shown, **plan))
            if finished is None or seed in finished:
                self.finish(run_id, plan, level + 0.01 * (seed - 1), seed, shown=benchmark, **changes)
        return self

    def finish(self, run_id, plan, level, seed, queries=None, shown="", experts=False, split="split", tied=0, **changes):
        queries = queries or make_queries(level, seed, int(sha(plan["label"], shown or plan["benchmark"])[:6], 16))
        metrics = make_metrics(queries, tied)
        values = {
            "id": run_id,
            "suite": "first",
            **plan,
            "settings": {"epochs": 12},
            "split_fingerprint": sha(split, plan["benchmark"]),
            "caption_fingerprint": sha("captions"),
            "weights_fingerprint": "",
            "counts": {"query": {"samples": len(queries.identity), "identities": IDENTITIES, "cameras": 4}},
            "captions": CaptionReport(captions=300, over_context=4, context=77),
            "epoch_rule": "last",
            "epoch": 12,
            "test_feature": "fused, before BN",
            "embedding_size": 1536,
            "metrics": metrics,
            "monitors": make_monitors(seed) if experts else {},
            "history": make_history(metrics, seed, experts),
            "parameters": Parameters(trainable=94_828_559, total=158_260_000, test=94_000_000, test_trainable=94_000_000),
            "gmacs": Gmacs(attention=45.95, published=44.806),
            "throughput": make_throughput(),
            "memory": Memory(peak_bytes=2**31, kind="process resident"),
            "durations": {"train": 812.3 + seed, "embed": 20.5, "rank": 0.4},
            "environment": make_environment(),
            **changes,
        }
        record = Record(**values)
        write_record(self.path, record.model_copy(update={"result_digest": result_digest(record, queries)}), queries)

    def pictures(self, label, seed=0, benchmark="RGBNT201", **options):
        write_pictures(self.path, sha(label, benchmark, seed), make_pictures(**options))
        return self

    def write(self, suite="main", title="Main comparison", table="comparison", reference=""):
        write_manifest(self.path, Manifest(suite=suite, title=title, table=table, reference=reference, runs=self.runs))
        self.runs = []
        return self.path


def make_throughput(device="cpu", **changes):
    values = {"images_per_second": 275.1, "triplets_per_second": 91.7, "device": device, "batch": 8, "precision": "fp32"}
    return Throughput(**{**values, "warmup": 2, "repeats": 5, "threads": 2, "concurrent_runs": 1, **changes})


def make_environment(**changes):
    values = {
        "python": "3.11.7",
        "platform": "Linux-6.1",
        "processor": "x86_64",
        "device": "cpu",
        "threads": 2,
        "deterministic": True,
        "versions": {"torch": "2.6.0", "numpy": "2.1.3"},
        "commit": "c819354aa00b-dirty",
    }
    return Environment(**{**values, **changes})


def grid(table):
    """Cells of a table by the text of their row's first cell, then by heading with its group."""
    headings = [f"{column.group} {column.title}".strip() for column in table.columns]
    return {row[0].text: dict(zip(headings, row, strict=True)) for row in table.rows}


@pytest.fixture(scope="session")
def fake():
    """The makers of this file, for tests that change one thing."""
    return SimpleNamespace(
        NASTY=NASTY,
        WorkFolder=WorkFolder,
        IDENTITIES=IDENTITIES,
        SKIPPED=SKIPPED,
        sha=sha,
        grid=grid,
        make_queries=make_queries,
        make_conditions=make_conditions,
        make_monitors=make_monitors,
        make_throughput=make_throughput,
        make_environment=make_environment,
    )


@pytest.fixture
def folder(tmp_path):
    """An empty work folder to build in."""
    return WorkFolder(tmp_path / "work")


def fill_whole(folder: WorkFolder) -> Path:
    """A comparison and an ablation with everything that a report shows."""
    gpu = {"throughput": make_throughput("NVIDIA H200", images_per_second=1834.2, batch=64, precision="fp16"), "memory": None}
    folder.row("Baseline", 0.55, parameters=Parameters(trainable=88_252_000, total=1, test=1, test_trainable=1))
    folder.row(NASTY, 0.56, **gpu).row("Signal", 0.60, finished=(0, 2), tied=3)
    folder.row("DeMo", 0.62, epoch_rule="best-on-test").row("IDEA", 0.58, seeds=(0,)).row("TOP-ReID", 0.6, finished=())
    folder.row("NEXT", 0.66, experts=True).pictures("NEXT").pictures("Baseline", seed=1, experts=0)
    folder.write(reference="Baseline")
    marks = [{"MGFA": "", "TMSE": "", "CSSE": ""}, {"MGFA": "✓", "TMSE": "", "CSSE": ""}]
    marks += [{"MGFA": "✓", "TMSE": "✓", "CSSE": ""}, {"MGFA": "✓", "TMSE": "✓", "CSSE": "✓"}]
    for benchmark in ("RGBNT201", "MSVR310"):
        for label, level, columns in zip(
            ("(a) baseline", "(b)", "(c)", "(d) NEXT"), (0.5, 0.51, 0.55, 0.58), marks, strict=True
        ):
            folder.row(
                label, level, benchmark=benchmark, columns=columns, experts=columns["CSSE"] == "✓" and benchmark == "MSVR310"
            )
    folder.pictures("(d) NEXT", benchmark="MSVR310", size=(32, 64), ranks=10)
    return folder.write("modules", "Modules of NEXT", "ablation")


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A work folder with everything; not to be changed."""
    return fill_whole(WorkFolder(tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="session")
def whole_report(whole):
    """Its report, drawn once."""
    return build_report(whole)


@pytest.fixture(scope="session")
def published_captions() -> Path:
    """The folder of published caption files, where this machine has it; they are read in place and never copied."""
    named = os.environ.get("MMREID_CAPTIONS")
    folder = Path(named) if named else ROOT.parent / "shared" / "captions"
    if not (folder / "next-text").is_dir():
        pytest.skip(f"no published captions in {folder}; MMREID_CAPTIONS may name their folder")
    return folder


@pytest.fixture(scope="session")
def published_reference() -> Path:
    """The folder of published query lists and file names, where this machine has it."""
    named = os.environ.get("MMREID_REFERENCE")
    folder = Path(named) if named else ROOT.parent / "shared" / "reference"
    if not (folder / "rgbnt100_pairs.csv").is_file():
        pytest.skip(f"no published lists in {folder}; MMREID_REFERENCE may name their folder")
    return folder


@pytest.fixture(scope="session")
def published_tree(tmp_path_factory, published_captions) -> Path:
    """A data root with RGBNT201's real file names, which the caption files list, and small made images; not to be changed.

    An identity is a pattern of its own, so that one epoch has something to learn.
    """
    root = tmp_path_factory.mktemp("published")
    for split, folder in (("train", "train_171"), ("test", "test")):
        for m, modality in enumerate(("RGB", "NI", "TI")):
            place = root / "RGBNT201" / folder / modality
            place.mkdir(parents=True)
            listed = (published_captions / "next-text" / "rgbnt201" / f"{split}_{modality}.json").read_text("utf-8")
            for number, entry in enumerate(json.loads(listed)):
                pattern = np.random.default_rng([m, int(entry["item"][:6])]).integers(256, size=(8, 4, 3))
                noise = np.random.default_rng([m, number]).normal(0, 40, size=(32, 16, 3))
                pixels = pattern.repeat(4, axis=0).repeat(4, axis=1) + noise
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(place / entry["item"], quality=90)
    return root
