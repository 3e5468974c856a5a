import numpy as np
import pytest
import torch
import trees
from folders.helpers import load, matches, names, refused, remarks

from benchmarks.base import Sample
from benchmarks.market_mm import MarketMm, MarketMmSettings
from benchmarks.protocol import Protocol
from harness.ranking import rank


@pytest.fixture
def tree(tmp_path):
    return trees.market_mm(tmp_path) / "Market-1501-RGBNT"


@pytest.fixture
def market(tree):
    return load(MarketMm, tree)


def test_a_sample_is_read_from_its_name(market):
    assert market.train.samples[3] == Sample("0002_c3s1_000009_01.jpg", 2, camera=2, scene=0)
    assert market.query.samples[-1] == Sample("0025_c6s2_000101_00.jpg", 25, camera=5, scene=0)


def test_counts_are_those_of_the_tree(market):
    assert market.counts == {
        "train": {"samples": 40, "identities": 10, "cameras": 2},
        "query": {"samples": 12, "identities": 6, "cameras": 2},
        "gallery": {"samples": 26, "identities": 7, "cameras": 2},
    }
    assert market.facts.cameras == 3  # of training: those at test alone have no learned embedding


def test_junk_is_left_out_and_counted_and_distractors_stay(market):
    assert not [name for name in names(market.gallery) if name.startswith("-1")]
    assert names(market.gallery)[:2] == ["0000_c1s1_000403_03.jpg", "0000_c6s4_000404_01.jpg"]
    assert remarks(market) == ["gallery: 2 junk images (identity -1) are left out, as the protocol has it"]
    assert market.left_out == ()


def test_ranking_takes_distractors_for_misses(market):
    """Two distractors nearer than every match put the first hit on rank three."""
    axes = np.eye(30)
    query = torch.tensor(np.stack([2 * axes[0] + axes[sample.identity] for sample in market.query.samples]))
    gallery = torch.tensor(np.stack([axes[sample.identity] for sample in market.gallery.samples]))
    kept = np.array([sample.identity != 0 for sample in market.gallery.samples])

    def first_hits(keep):
        ids, cameras = market.gallery.identities[keep], market.gallery.cameras[keep]
        return rank(query, gallery[keep], market.query.identities, ids, market.query.cameras, cameras).queries.first_hit

    assert set(first_hits(np.ones_like(kept)).tolist()) == {3}
    assert set(first_hits(kept).tolist()) == {1}


def test_a_query_matches_the_other_camera(market):
    positives, removed = matches(market.query, market.gallery, "camera")
    assert set(positives.tolist()) == set(removed.tolist()) == {2}


def test_both_names_of_the_root_are_one_split(market, tmp_path):
    assert (
        load(MarketMm, trees.market_mm(tmp_path / "other", name="Market1501-MM")).split_fingerprint == market.split_fingerprint
    )
    assert load(MarketMm, trees.market_mm(tmp_path / "low", name="market1501-mm")).split_fingerprint == market.split_fingerprint


def test_without_a_folder_of_queries_it_is_asked_for(tree, tmp_path):
    (tree / "query").rename(tmp_path / "elsewhere")
    said = refused(load, MarketMm, tmp_path)
    assert said == f"{tree / 'query'}: no such folder; which images are queries does not follow from the gallery's names"


@pytest.mark.parametrize(
    "name", ["-2_c1s1_000401_03.jpg", "0002_c7s1_000401_03.jpg", "002_c1s1_000401_03.jpg", "0002_c1_000401_03.jpg"]
)
def test_a_name_that_does_not_read_is_said(tree, name):
    for modality in ("RGB", "NI", "TI"):
        trees.put(tree / "train" / modality / name, "person", 1, 0)
    assert f"{name}: the name does not read PPPP_cCsS_FFFFFF_BB.jpg" in refused(load, MarketMm, tree)


def test_facts_are_the_published_ones():
    facts = MarketMm.facts(MarketMmSettings())
    assert (facts.object, facts.identities, facts.cameras, facts.image_size) == ("person", 751, 6, (256, 128))
    assert facts.protocol is Protocol.CAMERA
    expected = {role: [(c.samples, c.identities) for c in counts] for role, counts in MarketMm.published.items()}
    assert expected == {"train": [(12936, 751)], "query": [(3368, 750)], "gallery": [(15913, 751)]}


def test_both_variants_of_the_real_trees_are_one_split(real_trees):
    usual, other = (load(MarketMm, root) for root in (real_trees.usual, real_trees.other))
    assert usual.split_fingerprint == other.split_fingerprint
