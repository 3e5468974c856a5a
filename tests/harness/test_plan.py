import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.captions.corruption import corrupt_folder
from benchmarks.common.errors import InputError
from benchmarks.loading import DataSettings
from benchmarks.rgbnt201 import Rgbnt201Settings
from harness.plan import Evaluation, Profile
from harness.schedules import Schedule
from harness.suite import load_suite, plans

DATA = SimpleNamespace(split_fingerprint="split", caption_fingerprint="captions")


def run_id(tiny, label="baseline", **changes):
    return tiny.plan(label, **changes).run_id(DATA)


CHANGES = {
    "method": {"method__fusion": "reduced"},
    "part of a method": {"method__supervision__label_smoothing": 0.2},
    "benchmark": {"benchmark__train_images": 5},
    "schedule": {"schedule__epochs": 3},
    "rates": {"schedule__rates__visual": 1e-6},
    "data": {"data__identities_per_batch": 5},
    "augmentation": {"data__augmentation__pad": 4},
    "missing modality": {"data__test_missing": ["TIR"]},
    "captions of what is missing": {"data__missing_captions": "kept"},
    "degraded modality": {"data__test_degraded": ["TIR:blur:1"]},
    "its strength": {"data__test_degraded": ["TIR:blur:2"]},
    "conditions": {"evaluation__conditions": ["missing"]},
    "a condition": {"evaluation__conditions": ["missing:RGB"]},
    "clean words": {"data__word_quality": 0.7},
    "labels": {"data__shuffle_train_labels": True},
    "evaluation": {"evaluation__every": 2},
    "epoch rule": {"evaluation__epoch_rule": "best-on-test"},
    "re-ranking": {"evaluation__rerank": {}},
    "a parameter of re-ranking": {"evaluation__rerank__k1": 30},
    "profile": {"profile__pictures": 0},
    "seed": {"seed": 1},
    "threads": {"threads": 2},
    "device": {"device": "cuda"},
}


def test_every_kind_of_setting_makes_another_run(tiny):
    ids = {name: run_id(tiny, **change) for name, change in CHANGES.items()}
    ids["as it is"] = run_id(tiny)
    assert len(set(ids.values())) == len(CHANGES) + 1
    assert all(len(each) == 64 for each in ids.values())
    assert run_id(tiny) == ids["as it is"]


def test_every_declared_setting_is_in_the_id(tiny):
    """The id is that of the resolved config, without what results do not depend on: loader processes, decoded images."""
    plan = tiny.plan("next")
    resolved = plan.resolved()
    assert set(resolved) == {"method", "benchmark", "schedule", "data", "evaluation", "profile"}
    assert set(resolved["method"]) == {"name", "variant", *type(plan.method_settings).model_fields}
    assert set(resolved["benchmark"]) == {"name", *type(plan.benchmark_settings).model_fields}
    assert set(resolved["schedule"]) == set(Schedule.model_fields)
    assert set(resolved["data"]) == set(DataSettings.model_fields) - {"workers", "decoded_cache"}
    assert set(resolved["evaluation"]) == set(Evaluation.model_fields)
    assert set(resolved["profile"]) == set(Profile.model_fields)


def test_split_and_captions_make_another_run(tiny):
    plan = tiny.plan()
    others = [
        SimpleNamespace(split_fingerprint="other", caption_fingerprint="captions"),
        SimpleNamespace(split_fingerprint="split", caption_fingerprint="other"),
        SimpleNamespace(split_fingerprint="captions", caption_fingerprint="split"),
    ]
    assert len({plan.run_id(data) for data in [DATA, *others]}) == 4


def test_the_real_splits_of_the_benchmark_are_in_the_id(tiny):
    plan = tiny.plan()
    first = plan.load_benchmark(None, None)
    second = tiny.plan(benchmark__draw=1).load_benchmark(None, None)
    assert first.split_fingerprint != second.split_fingerprint
    assert plan.run_id(first) != plan.run_id(second)
    assert plan.run_id(first) == plan.run_id(plan.load_benchmark(None, None))


def test_weights_are_known_by_what_is_in_the_file_and_not_by_its_folder(tiny, tmp_path):
    def with_weights(folder, content):
        path = tmp_path / folder / "clip.safetensors"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return tiny.plan(method__backbone__weights=str(path)).run_id(DATA)

    first = with_weights("a", b"weights")
    assert with_weights("b", b"weights") == first
    assert with_weights("a", b"other weights") != first
    assert run_id(tiny) != first


def test_names_and_processes_do_not_make_another_run(tiny):
    same = run_id(tiny)
    runs = [{"method": "baseline", "label": "Base", "columns": {"a": "b"}}]
    assert run_id(tiny, "Base", runs=runs) == same
    assert run_id(tiny, name="another", title="Another", jobs=7, table="ablation", reference="baseline") == same
    assert run_id(tiny, data__workers=3) == same
    assert run_id(tiny, data__decoded_cache=True) == same
    assert run_id(tiny, benchmarks=[{"name": "synthetic_person", "label": "mine"}]) == same
    assert run_id(tiny, benchmarks=[{"name": "synthetic_person", "set": {"benchmark.draw": 1}}]) != same
    as_variant = [{"method": "baseline", "variant": "reduced"}]
    as_setting = [{"method": "baseline", "set": {"method.fusion": "reduced"}, "label": "mine"}]
    assert run_id(tiny, "baseline:reduced", runs=as_variant) == run_id(tiny, "mine", runs=as_setting) != same


def test_the_full_next_is_one_run_in_both_embedded_suites():
    def ids(suite, label):
        planned = plans(*load_suite(suite, {"method.backbone.weights": "random"}))
        return [plan.run_id(DATA) for plan in planned if plan.label == label]

    assert ids("embedded", "next") == ids("embedded_ablation", "(d)")
    assert len(set(ids("embedded", "next"))) == 3


def test_resolved_settings_hold_no_folder_of_this_machine(tiny, tmp_path):
    weights, captions = tmp_path / "clip.safetensors", tmp_path / "text"
    plan = tiny.plan(method__backbone__weights=str(weights))
    plan = replace(plan, benchmark="rgbnt201", benchmark_settings=Rgbnt201Settings(captions=str(captions)))
    text = json.dumps(plan.resolved())
    assert str(tmp_path) not in text
    assert "clip.safetensors" in text
    assert plan.resolved()["benchmark"]["captions"] == "text"


class Data(SimpleNamespace):
    """A benchmark as far as a plan looks at it before a run."""


def fake_data(plan, identities=10, has_captions=True):
    facts = SimpleNamespace(name="made", spec=SimpleNamespace(image_size=plan.benchmark_settings.image_size))
    return Data(facts=facts, has_captions=has_captions, counts={"train": {"identities": identities}})


def problem(plan, **data):
    """What keeps a plan from being run; nothing where it can be."""
    try:
        plan.check(fake_data(plan, **data))
    except InputError as error:
        return str(error)
    return ""


def test_a_plan_that_can_run_passes(tiny):
    for label in ("baseline", "next"):
        assert problem(tiny.plan(label), identities=4) == ""
    plan = tiny.plan("next", **{"method__text": {"in_training": False, "at_test": False}}, runs=[{"method": "next"}])
    assert problem(plan, has_captions=False) == ""


@pytest.mark.parametrize(
    ("label", "changes", "data", "message"),
    [
        ("next", {}, {"has_captions": False}, "tiny: next: next needs captions and synthetic_person has none here; .*--only"),
        (
            "baseline",
            {"method__caption_feature": True},
            {"has_captions": False},
            "baseline needs captions and synthetic_person",
        ),
        ("baseline", {"data__train_missing": ["IR"]}, {}, "tiny: baseline: data.train_missing: unknown modality 'IR'"),
        ("baseline", {"data__test_missing": ["TIR", "NIR", "RGB"]}, {}, "data.test_missing: all modalities are missing"),
        ("baseline", {"data__shuffle_captions": True}, {"has_captions": False}, "data.shuffle_captions: .* has no captions"),
        ("baseline", {}, {"identities": 3}, "3 training identities are fewer than the 4 of a batch; lower data.identities_per"),
        ("baseline", {"benchmark__image_size": [60, 32]}, {}, "image size 60 x 32 is not divisible by the patch of 8 pixels"),
        ("baseline", {"method__backbone__weights": "/none/x.pt"}, {}, "/none/x.pt: no such weight file"),
        (
            "baseline",
            {"evaluation": {"epoch_rule": "best-on-test", "every": 0}},
            {},
            "best-on-test needs evaluation.every of 1",
        ),
        (
            "baseline",
            {"schedule__precision": "fp16"},
            {},
            "schedule.precision fp16 needs --device cuda; on a CPU use fp32 or bf16",
        ),
        ("baseline", {"evaluation__epoch_rule": "best-on-validation"}, {}, "needs data.validation_identities of 1 or more"),
        (
            "baseline",
            {"evaluation__epoch_rule": "best-on-validation", "data__validation_identities": 7},
            {},
            "3 training identities are fewer than the 4",
        ),
    ],
)
def test_a_plan_that_cannot_run_is_refused_before_anything_runs(tiny, label, changes, data, message):
    assert re.search(message, problem(tiny.plan(label, **changes), **data))


def test_names_of_methods_and_variants(tiny):
    assert tiny.plan().name == "baseline"
    assert tiny.plan("baseline:reduced", runs=[{"method": "baseline", "variant": "reduced"}]).name == "baseline:reduced"


def test_conditions_stand_in_the_resolved_config_one_by_one(tiny):
    plan = tiny.plan(evaluation__conditions=["missing", "NIR:blur:2", "missing:RGB"])
    texts = [condition.text for condition in plan.evaluation.conditions]
    assert len(texts) == 7
    assert texts[-1] == "NIR:blur:2"
    assert plan.resolved()["evaluation"]["conditions"] == texts
    assert run_id(tiny, evaluation__conditions=texts) == plan.run_id(DATA)
    assert run_id(tiny, evaluation__conditions="missing,NIR:blur:2") == plan.run_id(DATA)


def test_a_condition_that_cannot_be_is_told_with_its_place(tiny):
    with pytest.raises(
        InputError, match="tiny: evaluation.conditions: unknown kind of degradation 'blurr'; did you mean 'blur'"
    ):
        tiny.plan(evaluation__conditions=["NIR:blurr:2"])


def test_other_degradations_make_another_run_where_something_is_degraded(tiny, monkeypatch):
    whole, changes = run_id(tiny), [{"data__test_degraded": ["NIR:blur:1"]}, {"evaluation__conditions": "degraded:NIR"}]
    missing, before = run_id(tiny, evaluation__conditions="missing"), [run_id(tiny, **each) for each in changes]
    monkeypatch.setattr("harness.plan.DEGRADATIONS_VERSION", 0)
    assert (run_id(tiny), run_id(tiny, evaluation__conditions="missing")) == (whole, missing)
    assert not set(before) & {run_id(tiny, **each) for each in changes}


def test_a_run_is_shown_by_row_benchmark_and_seed(tiny):
    assert tiny.plan("baseline", 3).shown == "baseline on synthetic_person, seed 3"


def test_corrupted_captions_are_what_a_run_reads_and_what_its_fingerprint_is_of(tiny):
    clean, noisy, noisier = (tiny.plan(data__word_quality=quality).load_benchmark(None, None) for quality in (1.0, 0.7, 0.35))
    assert len({each.caption_fingerprint for each in (clean, noisy, noisier)}) == 3
    assert clean.split_fingerprint == noisy.split_fingerprint
    for split in ("train", "query"):
        pairs = zip(getattr(clean, split).samples, getattr(noisy, split).samples, strict=True)
        assert all(before.captions != after.captions for before, after in pairs)


def test_files_that_were_corrupted_are_read_as_the_setting_makes_them(tiny, tree, tmp_path):
    def fingerprint(quality=1.0, captions=None):
        plan = tiny.plan(data__word_quality=quality)
        plan = replace(plan, benchmark="rgbnt201", benchmark_settings=Rgbnt201Settings(captions=captions))
        return plan.load_benchmark(tree, None).caption_fingerprint

    corrupt_folder(tree / "RGBNT201" / "text", tmp_path / "noisy", 0.35)
    assert fingerprint(captions=str(tmp_path / "noisy")) == fingerprint(quality=0.35) != fingerprint()
