import numpy as np
import pytest
import torch

from benchmarks.base import Benchmark, Facts, Sample, Split
from benchmarks.conditions import Condition, parse_conditions
from benchmarks.loading import DataSettings
from benchmarks.protocol import Protocol
from harness.evaluation import embed_split, evaluate, evaluate_conditions
from harness.ranking import rank
from harness.reranking import Reranking
from methods.base import Method

SIZE = (4, 2)
DATA = DataSettings(test_batch=4)


class Picture:
    """A picture of one colour, the number of the sample."""

    def __init__(self, first):
        self.first = first

    def __call__(self, index):
        return [np.full((*SIZE, 3), 10 * (self.first + index) + m, np.uint8) for m in range(3)]


def split(first, count):
    samples = [Sample(f"{n}", n % 3, n % 2, n // 5) for n in range(first, first + count)]
    return Split(tuple(samples), Picture(first))


class Colour(Method):
    """The feature is the mean colour of each modality and the camera; the monitor the number of samples in the batch."""

    test_feature = "colour"

    def __init__(self, spec):
        super().__init__(None, spec)
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.modes, self.size = [], 0

    def losses(self, batch):
        return {}

    def embed(self, batch):
        self.modes.append((self.training, torch.is_grad_enabled()))
        self.size = len(batch)
        return torch.cat([batch.images.mean(dim=(2, 3, 4)), batch.camera[:, None]], dim=1).double() * self.weight

    def monitors(self):
        return {"size": torch.tensor(float(self.size))}

    def parameter_groups(self, rates):
        return []


def benchmark(same, protocol=Protocol.CAMERA):
    query = split(0, 10)
    gallery = query if same else split(10, 6)
    return Benchmark(Facts("made", "person", 3, 2, SIZE, protocol), query, query, gallery)


@pytest.fixture
def method():
    return Colour(benchmark(True).facts.spec)


def test_features_stand_in_the_order_of_the_split_as_float32(method):
    features, _ = embed_split(method, split(3, 10), SIZE, DATA)
    assert features.dtype == torch.float32
    colours = [[(10 * n + m) / 127.5 - 1 for m in range(3)] + [n % 2] for n in range(3, 13)]
    torch.testing.assert_close(features, torch.tensor(colours, dtype=torch.float32))


def test_monitors_are_means_over_samples_and_not_over_batches(method):
    _, monitors = embed_split(method, split(0, 10), SIZE, DATA)
    assert monitors == {"size": pytest.approx((4 * 4 + 4 * 4 + 2 * 2) / 10)}


@pytest.mark.parametrize("training", [True, False])
def test_the_method_is_evaluated_without_gradient_and_then_left_as_it_was(method, training):
    method.train(training)
    embed_split(method, split(0, 5), SIZE, DATA)
    assert set(method.modes) == {(False, False)}
    assert method.training is training


def test_a_split_that_is_both_is_embedded_once(method):
    result = evaluate(method, benchmark(same=True), DATA)
    assert result.query is result.gallery
    assert len(method.modes) == 3


def test_query_and_gallery_are_embedded_apart(method):
    made = benchmark(same=False)
    result = evaluate(method, made, DATA)
    assert (len(result.query), len(result.gallery)) == (10, 6)
    assert len(method.modes) == 3 + 2
    assert result.monitors == {"size": pytest.approx(3.6)}  # of the queries
    expected = rank(
        result.query,
        result.gallery,
        made.query.identities,
        made.gallery.identities,
        made.query.cameras,
        made.gallery.cameras,
    )
    np.testing.assert_array_equal(result.ranking.queries.average_precision, expected.queries.average_precision)


def test_the_rule_of_the_benchmark_decides_what_is_removed(method):
    by_camera = evaluate(method, benchmark(same=True), DATA).ranking.queries.average_precision
    by_scene = evaluate(method, benchmark(same=True, protocol=Protocol.SCENE), DATA).ranking.queries.average_precision
    assert not np.array_equal(by_camera, by_scene)


def test_the_ranking_is_re_ordered_where_that_is_asked_for(method):
    made, settings = benchmark(same=False), Reranking(k1=3, k2=2)
    result = evaluate(method, made, DATA, settings)
    splits = [getattr(split, name) for name in ("identities", "cameras") for split in (made.query, made.gallery)]
    expected = rank(result.query, result.gallery, *splits, rerank=settings)
    np.testing.assert_array_equal(result.ranking.queries.average_precision, expected.queries.average_precision)
    plainly = evaluate(method, made, DATA).ranking.queries.average_precision
    assert not np.array_equal(result.ranking.queries.average_precision, plainly)


def test_modalities_that_are_missing_are_zeros_in_both(method):
    result = evaluate(method, benchmark(same=False), DATA.model_copy(update={"test_missing": ("NIR",)}))
    assert (result.query[:, 1] == 0).all()
    assert (result.gallery[:, 1] == 0).all()
    assert (result.query[:, 0] != 0).all()


def test_degraded_modalities_are_degraded_in_both(method):
    whole = evaluate(method, benchmark(same=False), DATA)
    dark = evaluate(method, benchmark(same=False), DATA.under(Condition.model_validate("NIR:darkness:1")))
    for role in ("query", "gallery"):
        before, after = ((getattr(result, role) + 1) * 127.5 for result in (whole, dark))
        torch.testing.assert_close(after[:, 1], before[:, 1] / 2, atol=0.51, rtol=0)
        torch.testing.assert_close(after[:, [0, 2]], before[:, [0, 2]])


@pytest.mark.parametrize("same", [True, False])
def test_conditions_are_tests_of_their_own_in_the_order_asked_for(method, same):
    conditions, told = parse_conditions("NIR:blur:2,missing:RGB,TIR:noise:3", ""), []
    data = DATA.model_copy(update={"test_missing": ("TIR",)})
    found = evaluate_conditions(method, benchmark(same), data, conditions, lambda *progress: told.append(progress))
    assert list(found) == ["NIR:blur:2", "missing:RGB", "TIR:noise:3"]
    assert told == [(0, 3, "NIR blur 2"), (1, 3, "M(RGB)"), (2, 3, "TIR noise 3")]
    assert len(method.modes) == 3 * (3 if same else 5)
    for condition in conditions:
        assert found[condition.text] == evaluate(method, benchmark(same), DATA.under(condition)).ranking.metrics()
    assert (
        found["missing:RGB"]
        == evaluate(method, benchmark(same), DATA.model_copy(update={"test_missing": ("RGB",)})).ranking.metrics()
    )


def test_the_batch_size_and_the_workers_do_not_matter(method):
    expected = evaluate(method, benchmark(same=True), DATA)
    for changes in ({"test_batch": 1}, {"test_batch": 100}, {"workers": 1}):
        found = evaluate(method, benchmark(same=True), DATA.model_copy(update=changes))
        assert torch.equal(found.query, expected.query)


@pytest.mark.parametrize("same", [True, False])
def test_shuffled_identities_are_those_of_other_samples_with_their_cameras(method, same):
    made, shuffled = benchmark(same), DataSettings(test_batch=4, shuffle_test_identities=True)
    plain, found = evaluate(method, made, DATA), evaluate(method, made, shuffled)
    assert (found.query is found.gallery) is same
    for role in ("query", "gallery"):
        before, after = getattr(plain, role), getattr(found, role)
        assert not torch.equal(before, after)
        assert torch.equal(before.sort(dim=0).values, after.sort(dim=0).values)
    again = evaluate(method, made, shuffled)
    assert torch.equal(again.query, found.query)
    assert torch.equal(again.gallery, found.gallery)
    np.testing.assert_array_equal(found.ranking.queries.identity, plain.ranking.queries.identity)
    np.testing.assert_array_equal(
        np.isnan(found.ranking.queries.average_precision), np.isnan(plain.ranking.queries.average_precision)
    )
    assert found.ranking.chance == plain.ranking.chance


class Grey:
    """A picture that is the same for every sample."""

    def __call__(self, index):
        return [np.full((*SIZE, 3), 128, np.uint8)] * 3


class Perfect(Colour):
    """Knows the identity, and the camera as well; a little noise keeps samples from being tied."""

    def embed(self, batch):
        identity, camera = (torch.nn.functional.one_hot(each, 40) for each in (batch.identity, batch.camera))
        noise = torch.randn(320, 40, generator=torch.Generator().manual_seed(0))[batch.index]
        return (identity + 0.3 * camera + 0.05 * noise) * self.weight


def test_a_method_that_knows_everything_is_at_chance_under_shuffled_identities():
    samples = tuple(Sample(f"{n}", n // 8, n % 2, 0) for n in range(320))
    many = Split(samples, Grey())
    made = Benchmark(Facts("made", "person", 40, 2, SIZE, Protocol.CAMERA), many, many, many)
    perfect = Perfect(made.facts.spec)
    known = evaluate(perfect, made, DATA).ranking.metrics()
    lost = evaluate(perfect, made, DataSettings(shuffle_test_identities=True)).ranking.metrics()
    assert known.mAP > 10 * known.chance_mAP
    assert lost.mAP == pytest.approx(lost.chance_mAP, abs=0.01)
