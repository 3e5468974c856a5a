"""One short epoch of every data set's shipped suite on a tree of its real file names, with and without captions.

The images are small and made, as none of the real ones can be shipped, so the metrics mean nothing; everything else is real.
"""

import json

import pytest
import trees

from harness.records import read_record

pytestmark = pytest.mark.slow

PERSON = {"benchmark.image_size": [64, 32], "method.backbone.architecture": "small"}
VEHICLE = {"benchmark.image_size": [32, 64], "method.backbone.architecture": "small_wide"}
SHORT = {
    "method.backbone.weights": "shipped",
    "signal.alignment.lam_stride": 2,
    "schedule.epochs": 1,
    "schedule.warmup_epochs": 0,
    "data.workers": 0,
    "data.identities_per_batch": 8,
    "data.images_per_identity": 4,
    "profile.throughput": False,
    "profile.pictures": 1,
    "evaluation.every": 0,
    "seeds": [0],
    "jobs": 2,
    "threads": 1,
}


@pytest.fixture
def run(tiny, tmp_path):
    """Runs a shipped suite briefly; gives the records by method and what was printed."""

    def act(suite, root, only="*", **changes):
        size = PERSON if suite in {"rgbnt201", "market_mm"} else VEHICLE
        values = {**SHORT, **size, **{key.replace("__", "."): value for key, value in changes.items()}}
        values = {key: value for key, value in values.items() if not key.startswith("signal") or only in {"*", "signal"}}
        options = [f"--set={key}={json.dumps(value)}" for key, value in values.items()]
        work = tmp_path / "work"
        result = tiny.call("run", suite, "--data-root", root, "--work-dir", work, "--only", only, *options)
        assert (result.status, result.err) == (0, ""), result.err
        records = [read_record(path) for path in sorted((work / "records").glob("*.json"))]
        return {record.method: record for record in records}, result.out

    return act


def tell(folder, names):
    """Made captions for each split, one file a modality."""
    folder.mkdir(parents=True)
    for split, of_split in names.items():
        for modality in ("RGB", "NI", "TI"):
            entries = [{"item": name, "description": f"A {modality} car. Vehicle {name[:4]}."} for name in of_split]
            (folder / f"{split}_{modality}.json").write_text(json.dumps(entries))
    return str(folder)


def check(records, samples, captions):
    for record in records.values():
        assert {role: counts["samples"] for role, counts in record.counts.items()} == samples
        assert bool(record.caption_fingerprint) == captions
        assert record.metrics.queries == samples["query"]
        assert str(record.settings).count("/") == 0  # no path of this machine


def test_rgbnt201_without_captions(run, published_tree):
    records, _ = run("rgbnt201", published_tree, "baseline")
    assert set(records) == {"baseline"}
    check(records, {"train": 3951, "query": 836, "gallery": 836}, captions=False)


def test_msvr310(run, tmp_path, published_captions, published_reference):
    root = trees.msvr310(tmp_path / "data", published_captions, published_reference)
    samples = {"train": 1032, "query": 591, "gallery": 1055}
    records, _ = run("msvr310", root, "baseline")
    check(records, samples, captions=False)
    captions = published_captions / "next-text" / "msvr310"
    records, _ = run("msvr310", root, "next", benchmark__captions=str(captions))
    check({"next": records["next"]}, samples, captions=True)
    assert records["next"].metrics.skipped_queries == records["baseline"].metrics.skipped_queries == 0


def test_rgbnt100_as_strips(run, tmp_path, published_reference):
    root = trees.rgbnt100(tmp_path / "data", published_reference)
    names = {split: trees.rgbnt100_names(published_reference, split) for split in ("train", "test")}
    captions = tell(tmp_path / "captions", names)
    records, _ = run("rgbnt100", root, "[bn]*", benchmark__captions=captions)
    assert sorted(records) == ["baseline", "next"]
    check(records, {"train": 8675, "query": 1715, "gallery": 8575}, captions=True)


def test_wmveid863(run, tmp_path, published_reference):
    root = trees.wmveid863(tmp_path / "data", published_reference)
    records, out = run("wmveid863", root, "signal")
    check(records, {"train": 3481, "query": 176, "gallery": 1228}, captions=False)
    record = records["signal"]
    assert record.metrics.skipped_queries > 0
    assert len(record.left_out) == 6
    assert any("0865_0865_vis_v1_n0_03.jpg" in line for line in record.left_out)
    assert not any(str(tmp_path) in line for line in record.left_out)
    assert "train: 2 triplets lack a file and are left out" in out


def test_market_mm_with_junk_and_distractors(run, tmp_path):
    root = trees.market_mm(tmp_path / "data")
    records, out = run("market_mm", root, "baseline", data__images_per_identity=2)
    check(records, {"train": 40, "query": 12, "gallery": 26}, captions=False)
    assert "2 junk images (identity -1) are left out" in out
