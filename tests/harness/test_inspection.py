import json
import shutil

import numpy as np
import pytest
import torch

from benchmarks.base import BENCHMARKS
from benchmarks.common.errors import InputError
from benchmarks.conditions import parse_conditions
from harness.checkpoints import read_checkpoint, write_checkpoint
from harness.configs import merge
from harness.inspection import Timing, evaluate_checkpoint, evaluate_checkpoint_under, profile_methods, write_benchmark
from harness.suite import benchmark_settings

SMALL = {"method.backbone.architecture": "small", "benchmark.image_size": [64, 32]}


@pytest.fixture
def evaluate(tiny):
    """Test a checkpoint on the benchmark of the tiny suite, or with changes to it."""

    def run(
        checkpoint,
        missing=(),
        benchmark="synthetic_person",
        data_root=None,
        expected_method="",
        degraded=(),
        under=None,
        transfer=False,
        **changes,
    ):
        settings = tiny.SUITE["benchmark"] if benchmark == "synthetic_person" else {}
        dotted = {key.replace("__", "."): value for key, value in changes.items()}
        values = merge({"benchmark": settings}, dotted)
        where, options = (data_root, "cpu"), {"expected_method": expected_method, "transfer": transfer}
        if under is not None:
            conditions = parse_conditions(under, "")
            return evaluate_checkpoint_under(conditions, checkpoint, benchmark, values, *where, **options)
        return evaluate_checkpoint(checkpoint, benchmark, values, missing, *where, degraded=degraded, **options)

    return run


@pytest.mark.parametrize("label", ["baseline", "next"])
def test_a_checkpoint_gives_the_metrics_of_its_record(trained, evaluate, label):
    row = getattr(trained, label)
    assert evaluate(row.checkpoint) == row.record.metrics
    assert evaluate(row.checkpoint, expected_method=label) == row.record.metrics


def test_a_copied_checkpoint_needs_nothing_beside_it(trained, evaluate, tmp_path):
    path = tmp_path / "some name.pt"
    shutil.copy(trained.baseline.checkpoint, path)
    assert evaluate(path) == trained.baseline.record.metrics


def test_missing_modalities_change_the_metrics(trained, evaluate):
    found = {missing: evaluate(trained.baseline.checkpoint, missing) for missing in [(), ("RGB",), ("NIR", "TIR")]}
    assert len({metrics.mAP for metrics in found.values()}) == 3


def test_a_checkpoint_is_tested_under_conditions_after_its_own_test(trained, evaluate):
    checkpoint = trained.baseline.checkpoint
    found = evaluate(checkpoint, under="missing:RGB,NIR:noise:2,missing:NIR+TIR")
    names = ["undisturbed", "M(RGB)", "NIR noise 2", "M(NIR+TIR)"]
    assert [condition.name for condition, _ in found] == names
    metrics = [each for _, each in found]
    assert metrics[0] == trained.baseline.record.metrics
    assert metrics[1] == evaluate(checkpoint, ("RGB",))
    assert metrics[2] == evaluate(checkpoint, degraded=("NIR:noise:2",))
    assert metrics[3] == evaluate(checkpoint, ("NIR", "TIR"))
    assert len({each.mAP for each in metrics}) == 4


def test_a_run_with_conditions_of_its_own_is_first_tested_under_them(trained, evaluate):
    checkpoint = trained.baseline.checkpoint
    found = evaluate(checkpoint, under="missing:RGB,missing:NIR", data__test_missing=["RGB"])
    assert [condition.text for condition, _ in found] == ["missing:RGB", "missing:NIR"]
    found = evaluate(checkpoint, under="missing:RGB", data__test_degraded=["TIR:blur:1"])
    assert [condition.text for condition, _ in found] == ["TIR:blur:1", "missing:RGB"]


def test_degradations_that_cannot_be_are_refused(trained, evaluate):
    with pytest.raises(InputError, match="data: test_degraded.0: unknown kind of degradation 'blr'; did you mean 'blur'"):
        evaluate(trained.baseline.checkpoint, degraded=("NIR:blr:2",))
    with pytest.raises(InputError, match="data: the modality of NIR:blur:2 is missing, so it cannot be degraded"):
        evaluate(trained.baseline.checkpoint, ("NIR",), degraded=("NIR:blur:2",))
    with pytest.raises(InputError, match="unknown modality|missing.0"):
        evaluate(trained.baseline.checkpoint, under="missing:RGB", data__test_missing=["NI"])


def test_a_run_without_a_modality_is_tested_as_it_was(tiny, work, evaluate):
    record = tiny.execute(tiny.plan(data__test_missing=["RGB"]), work)
    checkpoint = work / "runs" / record.id / "model.pt"
    assert evaluate(checkpoint) == record.metrics
    assert evaluate(checkpoint, ("TIR",)) != record.metrics
    assert evaluate(checkpoint, data__test_missing=[]) != record.metrics


def test_a_run_that_was_re_ranked_is_tested_as_it_was(tiny, trained, work, evaluate):
    record = tiny.execute(tiny.plan(evaluation__rerank={"k1": 4}), work)
    checkpoint = work / "runs" / record.id / "model.pt"
    assert evaluate(checkpoint) == record.metrics
    assert evaluate(checkpoint, evaluation__rerank=None) == trained.baseline.record.metrics
    assert evaluate(trained.baseline.checkpoint, evaluation__rerank__k1=4) == record.metrics


@pytest.mark.parametrize("control", ["shuffle_test_identities", "shuffle_captions"])
def test_a_control_is_tested_as_it_was(tiny, work, evaluate, control):
    changes = {f"data__{control}": True, "method__caption_feature": True, "schedule__epochs": 1}
    record = tiny.execute(tiny.plan(**changes), work)
    checkpoint = work / "runs" / record.id / "model.pt"
    assert evaluate(checkpoint) == record.metrics
    assert evaluate(checkpoint, **{f"data__{control}": False}) != record.metrics


def test_corrupted_captions_are_tested_as_they_were_learned(tiny, work, evaluate):
    changes = {"data__word_quality": 0.35, "method__caption_feature": True, "schedule__epochs": 1}
    record = tiny.execute(tiny.plan(**changes), work)
    checkpoint = work / "runs" / record.id / "model.pt"
    assert evaluate(checkpoint) == record.metrics
    assert evaluate(checkpoint, data__word_quality=1.0) != record.metrics


def test_settings_of_data_and_benchmark_can_be_changed(trained, evaluate):
    assert evaluate(trained.baseline.checkpoint, data__test_batch=3) == trained.baseline.record.metrics
    assert evaluate(trained.baseline.checkpoint, benchmark__test_images=3).queries == 30
    found = evaluate(trained.baseline.checkpoint, data__test_missing=["RGB"])
    assert found == evaluate(trained.baseline.checkpoint, ("RGB",))


def test_a_checkpoint_can_be_tested_on_another_benchmark(trained, evaluate, tree):
    """The folder holds the same pictures as JPEG files, so the result is near, and the image size is that of the run."""
    found = evaluate(trained.baseline.checkpoint, benchmark="rgbnt201", data_root=tree, transfer=True)
    assert found.queries == 40
    assert found.mAP == pytest.approx(trained.baseline.record.metrics.mAP, abs=0.05)


def test_a_checkpoint_of_another_benchmark_is_refused_and_what_differs_is_named(trained, evaluate):
    path = trained.baseline.checkpoint
    for options in ({}, {"under": "missing:RGB"}):
        with pytest.raises(InputError, match="trained on synthetic_person, not on synthetic_vehicle") as error:
            evaluate(path, benchmark="synthetic_vehicle", **options)
        message = str(error.value)
        assert "object (person, vehicle), image size (64 x 32, 32 x 64), identities (" in message
        assert message.endswith("--transfer tests it there all the same")
        assert "\n" not in message
    values = {"benchmark__test_identities": 6, "benchmark__test_images": 8}
    assert evaluate(path, benchmark="synthetic_vehicle", transfer=True, **values).queries == 48


@pytest.mark.parametrize("size", [[32, 64], [64, 64], [128, 64]], ids=str)
def test_images_of_another_size_than_that_of_the_run_are_refused(trained, evaluate, size):
    received = f"received benchmark.image_size {size[0]} x {size[1]}"
    with pytest.raises(InputError, match=f"model.pt: trained on images of 64 x 32 .{received}.; leave it out"):
        evaluate(trained.baseline.checkpoint, benchmark__image_size=size)


def test_weights_that_were_pretrained_are_not_needed_again(trained, evaluate, tmp_path):
    values = read_checkpoint(trained.baseline.checkpoint)
    values["settings"]["method"]["backbone"]["weights"] = "gone.safetensors"
    write_checkpoint(tmp_path / "model.pt", values)
    assert evaluate(tmp_path / "model.pt") == trained.baseline.record.metrics


def altered(trained, tmp_path, change):
    values = read_checkpoint(trained.baseline.checkpoint)
    change(values)
    write_checkpoint(tmp_path / "model.pt", values)
    return tmp_path / "model.pt"


def test_cameras_that_training_has_not_seen_are_tested_all_the_same(trained, evaluate):
    metrics = evaluate(trained.baseline.checkpoint, benchmark__cameras=6)
    assert metrics.queries == trained.baseline.record.metrics.queries


def test_checkpoints_that_do_not_fit_are_refused(trained, evaluate, tmp_path, tree_without_text):
    path = trained.baseline.checkpoint
    with pytest.raises(InputError, match="model.pt: holds 'baseline', not 'next'"):
        evaluate(path, expected_method="next")
    with pytest.raises(InputError, match="next: .* no captions"):
        evaluate(trained.next.checkpoint, benchmark="rgbnt201", data_root=tree_without_text, transfer=True)
    with pytest.raises(InputError, match="all modalities are missing; leave at least one"):
        evaluate(path, ("RGB", "NIR", "TIR"))
    with pytest.raises(InputError, match="unknown modality 'NI'; did you mean 'NIR'"):
        evaluate(path, ("NI",))
    with pytest.raises(InputError, match="--set: unknown key 'schedule'; one of: benchmark, data"):
        evaluate(path, schedule__epochs=3)
    with pytest.raises(InputError, match="unknown key 'every'"):
        evaluate(path, evaluation__every=3)
    with pytest.raises(InputError, match="--set: data: expected settings"):
        evaluate(path, data=3)
    with pytest.raises(InputError, match="unknown benchmark 'synthetic_persn'; did you mean 'synthetic_person'"):
        evaluate(path, benchmark="synthetic_persn")
    with pytest.raises(InputError, match="model.pt: the checkpoint has another shape for head.classifier.weight"):
        evaluate(altered(trained, tmp_path, lambda values: values["spec"].update(identities=11)))
    with pytest.raises(InputError, match="model.pt: the checkpoint has unknown extra"):
        evaluate(altered(trained, tmp_path, lambda values: values["model"].update(extra=torch.ones(1))))
    with pytest.raises(InputError, match="unknown method 'basline'; did you mean 'baseline'"):
        evaluate(altered(trained, tmp_path, lambda values: values["settings"]["method"].update(name="basline")))


def test_weights_from_before_a_spec_had_an_object_can_be_tested(trained, evaluate, tmp_path):
    old = altered(trained, tmp_path, lambda values: values["spec"].pop("object"))
    assert evaluate(old) == evaluate(trained.baseline.checkpoint)


def test_a_training_state_is_no_checkpoint_to_test(tiny, work, evaluate):
    def stop(phase, done, total, text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.execute(tiny.plan(), work, stop)
    (state,) = work.glob("runs/*/state-0001.pt")
    with pytest.raises(InputError, match="a training state, not final weights; take `model.pt` of a finished run"):
        evaluate(state)


def test_profiles_are_of_the_method_with_all_its_variants_or_of_one():
    rows = profile_methods(["baseline", "next:mgfa"], "synthetic_person", SMALL, None)
    assert [(row["method"], row["variant"]) for row in rows] == [
        ("baseline", "default"),
        ("baseline", "reduced"),
        ("baseline", "captions"),
        ("next", "mgfa"),
    ]
    assert all(row["benchmark"] == "synthetic_person" and row["throughput"] is None for row in rows)
    assert rows[1]["parameters"]["trainable"] > rows[0]["parameters"]["trainable"]
    assert json.loads(json.dumps(rows)) == rows


def test_the_benchmark_decides_the_classifier_and_the_camera_embedding():
    sizes = {}
    for benchmark, changes in (
        ("rgbnt201", {}),
        ("synthetic_person", {}),
        ("synthetic_person", {"benchmark.train_identities": 81}),
        ("synthetic_person", {"benchmark.cameras": 5}),
    ):
        (row,) = profile_methods(["baseline:default"], benchmark, {**SMALL, **changes}, None)
        sizes[(benchmark, *changes)] = row["parameters"]["trainable"]
    feature, width = 3 * 48, 64
    plain = sizes[("synthetic_person",)]
    assert sizes[("rgbnt201",)] - plain == (171 - 80) * feature
    assert sizes["synthetic_person", "benchmark.train_identities"] - plain == feature
    assert sizes["synthetic_person", "benchmark.cameras"] - plain == width


def test_a_profile_with_timing_has_throughput_and_memory():
    (row,) = profile_methods(["baseline:default"], "synthetic_person", SMALL, Timing("cpu", 2, "bf16"))
    assert {"images_per_second", "device", "batch", "precision"} <= set(row["throughput"])
    assert (row["throughput"]["batch"], row["throughput"]["precision"], row["throughput"]["device"]) == (2, "bf16", "CPU")
    assert row["throughput"]["images_per_second"] == pytest.approx(3 * row["throughput"]["triplets_per_second"])
    assert row["memory"]["kind"] == "process resident"


@pytest.mark.parametrize(
    ("names", "benchmark", "changes", "message"),
    [
        (["nxt"], "rgbnt201", {}, "unknown method 'nxt'; did you mean 'next'"),
        (["next:mfga"], "rgbnt201", {}, "unknown variant of next 'mfga'; did you mean 'mgfa'"),
        (["baseline:"], "rgbnt201", {}, "unknown variant of baseline ''; one of: captions, default"),
        (["next"], "rgbnt21", {}, "unknown benchmark 'rgbnt21'; did you mean 'rgbnt201'"),
        (["next"], "rgbnt201", {"method.tmse.expert": 3}, "unknown key 'tmse.expert'; did you mean 'tmse.experts'"),
        (["next"], "rgbnt201", {"schedule.epochs": 3}, "--set: unknown key 'schedule'; one of: benchmark, method"),
        (["next"], "rgbnt201", {"method": 3}, "--set: method: expected settings"),
        (["next"], "rgbnt201", {"benchmark.image_size": [250, 128]}, "250 x 128 is not divisible by the patch of 16 pixels"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(names, benchmark, changes, message):
    with pytest.raises(InputError, match=message):
        profile_methods(names, benchmark, changes, None)


def test_a_benchmark_that_was_written_is_read_back_as_rgbnt201(tiny, tree):
    written = BENCHMARKS.get("synthetic_person").load(
        benchmark_settings("synthetic_person", tiny.SUITE["benchmark"], ""), None, None
    )
    read = BENCHMARKS.get("rgbnt201").load(benchmark_settings("rgbnt201", {}, ""), tree, None)
    assert read.counts == written.counts
    assert read.facts.cameras == written.facts.cameras
    assert read.has_captions
    for mine, theirs in ((read.train, written.train), (read.query, written.query)):
        order = np.argsort([sample.name for sample in theirs.samples], kind="stable")
        assert mine.samples == theirs.take(order).samples
        difference = np.stack(mine.read(0)).astype(int) - np.stack(theirs.read(order[0]))
        assert np.abs(difference).mean() < 6  # JPEG


def test_vehicles_are_not_written_in_a_layout_of_persons(tmp_path):
    with pytest.raises(InputError, match="layout of RGBNT201, of persons"):
        write_benchmark("synthetic_vehicle", tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_writing_a_benchmark_is_refused_where_it_cannot_be(tmp_path, tree):
    with pytest.raises(InputError, match="RGBNT201: exists and is not empty"):
        write_benchmark("synthetic_person", tree, {})
    with pytest.raises(InputError, match="rgbnt201 is read from files and cannot be written; synthetic_person can"):
        write_benchmark("rgbnt201", tmp_path, {})
    with pytest.raises(InputError, match="--set: unknown key 'method'; one of: benchmark"):
        write_benchmark("synthetic_person", tmp_path, {"method.x": 1})
    with pytest.raises(InputError, match="unknown key 'test_image'; did you mean 'test_images'"):
        write_benchmark("synthetic_person", tmp_path, {"benchmark.test_image": 1})
    (tmp_path / "file").write_text("a file")
    with pytest.raises(InputError, match="file: cannot be written"):
        write_benchmark("synthetic_person", tmp_path / "file", {})
