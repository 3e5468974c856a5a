from types import SimpleNamespace

import pytest
import torch
from torch import nn

from benchmarks.batch import BatchSpec
from harness import profiling
from harness.inspection import profile_methods
from harness.profiling import count_costs, count_parameters, measure_throughput, peak_memory, random_inputs
from methods.base import Method
from methods.text import TextEncoder

SPEC = BatchSpec(identities=5, cameras=2, image_size=(8, 4))
PIXELS = 3 * 8 * 4


class Tower(nn.Module):
    """A text tower as far as profiling sees it: 7 tokens to features of 6 numbers."""

    def __init__(self):
        super().__init__()
        self.context, self.size = 7, 6
        self.embedding = nn.Embedding(49408, 4)
        self.linear = nn.Linear(4, 6)
        self.requires_grad_(False)
        self.seen = []

    def forward(self, tokens):
        self.seen.append(tokens)
        return self.linear(self.embedding(tokens)).mean(dim=1)


class Toy(Method):
    """Parameters that are used in every way, or not at all."""

    test_feature = "toy"

    def __init__(self, text=False):
        super().__init__(None, SPEC)
        self.used = nn.Linear(PIXELS, 10)
        self.viewed = nn.Parameter(torch.zeros(4, 6))
        self.decides = nn.Parameter(torch.zeros(3))
        self.indexed = nn.Parameter(torch.zeros(2, 1))
        self.classifier = nn.Linear(10, 5)
        self.frozen = nn.Parameter(torch.zeros(7), requires_grad=False)
        self.unused_frozen = nn.Parameter(torch.zeros(11), requires_grad=False)
        self.text = TextEncoder(Tower()) if text else None
        self.batches = []

    test_text = property(lambda self: self.text)

    def losses(self, batch):
        return {"identity": self.classifier(self.embed(batch)).sum()}

    def embed(self, batch):
        self.batches.append(batch)
        feature = self.used(batch.images.flatten(2)).mean(dim=1)
        feature = feature + self.viewed[:2].t()[0, 0] + self.indexed[batch.camera]
        return torch.where((self.decides > 0).any(), feature, feature * self.frozen[0])

    def parameter_groups(self, rates):
        return []


USED = PIXELS * 10 + 10 + 24 + 3 + 2
CLASSIFIER = 55


def test_parameters_of_the_test_path_are_those_that_an_operator_reads():
    counts = count_parameters(Toy(), SPEC)
    assert counts.trainable == USED + CLASSIFIER
    assert counts.total == USED + CLASSIFIER + 7 + 11
    assert counts.test == USED + 7
    assert counts.test_trainable == USED


def test_a_parameter_that_is_only_viewed_or_only_decides_counts():
    class Without(Toy):
        def embed(self, batch):
            return self.used(batch.images.flatten(2)).mean(dim=1)

    without, counted = count_parameters(Without(), SPEC), count_parameters(Toy(), SPEC)
    assert counted.test - without.test == 24 + 3 + 2 + 7


def test_the_text_tower_counts_where_captions_are_encoded_at_test():
    counts = count_parameters(Toy(text=True), SPEC)
    assert counts.test == USED + 7 + 49408 * 4 + 30
    assert counts.test_trainable == USED


def test_costs_are_of_one_sample_with_all_modalities_and_captions():
    images = 3 * PIXELS * 10
    assert count_costs(Toy(), SPEC).attention == pytest.approx(images / 1e9)
    assert count_costs(Toy(text=True), SPEC).attention == pytest.approx((images + 3 * 7 * 4 * 6) / 1e9)


def test_whether_attention_is_in_the_published_cost_is_a_fact_of_the_method():
    class Attentive(Toy):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(PIXELS, 2, batch_first=True)

        def embed(self, batch):
            x = batch.images.flatten(2)
            return self.attention(x, x, x, need_weights=False)[0].flatten(1)

    class Inattentive(Attentive):
        published_counts_attention = False

    products = 2 * 3 * 3 * PIXELS
    softmax_and_scaling = 3 * PIXELS + 2 * 2 * 3 * 3
    with_attention, without = count_costs(Attentive(), SPEC), count_costs(Inattentive(), SPEC)
    assert with_attention.attention == without.attention
    assert 1e9 * (with_attention.published - without.published) == pytest.approx(products + softmax_and_scaling)


@pytest.mark.parametrize("count", [count_parameters, count_costs])
def test_counting_happens_on_the_device_of_the_method(count):
    """On the device without data, which refuses tensors of another one as CUDA does."""
    method = Toy(text=True).to("meta")
    count(method, SPEC)
    assert method.batches[0].images.device.type == "meta"
    assert method.text.tower.seen[0].device.type == "meta"


def test_inputs_have_the_shapes_of_the_benchmark_and_do_not_change():
    method = Toy(text=True)
    images, cameras, tokens = inputs = random_inputs(method, SPEC, 5)
    assert (images.shape, cameras.shape, tokens.shape) == ((5, 3, 3, 8, 4), (5,), (5, 3, 7))
    again = random_inputs(method, SPEC, 5)
    assert all(torch.equal(first, second) for first, second in zip(inputs, again, strict=True))
    assert len(random_inputs(Toy(), SPEC, 5)) == 2


def test_captions_fill_the_context_and_their_largest_token_is_the_last():
    tokens = random_inputs(Toy(text=True), SPEC, 2)[2]
    assert (tokens.argmax(dim=-1) == 6).all()
    assert (tokens[..., -1] == 49407).all()
    assert (tokens > 0).all()


def test_a_batch_of_no_split_has_everything_present():
    batch = profiling.test_batch(torch.ones(2, 3, 3, 8, 4), torch.tensor([0, 1]), None)
    assert batch.present.all()
    assert len(batch) == 2
    assert batch.text_features is None
    assert batch.captions is None


def test_throughput_says_what_was_measured(monkeypatch):
    clock = iter([0.0, 200.0, 202.0, 300.0, 305.0, 400.0, 401.0])  # the end of the warm-up is not looked at
    monkeypatch.setattr(profiling, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    method = Toy(text=True)
    found = measure_throughput(method, SPEC, batch=8, precision="fp32", warmup=1, repeats=3, concurrent_runs=2)
    assert found.triplets_per_second == 8 / 2  # the median of 2, 5 and 1 seconds
    assert found.images_per_second == 3 * 8 / 2
    assert (found.device, found.batch, found.precision, found.warmup, found.repeats) == ("CPU", 8, "fp32", 1, 3)
    assert (found.threads, found.concurrent_runs) == (torch.get_num_threads(), 2)
    assert len(method.batches) == len(method.text.tower.seen) == 4  # captions are encoded anew in every pass
    assert all(len(batch) == 8 for batch in method.batches)


def test_throughput_is_measured_in_the_precision_that_is_asked_for():
    class Watched(Toy):
        def embed(self, batch):
            self.dtype = self.used(batch.images.flatten(2)).dtype
            return super().embed(batch)

    method = Watched()
    measure_throughput(method, SPEC, batch=1, precision="bf16", warmup=0, repeats=1)
    assert method.dtype == torch.bfloat16
    measure_throughput(method, SPEC, batch=1, precision="fp32", warmup=0, repeats=1)
    assert method.dtype == torch.float32


def test_nothing_of_profiling_trains_or_keeps_gradients():
    method = Toy()
    method.train()
    count_parameters(method, SPEC)
    measure_throughput(method, SPEC, batch=2, precision="fp32", warmup=0, repeats=1)
    assert all(parameter.grad is None for parameter in method.parameters())
    assert not method.training


def test_memory_on_a_cpu_is_that_of_the_process():
    memory = peak_memory(torch.device("cpu"))
    assert memory.kind == "process resident"
    assert 5e7 < memory.peak_bytes < 1e12


PUBLISHED = {
    # method and variant: trainable parameters, G in the published convention (NEXT, Tables IV, VI and VIII; Signal)
    "next:default": (94_828_559, 44.8),
    "next:mgfa_tmse": (92_460_044, 43.7),
    "next:mgfa": (88_509_440, 33.5),
    "next:no_text": (None, 36.0),
    "next:all_token": (None, 43.9),
    "baseline:reduced": (88_252_416, 33.3),
    "signal:default": (91_166_209, 34.585),
}


@pytest.mark.slow
def test_sizes_and_costs_at_full_size_are_the_published_ones():
    rows = profile_methods(list(PUBLISHED), "rgbnt201", {}, None)
    for row, (name, (trainable, gmacs)) in zip(rows, PUBLISHED.items(), strict=True):
        assert f"{row['method']}:{row['variant']}" == name
        assert trainable in {None, row["parameters"]["trainable"]}, name
        digits = 3 if gmacs != round(gmacs, 1) else 1
        assert round(row["gmacs"]["published"], digits) == gmacs, name
        assert row["gmacs"]["attention"] > 33
