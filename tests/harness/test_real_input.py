"""The same job on real input: RGBNT201's real file names with the published captions, from the folder to the report.

The images are small and made, as none of the real ones can be shipped, so the metrics mean nothing; everything else is real.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.captions.sentences import draw_texts
from benchmarks.rgbnt201 import Rgbnt201, Rgbnt201Settings
from harness.records import read_queries, read_record
from harness.suite import load_suite, plans

pytestmark = pytest.mark.slow

SPLIT = "801f8330a796c5818787abfed3794c6cb2348f46736ca57979a42287ab5c53c5"
CAPTIONS = "c02a3b3a38692293d87312156eb652a1419c8e46060bd1936f25021a87377da3"
"""Fingerprints of the public split and of NEXT-Text on it; they change when a rule of reading changes."""


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny, published_tree, published_captions):
    """One short epoch of the shipped suite with the small backbone, and its report."""
    work = tmp_path_factory.mktemp("real") / "work"
    changes = {
        "benchmark.captions": published_captions / "next-text" / "rgbnt201",
        "benchmark.image_size": [64, 32],
        "method.backbone.architecture": "small",
        "method.backbone.weights": "shipped",
        "signal.alignment.lam_stride": 2,
        "schedule.epochs": 1,
        "schedule.warmup_epochs": 0,
        "data.workers": 0,
        "jobs": 2,
        "threads": 1,
    }
    options = [f"--set={key}={value}" for key, value in changes.items()]
    result = tiny.call("run", "rgbnt201", "--data-root", published_tree, "--work-dir", work, "--seeds", 1111, *options)
    assert (result.status, result.err) == (0, ""), result.err
    assert tiny.call("report", work).status == 0
    paths = sorted((work / "records").glob("*.json"))
    return SimpleNamespace(work=work, paths=paths, records={record.method: record for record in map(read_record, paths)})


@pytest.fixture(scope="module")
def benchmark(published_tree, published_captions):
    folder = published_captions / "next-text" / "rgbnt201"
    return Rgbnt201.load(Rgbnt201Settings(captions=str(folder)), published_tree, None)


def test_three_methods_saw_the_public_split(run):
    assert sorted(run.records) == ["baseline", "next", "signal"]
    for record in run.records.values():
        assert (record.split_fingerprint, record.caption_fingerprint) == (SPLIT, CAPTIONS)
        assert record.counts["train"] == {"samples": 3951, "identities": 171, "cameras": 4}
        assert record.counts["query"] == record.counts["gallery"] == {"samples": 836, "identities": 30, "cameras": 2}


def test_all_queries_are_ranked_under_the_camera_rule(run, benchmark):
    split = benchmark.query
    pairs = list(zip(split.identities.tolist(), split.cameras.tolist(), strict=True))
    other = [(identity, 1 - camera) in pairs for identity, camera in pairs]
    for path in run.paths:
        record, queries = read_record(path), read_queries(path)
        assert record.metrics.queries == 836
        assert record.metrics.skipped_queries == other.count(False)
        assert np.array_equal(~np.isnan(queries.average_precision), other)
        assert np.array_equal(queries.identity, split.identities)


def test_an_epoch_learns_something_of_made_identities(run):
    """A guess finds a right image first for about one query in thirty."""
    assert all(record.metrics.R1 > 0.15 for record in run.records.values())
    assert all(len(record.history) == 1 for record in run.records.values())


def test_captions_are_those_of_the_files_and_their_length_is_told(run):
    report = run.records["next"].captions
    assert (report.captions, report.context) == (3 * 836, 77)
    assert 0 < report.over_context <= 0.008 * report.captions
    assert run.records["baseline"].captions is None


def test_sentences_are_drawn_from_published_captions(benchmark):
    """Three quarters of the sentences in the mean, never none, in their order, by expert and modality apart."""
    captions = [sample.captions for sample in benchmark.train.samples[:300]]
    texts = draw_texts(captions, np.arange(300), experts=3, keep_probability=0.75, independent=True)
    drawn = np.array(texts, dtype=object).reshape(300, 3, 3)
    sizes = [len(caption) for of_sample in captions for caption in of_sample]
    assert (min(sizes), max(sizes)) == (2, 5)
    kept = total = 0
    for of_sample, of_experts in zip(captions, drawn, strict=True):
        for m, caption in enumerate(of_sample):
            for text in of_experts[:, m]:
                places = [text.find(sentence) for sentence in caption if sentence in text]
                assert text
                assert places == sorted(places)
                kept, total = kept + len(places), total + len(caption)
    assert kept / total == pytest.approx(0.75, abs=0.02)
    assert len({text for text in drawn[:, :, 0].flat}) > 2 * 300


def test_caption_sets_and_qualities_are_other_captions_of_one_split(published_tree, published_captions):
    """What the quality study on RGBNT201 reads, with the folders of its sets named as on the command line."""
    sets = {"NEXT-Text": "next-text", "IDEA-Text": "idea-text"}
    entries = [
        {"name": "rgbnt201", "label": label, "set": {"benchmark.captions": str(published_captions / folder / "rgbnt201")}}
        for label, folder in sets.items()
    ]
    name, suite = load_suite("caption_quality_rgbnt201", {"benchmarks": entries})
    planned = plans(name, suite, seeds=[1111], only="next *")
    loaded = [plan.load_benchmark(published_tree, None) for plan in planned]
    assert {each.split_fingerprint for each in loaded} == {SPLIT}
    assert len({each.caption_fingerprint for each in loaded}) == len(planned) == 2 * 3
    assert loaded[2].caption_fingerprint == CAPTIONS
    for sample, noisy in zip(loaded[2].train.samples[:50], loaded[0].train.samples[:50], strict=True):
        for caption, corrupted in zip(sample.captions, noisy.captions, strict=True):
            pairs = list(zip(" ".join(caption).split(), " ".join(corrupted).split(), strict=True))
            pairs = [pair for pair in pairs if any(map(str.isalnum, pair[0]))]  # a full stop may stand alone
            assert len(corrupted) == len(caption)
            assert sum(before == after for before, after in pairs) == pytest.approx(0.35 * len(pairs), abs=1)


def test_the_report_holds_the_three_rows(run):
    report = run.work / "report"
    for name in ("report.md", "report.html", "report.tex"):
        text = (report / name).read_text(encoding="utf-8")
        assert all(method in text for method in run.records)
        assert SPLIT[:8] in text


def test_figures_of_another_backbone_are_out_of_the_published_tolerance(run, tiny):
    result = tiny.call("check", run.work, "--against", "published")
    assert (result.status, result.err) == (1, "")
    assert "NO" in result.out
