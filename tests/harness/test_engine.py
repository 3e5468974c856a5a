import copy
import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from benchmarks import loading
from benchmarks.base import Benchmark, Facts, Sample, Split
from benchmarks.common.errors import InputError
from benchmarks.loading import DataSettings, train_loader
from benchmarks.protocol import Protocol
from harness.checkpoints import TrainingState
from harness.engine import BEST, Training, train
from harness.evaluation import evaluate
from harness.records import Metrics
from harness.schedules import Schedule, learning_rate
from methods.base import LearningRates, Method, split_groups

SIZE = (8, 4)
DATA = DataSettings(identities_per_batch=3, images_per_identity=2, test_batch=7)


class Noise:
    """Reads made images, a function of the position."""

    def __call__(self, index):
        return list(np.random.default_rng(index).integers(256, size=(3, *SIZE, 3), dtype=np.uint8))


def made_benchmark(identities=6, images=4):
    samples = [Sample(f"{i}_{k}", i, k % 2, 0) for i in range(identities) for k in range(images)]
    split = Split(tuple(samples), Noise())
    return Benchmark(Facts("made", "person", identities, 2, SIZE, Protocol.CAMERA), split, split, split)


class Toy(Method):
    """A layer with dropout and a classifier; everything that a method can log."""

    test_feature = "toy"

    def __init__(self, dropout=0.5, seed=0):
        super().__init__(None, made_benchmark().facts.spec)
        torch.manual_seed(seed)
        self.tower = nn.Linear(3 * 3 * SIZE[0] * SIZE[1], 12)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(12, 6)
        self.idle = nn.Parameter(torch.ones(2))
        self.stop_at = math.inf
        self.steps = 0

    def embed(self, batch):
        return self.tower(batch.images.flatten(1))

    def losses(self, batch):
        self.steps += 1
        if self.steps > self.stop_at:
            raise KeyboardInterrupt
        feature = self.dropout(self.embed(batch))
        return {"identity": F.cross_entropy(self.classifier(feature), batch.identity), "size": 0.01 * feature.square().mean()}

    def monitors(self):
        return {"step": torch.tensor(float(self.steps))}

    def watched_parameters(self):
        return {"tower": self.tower.parameters(), "idle": [self.idle]}

    def parameter_groups(self, rates):
        return split_groups(self.named_parameters(), rates, visual=self.tower.parameters())


pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself

RATES = LearningRates(base=1e-2, visual=5e-3, bias_factor=1.5, weight_decay=1e-3)
SCHEDULE = Schedule(epochs=4, warmup_epochs=2, rates=RATES)


def make(folder, method=None, schedule=SCHEDULE, data=DATA, **changes):
    benchmark = made_benchmark()
    values = {
        "run_id": "run",
        "seed": 3,
        "epoch_rule": "last",
        "evaluate": lambda current: evaluate(current, benchmark, data).ranking.metrics(),
        "evaluate_every": 1,
        "report": lambda *_: None,
        **changes,
    }
    return Training(
        method=method or Toy(),
        loader=train_loader(benchmark, data, values["seed"]),
        schedule=schedule,
        folder=folder,
        **values,
    )


def run(training):
    """Train as a run does: its seeds are set just before."""
    torch.manual_seed(training.seed)
    return train(training)


def outcome(training):
    """Everything that training leaves, to the bit."""
    weights = {name: value.tolist() for name, value in training.method.state_dict().items()}
    return weights, [entry.model_dump() for entry in training.history]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    training = make(tmp_path_factory.mktemp("run"))
    assert run(training) == 4
    return training


def test_the_same_seed_gives_the_same_training_to_the_bit(undisturbed, tmp_path):
    again = make(tmp_path)
    run(again)
    assert outcome(again) == outcome(undisturbed)


def test_another_seed_gives_another_training(undisturbed, tmp_path):
    other = make(tmp_path, seed=4)
    run(other)
    assert outcome(other) != outcome(undisturbed)


@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_a_stop_after_an_epoch_does_not_show_after_a_resume(undisturbed, tmp_path, epoch):
    def stop(done, epochs, text):
        if done == epoch:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path, report=stop))
    torch.rand(7)  # another process has drawn other numbers by now
    resumed = make(tmp_path, method=Toy(seed=9))
    run(resumed)
    assert resumed.method.steps == sum(steps_of_epochs(resumed)[epoch:])
    del resumed.history[:epoch]  # the step counter of the toy starts anew
    first, second = outcome(resumed), outcome(undisturbed)
    assert first[0] == second[0]
    for mine, theirs in zip(first[1], second[1][epoch:], strict=True):
        assert {**mine, "monitors": 0} == {**theirs, "monitors": 0}


def test_the_history_before_a_stop_is_kept(undisturbed, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path, method=stopping_in_epoch(3)))
    resumed = make(tmp_path)
    run(resumed)
    assert [entry.epoch for entry in resumed.history] == [1, 2, 3, 4]
    assert resumed.history[:2] == undisturbed.history[:2]
    assert resumed.seconds > 0


def steps_of_epochs(training):
    """Number of steps of each epoch, which depends on the draw of the sampler."""
    sampler, steps = training.loader.batch_sampler, []
    for epoch in range(1, 5):
        sampler.set_epoch(epoch)
        steps.append(len(sampler))
    return steps


def stopping_in_epoch(epoch):
    """A method that fails in the second step of an epoch."""
    method = Toy()
    method.stop_at = sum(steps_of_epochs(make("", method))[: epoch - 1]) + 1
    return method


class Looking(Toy):
    """Draws a number and goes through the training split before every epoch, as far as it is told to."""

    def __init__(self, batches=None, **options):
        super().__init__(**options)
        self.batches, self.seen = batches, []

    def on_epoch(self, epoch, training_set):
        images = [batch.images.sum().item() for batch in itertools.islice(training_set, self.batches)]
        self.seen.append((epoch, sum(images), torch.rand(1).item()))
        assert torch.is_autocast_enabled("cpu") == self.half

    half = False


def survey():
    benchmark = made_benchmark()
    return loading.test_loader(benchmark.train, SIZE, DATA)


def test_a_method_hears_of_every_epoch_and_may_look_at_the_training_split(tmp_path):
    training = make(tmp_path, method=Looking(), survey=survey)
    run(training)
    assert [epoch for epoch, _, _ in training.method.seen] == [1, 2, 3, 4]
    assert {images for _, images, _ in training.method.seen} == {sum(batch.images.sum().item() for batch in survey())}


def test_a_method_that_does_not_look_costs_nothing(tmp_path):
    read = []
    training = make(tmp_path, method=Looking(batches=0), survey=lambda: read.append(1) or [])
    run(training)
    assert len(training.method.seen) == 4
    assert not read


def test_a_look_is_in_the_precision_of_training(tmp_path):
    method = Looking()
    method.half = True
    run(make(tmp_path, method=method, survey=survey, schedule=SCHEDULE.model_copy(update={"precision": "bf16"})))
    assert len(method.seen) == 4


def test_a_resume_looks_again_and_draws_as_before(tmp_path):
    undisturbed = make(tmp_path / "undisturbed", method=Looking(), survey=survey)
    run(undisturbed)
    method = Looking()
    method.stop_at = sum(steps_of_epochs(undisturbed)[:2]) + 1
    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path / "run", method=method, survey=survey))
    torch.rand(7)
    resumed = make(tmp_path / "run", method=Looking(seed=9), survey=survey)
    run(resumed)
    assert resumed.method.seen == undisturbed.method.seen[2:]
    assert outcome(resumed)[0] == outcome(undisturbed)[0]


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_stop_in_the_middle_of_an_epoch_does_not_show_after_a_resume(undisturbed, tmp_path, epoch):
    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path, method=stopping_in_epoch(epoch)))
    resumed = make(tmp_path)
    run(resumed)
    assert outcome(resumed)[0] == outcome(undisturbed)[0]
    assert resumed.history[-1].metrics == undisturbed.history[-1].metrics


def test_a_damaged_state_is_told_and_the_one_before_taken(undisturbed, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path, method=stopping_in_epoch(4)))
    newest = tmp_path / "state-0003.pt"
    newest.write_bytes(newest.read_bytes()[:100])
    told = []
    resumed = make(tmp_path, report=lambda *progress: told.append(progress))
    run(resumed)
    assert told[0][:2] == (0, 4)
    assert told[0][2].startswith("passed over a damaged state")
    assert "state-0003.pt" in told[0][2]
    assert [done for done, _, _ in told] == [0, 3, 4]
    assert outcome(resumed)[0] == outcome(undisturbed)[0]


def test_a_finished_training_is_not_trained_again(undisturbed):
    again = make(undisturbed.folder, method=Toy(seed=9))
    assert run(again) == 4
    assert again.method.steps == 0
    assert outcome(again) == outcome(undisturbed)


def test_states_of_another_run_are_refused(undisturbed):
    with pytest.raises(InputError, match="the state of another run"):
        run(make(undisturbed.folder, run_id="another"))


def test_nothing_but_states_is_left_in_the_folder(undisturbed):
    assert sorted(path.name for path in undisturbed.folder.iterdir()) == ["latest.json", "state-0003.pt", "state-0004.pt"]


def test_states_load_without_running_code(undisturbed):
    values = torch.load(undisturbed.folder / "state-0004.pt", weights_only=True)
    assert {"model", "optimizer", "random", "history", "iteration"} <= set(values)


def test_every_epoch_draws_other_batches_and_other_numbers(undisturbed):
    losses = [entry.losses["total"] for entry in undisturbed.history]
    assert len(set(losses)) == 4


def test_losses_monitors_rates_and_metrics_are_logged(undisturbed):
    steps = steps_of_epochs(undisturbed)
    for entry in undisturbed.history:
        before, own = sum(steps[: entry.epoch - 1]), steps[entry.epoch - 1]
        assert set(entry.losses) == {"total", "identity", "size"}
        assert entry.losses["total"] == pytest.approx(entry.losses["identity"] + entry.losses["size"], rel=1e-5)
        assert entry.monitors == {"step": pytest.approx(before + (own + 1) / 2)}
        assert set(entry.gradients) == {"tower", "idle"}
        assert entry.gradients["idle"] == 0
        assert entry.gradients["tower"] > 0
        peaks = {"visual": 5e-3, "weights": 1e-2, "classifiers": 1e-2}
        assert entry.learning_rates == {name: learning_rate(SCHEDULE, peak, entry.epoch) for name, peak in peaks.items()}
        assert isinstance(entry.metrics, Metrics)


def test_what_is_logged_is_the_mean_over_the_steps_of_the_epoch(tmp_path):
    """One epoch by hand, gradient norms included."""
    training = make(tmp_path, method=Toy(dropout=0), schedule=Schedule(epochs=1, warmup_epochs=0, noise=False, rates=RATES))
    by_hand, optimizer = Toy(dropout=0), None
    optimizer = torch.optim.Adam(by_hand.parameter_groups(RATES))
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(training.schedule, group["lr"], 1)
    loader = make(tmp_path).loader
    loader.batch_sampler.set_epoch(1)
    losses, norms = [], []
    for batch in loader:
        optimizer.zero_grad()
        loss = sum(by_hand.losses(batch).values())
        loss.backward()
        losses.append(loss.item())
        norms.append(math.sqrt(sum(parameter.grad.square().sum().item() for parameter in by_hand.tower.parameters())))
        optimizer.step()
    run(training)
    (entry,) = training.history
    assert entry.losses["total"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert entry.gradients["tower"] == pytest.approx(np.mean(norms), rel=1e-5)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_optimisers_step_as_in_a_plain_loop(tmp_path, name):
    schedule = Schedule(optimizer=name, epochs=3, warmup_epochs=1, rates=RATES)
    training = make(tmp_path, method=Toy(dropout=0), schedule=schedule, evaluate_every=0)
    plain = Toy(dropout=0)
    groups = plain.parameter_groups(RATES)
    peaks = [group["lr"] for group in groups]
    optimizer = {
        "adam": lambda: torch.optim.Adam(groups),
        "adamw": lambda: torch.optim.AdamW(groups),
        "sgd": lambda: torch.optim.SGD(groups, momentum=0.9),
    }[name]()
    loader = make(tmp_path).loader
    for epoch in (1, 2, 3):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = learning_rate(schedule, peak, epoch)
        loader.batch_sampler.set_epoch(epoch)
        for batch in loader:
            optimizer.zero_grad()
            sum(plain.losses(batch).values()).backward()
            optimizer.step()
    run(training)
    for parameter, value in training.method.named_parameters():
        torch.testing.assert_close(value, dict(plain.named_parameters())[parameter], rtol=1e-5, atol=1e-6)


def run_with_workers(folder, **changes):
    """Train with a loader process, and end that process, which would otherwise wait for the collector of garbage."""
    training = make(folder, data=DATA.model_copy(update={"workers": 1}), **changes)
    try:
        run(training)
    finally:
        training.loader._iterator._shutdown_workers()
    return training


def test_workers_of_the_loader_do_not_change_the_training(undisturbed, tmp_path):
    parallel = run_with_workers(tmp_path)
    assert outcome(parallel) == outcome(undisturbed)


def test_a_stop_with_workers_does_not_show_after_a_resume(undisturbed, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_with_workers(tmp_path, method=stopping_in_epoch(3))
    resumed = run_with_workers(tmp_path)
    assert outcome(resumed)[0] == outcome(undisturbed)[0]


def test_looking_at_a_run_does_not_change_it(undisturbed, tmp_path):
    unseen = make(tmp_path, evaluate_every=0)
    run(unseen)
    assert outcome(unseen)[0] == outcome(undisturbed)[0]
    assert [entry.metrics for entry in unseen.history] == [None] * 4


@pytest.mark.parametrize(("every", "evaluated"), [(0, []), (1, [1, 2, 3, 4]), (2, [2, 4]), (3, [3, 4]), (9, [4])])
def test_epochs_are_evaluated_as_often_as_asked_and_at_the_end(tmp_path, every, evaluated):
    training = make(tmp_path, evaluate_every=every)
    run(training)
    assert [entry.epoch for entry in training.history if entry.metrics] == evaluated


class Judge:
    """An evaluation that gives written metrics and remembers the weights that it saw."""

    def __init__(self, *scores):
        self.scores = list(scores)
        self.seen = []

    def __call__(self, method):
        self.seen.append(copy.deepcopy(method.state_dict()))
        score = self.scores[len(self.seen) - 1]
        return Metrics(mAP=score, R1=0, R5=0, R10=0, mINP=0, queries=1, skipped_queries=0, tied_positives=0)


@pytest.mark.parametrize("rule", ["best-on-test", "best-on-validation"])
@pytest.mark.parametrize(
    ("scores", "best"),
    [([0.1, 0.4, 0.3, 0.2], 2), ([0.5, 0.4, 0.5, 0.5], 1), ([0.1, 0.2, 0.3, 0.4], 4), ([0.0, 0.0, 0.0, 0.0], 1)],
)
def test_the_weights_of_the_best_epoch_are_kept_the_earliest_of_equals(tmp_path, rule, scores, best):
    judge = Judge(*scores)
    training = make(tmp_path, epoch_rule=rule, evaluate=judge)
    assert run(training) == best
    for name, value in training.method.state_dict().items():
        assert torch.equal(value, judge.seen[best - 1][name])
    assert not torch.equal(judge.seen[0]["tower.weight"], judge.seen[1]["tower.weight"])
    assert [entry.metrics.mAP for entry in training.history] == scores


def test_the_last_epoch_is_kept_by_default_whatever_the_scores(tmp_path):
    judge = Judge(0.9, 0.1, 0.1, 0.1)
    training = make(tmp_path, evaluate=judge)
    assert run(training) == 4
    assert torch.equal(training.method.state_dict()["tower.weight"], judge.seen[3]["tower.weight"])
    assert not (tmp_path / BEST).exists()


def test_epochs_that_were_not_evaluated_cannot_be_the_best(tmp_path):
    judge = Judge(0.1, 0.2)
    training = make(tmp_path, epoch_rule="best-on-test", evaluate=judge, evaluate_every=3)
    assert run(training) == 4


def test_the_best_epoch_before_a_stop_is_still_known_after_a_resume(tmp_path):
    judge = Judge(0.1, 0.9)
    with pytest.raises(KeyboardInterrupt):
        run(make(tmp_path, method=stopping_in_epoch(3), epoch_rule="best-on-test", evaluate=judge))
    resumed = make(tmp_path, epoch_rule="best-on-test", evaluate=Judge(0.3, 0.4))
    assert run(resumed) == 2
    assert torch.equal(resumed.method.state_dict()["tower.weight"], judge.seen[1]["tower.weight"])


def test_half_precision_needs_a_gpu(tmp_path):
    with pytest.raises(InputError, match="schedule.precision fp16 needs --device cuda; on a CPU use fp32 or bf16"):
        run(make(tmp_path, schedule=SCHEDULE.model_copy(update={"precision": "fp16"})))


def test_bfloat16_runs_on_a_cpu_and_differs_a_little(undisturbed, tmp_path):
    training = make(tmp_path, schedule=SCHEDULE.model_copy(update={"precision": "bf16"}))
    run(training)
    weight, expected = training.method.tower.weight, undisturbed.method.tower.weight
    assert weight.dtype == torch.float32
    assert not torch.equal(weight, expected)
    torch.testing.assert_close(weight, expected, rtol=0.3, atol=0.03)


def test_the_progress_of_every_epoch_is_told(tmp_path):
    told = []
    training = make(tmp_path, evaluate=Judge(0.123, 0.5), evaluate_every=2, report=lambda *progress: told.append(progress))
    run(training)
    assert [progress[:2] for progress in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    losses = [f"loss {entry.losses['total']:.3f}" for entry in training.history]
    assert [progress[2] for progress in told] == [losses[0], f"{losses[1]}, mAP 12.3", losses[2], f"{losses[3]}, mAP 50.0"]


def test_parts_that_do_not_fit_a_state_are_named(undisturbed, tmp_path):
    values = TrainingState(undisturbed.folder, "run").load()
    del values["model"]["idle"], values["run_id"], values["epoch"], values["settings"], values["format"]
    TrainingState(tmp_path, "run").save(4, values)
    with pytest.raises(InputError, match="resume: the checkpoint lacks idle"):
        run(make(tmp_path))
