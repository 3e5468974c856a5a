from types import SimpleNamespace

import pytest
import torch
from torch import nn

from benchmarks.batch import BatchSpec
from harness import profiling
from harness.efficiency.training_step import made_caption, measure_training, training_batch, with_texts
from harness.schedules import Schedule, make_optimizer
from methods.base import Method

SPEC = BatchSpec(identities=5, cameras=2, image_size=(8, 4))
CPU = torch.device("cpu")


class Toy(Method):
    """Keeps the batches it was trained on."""

    test_feature = "toy"

    def __init__(self):
        super().__init__(None, SPEC)
        self.weight = nn.Parameter(torch.ones(3))
        self.batches, self.dtypes = [], []

    def losses(self, batch):
        self.batches.append(batch)
        feature = nn.functional.linear(batch.images.flatten(3).mean(dim=(1, 3)), self.weight[None])
        self.dtypes.append(feature.dtype)
        return {"one": feature.float().square().mean(), "two": self.weight.square().sum()}

    def embed(self, batch):
        return batch.images.flatten(1)

    def parameter_groups(self, rates):
        return [{"name": "weights", "params": [self.weight], "lr": rates.base, "weight_decay": 0.0}]


def train(method, **changes):
    values = {"identities": 3, "images": 2, "precision": "fp32", "warmup": 1, "repeats": 3, "compiled": False, **changes}
    return measure_training(method, SPEC, Schedule(optimizer="sgd"), **values)


def test_a_step_says_what_was_measured_and_trains(monkeypatch):
    clock = iter([0.0, 200.0, 202.0, 300.0, 305.0, 400.0, 401.0])  # the end of the warm-up is not looked at
    monkeypatch.setattr(profiling, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    method = Toy()
    found = train(method)
    assert (found.seconds, found.triplets_per_second) == (2.0, 3.0)
    assert (found.identities, found.images, found.precision, found.optimizer) == (3, 2, "fp32", "sgd")
    assert (found.warmup, found.repeats) == (1, 3)
    assert len(method.batches) == 4
    assert (method.weight < 1).all()
    assert method.training


def test_each_step_sees_texts_that_no_step_before_it_saw():
    method = Toy()
    train(method, identities=4, images=2)
    texts = [caption for batch in method.batches for of_sample in batch.captions for caption in of_sample]
    assert len(texts) == len(set(texts)) == 4 * 8 * 3
    keys = torch.cat([batch.draw for batch in method.batches])
    assert len(keys.unique()) == 4 * 8
    assert (keys >= 0).all()


def test_a_batch_has_identities_times_images_and_is_whole():
    batch = with_texts(training_batch(SPEC, 3, 2, CPU), 7)
    assert batch.images.shape == (6, 3, 3, 8, 4)
    assert batch.identity.tolist() == [0, 0, 1, 1, 2, 2]
    assert batch.present.all()
    assert batch.camera.max() < 2
    assert (len(batch.captions), len(batch.captions[0])) == (6, 3)


def test_captions_are_plausible_and_repeat():
    assert made_caption(1, 2) == made_caption(1, 2) != made_caption(2, 1)
    text = " ".join(made_caption(0))
    assert "{" not in text
    assert 40 <= len(text.split()) <= 55
    assert all(sentence.endswith(".") for sentence in made_caption(0))


def test_the_precision_is_that_of_the_losses():
    method = Toy()
    train(method, precision="bf16")
    assert set(method.dtypes) == {torch.bfloat16}


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_optimiser_of_a_schedule(name, kind):
    schedule = Schedule(optimizer=name)
    optimizer = make_optimizer(schedule, Toy().parameter_groups(schedule.rates))
    assert type(optimizer) is kind
    assert optimizer.param_groups[0]["lr"] == schedule.rates.base
    assert optimizer.param_groups[0].get("momentum", 0.9) == 0.9
