import getpass
import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from harness.checkpoints import TrainingState, read_checkpoint
from harness.pictures import read_pictures
from harness.place import Place
from harness.records import QueryResults, read_queries, read_record, record_path, result_digest
from harness.row_checks import check_same_queries, check_same_split
from harness.run import execute
from methods.baseline import Baseline
from methods.next import Next

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself
LABELS = ["baseline", "next"]
CLASSES = {"baseline": Baseline, "next": Next}


def folder_of(work, record):
    return work / "runs" / record.id


@pytest.mark.parametrize("label", LABELS)
def test_the_same_seed_gives_the_same_record_and_the_same_bytes(tiny, trained, work, label):
    first = getattr(trained, label)
    record = tiny.execute(first.plan, work)
    assert record.result_digest == first.record.result_digest
    path = record_path(work, record.id)
    assert path.with_suffix(".npz").read_bytes() == first.path.with_suffix(".npz").read_bytes()
    varying = {"throughput", "memory", "durations", "environment"}
    assert record.model_dump(exclude=varying) == first.record.model_dump(exclude=varying)
    weights = [read_checkpoint(folder / "model.pt")["model"] for folder in (folder_of(work, record), first.checkpoint.parent)]
    assert all(np.array_equal(weights[0][name].numpy(), weights[1][name].numpy()) for name in weights[0])


def test_another_seed_gives_another_record(tiny, trained, work):
    record = tiny.execute(tiny.plan(seed=1), work)
    assert record.id != trained.baseline.record.id
    assert record.result_digest != trained.baseline.record.result_digest
    assert record.metrics.mAP != trained.baseline.record.metrics.mAP
    assert record.split_fingerprint == trained.baseline.record.split_fingerprint


def interrupt(*moment):
    """A listener that stops the run at a moment (phase, epochs done)."""

    def report(phase, done, total, text):
        if (phase, done) == moment:
            raise KeyboardInterrupt

    return report


@pytest.mark.parametrize(
    ("label", "moment"),
    [("baseline", ("train", 1)), ("baseline", ("train", 2)), ("baseline", ("profile", 0)), ("next", ("train", 1))],
    ids=str,
)
def test_a_stop_and_a_resume_give_the_record_of_an_undisturbed_run(tiny, trained, work, label, moment):
    undisturbed = getattr(trained, label)
    with pytest.raises(KeyboardInterrupt):
        tiny.execute(undisturbed.plan, work, interrupt(*moment))
    assert not record_path(work, undisturbed.record.id).exists()
    told = []
    record = tiny.execute(undisturbed.plan, work, lambda *progress: told.append(progress[:2]))
    assert record.result_digest == undisturbed.record.result_digest
    assert told == [("train", 2), ("test", 0), ("profile", 0)][(moment != ("train", 1)) :]


@pytest.mark.parametrize("label", LABELS)
def test_a_stop_in_the_middle_of_an_epoch_gives_the_record_of_an_undisturbed_run(tiny, trained, work, label, monkeypatch):
    undisturbed, cls = getattr(trained, label), CLASSES[label]
    losses, calls = cls.losses, []

    def stop(self, batch):
        calls.append(1)
        if len(calls) == 7:  # the second step of the second epoch, or later in it
            raise KeyboardInterrupt
        return losses(self, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cls, "losses", stop)
        tiny.execute(undisturbed.plan, work)
    assert [path.name for path in folder_of(work, undisturbed.record).glob("state-*")] == ["state-0001.pt"]
    assert tiny.execute(undisturbed.plan, work).result_digest == undisturbed.record.result_digest


def test_a_stop_while_the_results_are_written_gives_the_record_of_an_undisturbed_run(tiny, trained, work, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("harness.run.write_record", stop)
        tiny.execute(trained.baseline.plan, work)
    assert tiny.execute(trained.baseline.plan, work).result_digest == trained.baseline.record.result_digest


def test_texts_that_were_encoded_before_give_the_same_record(tiny, trained, tmp_path, cache):
    """The cache of texts that the other runs share is left out here, that of pictures is not."""
    work = tmp_path / "work"
    (work / "cache").mkdir(parents=True)
    for path in cache.glob("*.npy"):
        (work / "cache" / path.name).symlink_to(path)
    first = tiny.execute(trained.next.plan, work)
    assert list((work / "cache" / "text").glob("*.sqlite"))
    assert first.result_digest == trained.next.record.result_digest


def test_the_digest_is_that_of_the_record_and_its_queries(trained):
    for label in LABELS:
        row = getattr(trained, label)
        assert read_record(row.path) == row.record
        assert result_digest(row.record, row.queries) == row.record.result_digest


def test_a_finished_run_leaves_weights_pictures_and_a_record_and_no_states(trained):
    record = trained.next.record
    assert {path.name for path in folder_of(trained.work, record).iterdir()} == {"model.pt"}
    assert TrainingState(folder_of(trained.work, record), record.id).load() is None
    assert read_pictures(trained.work, record.id).query_images.shape[0] == 2


def test_the_record_says_what_was_run(trained):
    row = trained.next
    record, plan, benchmark = row.record, row.plan, row.benchmark
    assert (record.suite, record.label, record.method, record.variant, record.seed) == ("tiny", "next", "next", "default", 0)
    assert record.settings == json.loads(json.dumps(plan.resolved()))
    assert record.id == plan.run_id(benchmark)
    assert (record.split_fingerprint, record.caption_fingerprint) == (
        benchmark.split_fingerprint,
        benchmark.caption_fingerprint,
    )
    assert record.weights_fingerprint == "random"
    assert record.counts["train"] == {"samples": 40, "identities": 10, "cameras": 4}
    assert record.counts["query"] == record.counts["gallery"]
    assert (record.epoch_rule, record.epoch) == ("last", 2)
    assert record.test_feature == "fused"
    assert record.embedding_size == 3 * 48
    assert record.captions.captions == 3 * 40
    assert record.captions.over_context == 0
    assert trained.baseline.record.captions is None
    assert record.patches == 8 * 4
    assert trained.baseline.record.patches == 0


def test_the_record_holds_the_learning_curve_and_what_the_method_says_of_itself(trained):
    record = trained.next.record
    assert [entry.epoch for entry in record.history] == [1, 2]
    assert record.history[-1].metrics == record.metrics
    assert record.history[0].metrics is not None
    modalities = ("RGB", "NIR", "TIR")
    names = {f"{kind}/E{expert}/{m}" for kind in ("kept", "flips", "structure") for expert in (1, 2, 3) for m in modalities}
    assert set(record.monitors) == names
    assert set(record.history[0].monitors) == names
    assert set(record.history[0].gradients) == {"tmse.router", "tmse.modulation", "csse.router"}
    assert all(value > 0 for value in record.history[0].gradients.values())
    for modality in modalities:
        assert sum(record.monitors[f"structure/E{expert}/{modality}"] for expert in (1, 2, 3)) == pytest.approx(1, abs=1e-5)
    assert set(record.durations) == {"prepare", "train", "embed", "rank", "profile", "total"}
    assert all(seconds >= 0 for seconds in record.durations.values())


def test_the_metrics_are_those_of_the_queries(trained):
    queries, metrics = trained.baseline.queries, trained.baseline.record.metrics
    assert queries.average_precision.mean() == pytest.approx(metrics.mAP, abs=1e-12)
    assert (queries.first_hit <= 5).mean() == pytest.approx(metrics.R5)
    assert set(QueryResults.model_fields) == set(queries.model_dump())
    assert queries.identity.tolist() == trained.baseline.benchmark.query.identities.tolist()


def test_records_and_states_say_nothing_of_this_machine(trained):
    for text in (trained.next.path.read_text(), json.dumps(read_checkpoint(trained.next.checkpoint)["settings"])):
        for secret in (str(trained.work), str(Path.home()), str(Path.cwd()), socket.gethostname()):
            assert secret not in text or len(secret) < 3
        assert f"/{getpass.getuser()}/" not in text


def test_an_epoch_chosen_on_held_out_identities_is_judged_on_them_alone(tiny, work):
    plan = tiny.plan(
        "next", seed=0, evaluation__epoch_rule="best-on-validation", data__validation_identities=3, schedule__epochs=3
    )
    record = tiny.execute(plan, work)
    scores = [entry.metrics.mAP for entry in record.history]
    assert record.epoch == 1 + int(np.argmax(scores))
    assert [entry.metrics.queries for entry in record.history] == [3 * 4] * 3
    assert record.metrics.queries == 40
    assert record.metrics != record.history[record.epoch - 1].metrics
    assert record.counts["train"]["identities"] == 10
    classifier = read_checkpoint(folder_of(work, record) / "model.pt")["spec"]
    assert classifier["identities"] == 7
    assert not (folder_of(work, record) / "best.pt").exists()


def test_an_epoch_chosen_on_the_test_split_is_the_best_one_and_said_so(tiny, work):
    record = tiny.execute(tiny.plan(evaluation__epoch_rule="best-on-test", schedule__epochs=3), work)
    scores = [entry.metrics.mAP for entry in record.history]
    assert record.epoch_rule == "best-on-test"
    assert record.epoch == 1 + int(np.argmax(scores))
    assert record.metrics == record.history[record.epoch - 1].metrics


def test_a_run_is_re_ranked_from_the_first_epoch_on_where_its_plan_says_so(tiny, trained, work):
    record = tiny.execute(tiny.plan(evaluation__rerank={}), work)
    expected = trained.baseline.record
    assert record.history[0].losses == expected.history[0].losses
    assert record.reranked
    assert not expected.reranked
    assert all(mine.metrics != theirs.metrics for mine, theirs in zip(record.history, expected.history, strict=True))
    assert record.metrics == record.history[-1].metrics
    assert read_pictures(work, record.id) is None  # they would show another ranking


def test_modalities_that_are_missing_at_test_show(tiny, trained, work):
    plan = tiny.plan(data__test_missing=["TIR"], profile__pictures=0)
    record = tiny.execute(plan, work)
    assert record.history[0].losses == trained.baseline.record.history[0].losses
    assert record.metrics != trained.baseline.record.metrics
    assert read_pictures(work, record.id) is None


def test_throughput_is_measured_where_it_is_asked_for(tiny, trained, work):
    record = tiny.execute(tiny.plan(profile__throughput=False), work)
    assert record.throughput is None
    measured = trained.baseline.record.throughput
    assert (measured.batch, measured.repeats, measured.concurrent_runs, measured.threads) == (2, 1, 1, 1)


def test_data_that_changed_since_the_suite_was_started_is_told(tiny, work):
    plan = tiny.plan()
    run_id = plan.run_id(tiny.plan(benchmark__draw=1).load_benchmark(None, None))
    with pytest.raises(InputError, match="synthetic_person: the data changed since the suite was started; start it again"):
        execute(plan, run_id, Place(work), lambda *_: None)


def test_cuda_that_is_absent_is_told(tiny, work):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(InputError, match="--device cuda: torch sees no CUDA device here"):
        tiny.execute(replace(tiny.plan(), device="cuda"), work)


def test_controls_keep_the_split_and_the_fingerprints_of_the_data(tiny, trained, work):
    """A control is told by its settings; its rows stand in one table with the others."""
    first = trained.baseline
    for control in ("shuffle_test_identities", "shuffle_captions"):
        record = tiny.execute(tiny.plan(**{f"data__{control}": True}), work)
        assert record.id != first.record.id
        assert record.settings["data"][control] is True
        assert record.split_fingerprint == first.record.split_fingerprint
        assert record.caption_fingerprint == first.record.caption_fingerprint
        queries = read_queries(record_path(work, record.id))
        check_same_split("tiny", [first.record, record])
        check_same_queries([(first.record, first.queries), (record, queries)])
        assert record.metrics.chance_mAP == first.record.metrics.chance_mAP
        assert record.history[0].losses == first.record.history[0].losses
        kept = read_pictures(work, record.id)
        if control == "shuffle_captions":
            assert record.metrics == first.record.metrics  # the baseline reads no captions
            assert kept.query_names.tolist() == read_pictures(trained.work, first.record.id).query_names.tolist()
            assert kept.query_captions.tolist() != read_pictures(trained.work, first.record.id).query_captions.tolist()
        else:
            assert record.metrics.mAP != first.record.metrics.mAP
            assert kept is None


def test_captions_of_others_change_what_reads_captions(tiny, work):
    settings = {"method__caption_feature": True, "schedule__epochs": 1, "profile__throughput": False}
    records = [tiny.execute(tiny.plan(data__shuffle_captions=each, **settings), work) for each in (False, True)]
    assert records[0].metrics != records[1].metrics
    assert records[0].history[0].losses != records[1].history[0].losses
    assert records[0].captions == records[1].captions
    assert records[0].captions.captions == 3 * 40


def test_corrupted_words_are_no_other_split_and_other_captions(tiny, work):
    settings = {"method__caption_feature": True, "schedule__epochs": 1, "profile__throughput": False}
    clean, noisy = (tiny.execute(tiny.plan(data__word_quality=quality, **settings), work) for quality in (1.0, 0.35))
    check_same_split("tiny", [clean, noisy])
    assert clean.caption_fingerprint != noisy.caption_fingerprint
    assert clean.metrics != noisy.metrics
    assert clean.history[0].losses != noisy.history[0].losses


def test_rows_on_other_images_of_one_split_stand_in_one_table(trained):
    """What another drawing of the same split changes is the captions and the pictures, not names, identities and cameras."""
    row = trained.baseline
    other = row.record.model_copy(update={"caption_fingerprint": "f" * 64, "label": "other images"})
    assert check_same_split("tiny", [row.record, other]) is None
    with pytest.raises(InputError, match="saw different splits"):
        check_same_split("tiny", [row.record, other.model_copy(update={"split_fingerprint": "f" * 64})])


CONDITIONS = ["missing", "NIR:noise:3"]
SIX = ["missing:RGB", "missing:NIR", "missing:TIR", "missing:RGB+NIR", "missing:RGB+TIR", "missing:NIR+TIR"]


@pytest.fixture(scope="module")
def disturbed(tiny, trained, tmp_path_factory, cache):
    """Records of the same rows that are tested under conditions as well; by label."""
    work = tiny.make_work(tmp_path_factory.mktemp("disturbed") / "work", cache)
    return {label: tiny.execute(tiny.plan(label, evaluation__conditions=CONDITIONS), work) for label in LABELS}


@pytest.mark.parametrize("label", LABELS)
def test_conditions_leave_everything_else_as_it_is(trained, disturbed, label):
    plain, record = getattr(trained, label).record, disturbed[label]
    assert record.id != plain.id
    assert record.result_digest != plain.result_digest
    varying = {"id", "settings", "conditions", "throughput", "memory", "durations", "environment", "result_digest"}
    assert record.model_dump(exclude=varying) == plain.model_dump(exclude=varying)
    assert set(record.durations) - set(plain.durations) == {"conditions"}
    assert plain.conditions == {}


@pytest.mark.parametrize("label", LABELS)
def test_each_condition_has_the_metrics_of_its_own(disturbed, label):
    record = disturbed[label]
    assert list(record.conditions) == [*SIX, "NIR:noise:3"]
    assert record.missing_filling == "zeros"
    assert len({metrics.mAP for metrics in [*record.conditions.values(), record.metrics]}) == 8
    for metrics in record.conditions.values():
        assert (metrics.queries, metrics.chance_mAP) == (record.metrics.queries, record.metrics.chance_mAP)


def test_a_missing_modality_as_a_condition_is_that_of_a_run_tested_without_it(tiny, disturbed, work):
    for missing, text in ((["TIR"], "missing:TIR"), (["NIR", "RGB"], "missing:RGB+NIR")):
        record = tiny.execute(tiny.plan(data__test_missing=missing, profile__pictures=0), work)
        assert record.metrics == disturbed["baseline"].conditions[text]
    record = tiny.execute(tiny.plan(data__test_degraded=["NIR:noise:3"], profile__pictures=0), work)
    assert record.metrics == disturbed["baseline"].conditions["NIR:noise:3"]


def test_a_stop_between_conditions_gives_the_record_of_an_undisturbed_run(tiny, disturbed, work):
    plan, told = tiny.plan(evaluation__conditions=CONDITIONS), []
    with pytest.raises(KeyboardInterrupt):
        tiny.execute(plan, work, interrupt("test", 3))
    record = tiny.execute(plan, work, lambda *progress: told.append(progress))
    assert record.result_digest == disturbed["baseline"].result_digest
    assert told[0] == ("test", 0, 0, "")
    assert [progress[1:] for progress in told[1:4]] == [(0, 7, "M(RGB)"), (1, 7, "M(NIR)"), (2, 7, "M(TIR)")]
    assert told[-1] == ("profile", 0, 0, "")


def test_other_conditions_are_tested_on_the_weights_that_are_there(tiny, disturbed, work, monkeypatch):
    first = tiny.execute(tiny.plan(), work)
    monkeypatch.setattr("harness.run.train", lambda training: pytest.fail("trained again"))
    told = []
    plan = tiny.plan(evaluation__conditions=CONDITIONS, profile__pictures=0)
    record = tiny.execute(plan, work, lambda *progress: told.append(progress))
    assert ("train", 2, 2, f"trained before, in run {first.id[:12]}") in told
    assert record.conditions == disturbed["baseline"].conditions
    assert (record.metrics, record.history, record.epoch) == (first.metrics, first.history, first.epoch)
    assert record.training_id == first.training_id
    assert record.durations["train"] == first.durations["train"]


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"schedule__epochs": 1}, {"data__test_missing": ["TIR"]}, {"evaluation__every": 2}]
)
def test_what_decides_the_weights_or_the_curve_trains_again(tiny, trained, change):
    plan = tiny.plan(**change)
    assert plan.training_id(plan.load_benchmark(None, None)) != trained.baseline.record.training_id


def test_where_no_epoch_is_judged_the_test_decides_nothing_of_the_training(tiny):
    def training_id(**change):
        plan = tiny.plan(evaluation__every=0, **change)
        return plan.training_id(plan.load_benchmark(None, None))

    test_alone = [{"data__test_missing": ["TIR"]}, {"data__test_degraded": ["NIR:blur:1"]}, {"evaluation__rerank": {"k1": 5}}]
    assert {training_id(**change) for change in test_alone} == {training_id()}
    assert training_id(data__train_missing=["TIR"]) != training_id()


def test_weights_that_are_damaged_are_trained_again(tiny, trained, work):
    first = tiny.execute(tiny.plan(), work)
    path = folder_of(work, first) / "model.pt"
    path.write_bytes(path.read_bytes()[:1000])
    record = tiny.execute(tiny.plan(profile__pictures=0), work)
    assert record.metrics == first.metrics
    assert read_checkpoint(folder_of(work, record) / "model.pt")


def test_the_filling_that_a_method_declares_stands_in_its_record(tiny, work, registry):
    class Reconstructs(Baseline):
        missing_filling = "reconstruction"

    registry.register("reconstructs")(Reconstructs)
    plan = replace(tiny.plan(schedule__epochs=1, profile__throughput=False), method="reconstructs")
    assert tiny.execute(plan, work).missing_filling == "reconstruction"


def test_captions_of_a_missing_modality_are_withheld_unless_they_are_kept(tiny, work):
    """With captions as a feature, a method that keeps them knows more of what it does not see."""
    settings = {"method__caption_feature": True, "evaluation__conditions": ["missing:RGB"], "profile__throughput": False}
    records = {each: tiny.execute(tiny.plan(data__missing_captions=each, **settings), work) for each in ("withheld", "kept")}
    assert records["withheld"].metrics == records["kept"].metrics
    assert records["withheld"].conditions["missing:RGB"] != records["kept"].conditions["missing:RGB"]


def test_next_trains_and_tests_without_a_modality_and_its_captions(tiny, work):
    record = tiny.execute(
        tiny.plan("next", data__train_missing=["RGB"], data__test_missing=["RGB"], profile__pictures=0, schedule__epochs=1),
        work,
    )
    assert 0 < record.metrics.mAP < 1
