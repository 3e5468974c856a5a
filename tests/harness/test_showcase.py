import numpy as np
import pytest

from benchmarks.captions.sentences import join_sentences
from harness.checkpoints import load_model, read_checkpoint
from harness.evaluation import Evaluation, evaluate
from harness.inspection import _build, _spec
from harness.pictures import read_pictures
from harness.ranking import Ranking
from harness.records import QueryResults
from harness.showcase import ENTRIES, choose_queries, take_pictures


def load(row):
    """The trained method of a tiny run."""
    values = read_checkpoint(row.checkpoint)
    settings = dict(values["settings"]["method"])
    name, _ = settings.pop("name"), settings.pop("variant")
    method = _build(name, settings, _spec(values["spec"]))
    load_model(method, values["model"], "")
    return method


@pytest.fixture(scope="module")
def shown(trained):
    """Pictures that the tiny runs kept."""
    return {name: read_pictures(trained.work, getattr(trained, name).record.id) for name in ("baseline", "next")}


def ranking(first_hit, identity):
    count = len(first_hit)
    values = {"average_precision": np.zeros(count), "inverse_negative_penalty": np.zeros(count)}
    queries = QueryResults(first_hit=np.array(first_hit), identity=np.array(identity), **values)
    return Evaluation(None, None, Ranking(queries, tied_positives=0, chance=0.1, optimistic=0.0, junk_entries=0), {}, 0, 0)


def test_queries_are_of_different_identities_spread_over_the_split(trained):
    benchmark = trained.baseline.benchmark
    found = evaluate(load(trained.baseline), benchmark, trained.baseline.plan.data)
    identities = benchmark.query.identities
    chosen = choose_queries(benchmark, found, 4)
    assert chosen == [int(np.flatnonzero(identities == each)[0]) for each in np.unique(identities)[[0, 3, 6, 9]]]
    assert len(choose_queries(benchmark, found, 99)) == 10


def test_queries_that_were_skipped_are_not_shown(trained):
    benchmark = trained.baseline.benchmark
    identities = benchmark.query.identities
    hits = np.where(identities == identities[0], 0, 1)
    hits[np.flatnonzero(identities == identities[4])[0]] = 0
    chosen = choose_queries(benchmark, ranking(hits, identities), 99)
    assert len(chosen) == 9
    assert all(hits[chosen])


def test_every_method_shows_the_same_queries(shown):
    for name in ("query_images", "query_names", "query_captions"):
        np.testing.assert_array_equal(getattr(shown["baseline"], name), getattr(shown["next"], name))


def test_pictures_are_those_of_the_split(trained, shown):
    split = trained.next.benchmark.query
    positions = {sample.name: position for position, sample in enumerate(split.samples)}
    for pictures in shown.values():
        for q, name in enumerate(pictures.query_names):
            position = positions[str(name)]
            np.testing.assert_array_equal(pictures.query_images[q], np.stack(split.read(position)))
            assert pictures.query_captions[q].tolist() == [join_sentences(text) for text in split.samples[position].captions]
            for r, entry in enumerate(pictures.ranked_names[q]):
                np.testing.assert_array_equal(pictures.ranked_images[q, r], np.stack(split.read(positions[str(entry)])))


def test_ranked_entries_follow_the_rule_and_agree_with_the_ranking(trained, shown):
    for name, pictures in shown.items():
        row = getattr(trained, name)
        split = row.benchmark.query
        samples = {sample.name: sample for sample in split.samples}
        positions = [sample.name for sample in split.samples]
        assert pictures.ranked_names.shape == (2, ENTRIES)
        for q, name_of_query in enumerate(map(str, pictures.query_names)):
            query = samples[name_of_query]
            entries = [samples[str(entry)] for entry in pictures.ranked_names[q]]
            assert not [each for each in entries if (each.identity, each.camera) == (query.identity, query.camera)]
            assert pictures.hits[q].tolist() == [each.identity == query.identity for each in entries]
            assert (np.diff(pictures.similarity[q]) <= 0).all()
            assert (np.abs(pictures.similarity[q]) <= 1 + 1e-6).all()
            first = int(row.queries.first_hit[positions.index(name_of_query)])
            expected = first - 1 if first <= ENTRIES else None
            assert (int(pictures.hits[q].argmax()) if pictures.hits[q].any() else None) == expected


def test_masks_are_of_methods_that_have_some(trained, shown):
    assert shown["baseline"].masks.shape[:2] == (2, 0)
    masks = shown["next"].masks
    assert masks.shape == (2, 3, 3, 8, 4)
    assert 0 < masks.mean() < 1


def test_a_query_shows_the_same_masks_in_whatever_company(trained, shown):
    plan, benchmark, method = trained.next.plan, trained.next.benchmark, load(trained.next)
    found = evaluate(method, benchmark, plan.data)
    more = take_pictures(method, benchmark, plan.data, found, 10)
    assert len(more.query_names) == 10
    places = [more.query_names.tolist().index(name) for name in shown["next"].query_names.tolist()]
    np.testing.assert_array_equal(more.masks[places], shown["next"].masks)
    np.testing.assert_array_equal(more.ranked_names[places], shown["next"].ranked_names)
