import numpy as np
import pytest

from benchmarks.synthetic.pretraining import pretraining_blocks
from benchmarks.synthetic.rendering import regions
from benchmarks.synthetic.world import ATTRIBUTES
from harness.corpus import Corpus, covered, said_of_regions, visible_attributes


@pytest.fixture(scope="module")
def blocks():
    return list(pretraining_blocks(10, 2, block=5))


@pytest.fixture(scope="module")
def corpus(blocks):
    return Corpus.of(blocks, patch=8)


def test_a_corpus_puts_blocks_together(blocks, corpus):
    assert len(corpus) == 20
    assert corpus.images.shape == (20, 3, 64, 32, 3)
    assert corpus.attributes.shape == (20, 3, len(ATTRIBUTES["person"]))
    assert corpus.cover.shape == (20, 5, 32)
    assert corpus.captions[10:] == blocks[1].captions
    np.testing.assert_array_equal(corpus.attributes[10:], visible_attributes(blocks[1].world))


def test_values_are_those_of_the_identity_where_they_are_seen(corpus):
    highest = [len(attribute.values) - 1 for attribute in ATTRIBUTES["person"].values()]
    assert corpus.attributes.min() == -1
    assert (corpus.attributes <= highest).all()


def test_cover_is_the_mean_of_the_region_over_the_patch(blocks):
    world = blocks[0].world
    shown, cover = regions(world, [3]), covered(world, 8)
    for row in range(8):
        for column in range(4):
            patch = shown[0, :, row * 8 : row * 8 + 8, column * 8 : column * 8 + 8].mean(axis=(1, 2))
            np.testing.assert_allclose(cover[3, :, row * 4 + column], patch, rtol=1e-5, atol=1e-7)


def test_what_is_said_of_a_region_is_about_it_alone(blocks):
    about = {"hair": 0, "jacket": 1, "t-shirt": 1, "trousers": 2, "jeans": 2, "sneakers": 3, "carrying": 4}
    for block in blocks:
        for of_sample in said_of_regions(block.world):
            for of_modality in of_sample:
                assert len(of_modality) == 5
                for region, text in enumerate(of_modality):
                    for word, place in about.items():
                        assert word not in text or region == place, (region, text)


def test_a_part_has_the_rows_that_are_asked_for(corpus):
    part = corpus.take(np.array([7, 2]))
    np.testing.assert_array_equal(part.images, corpus.images[[7, 2]])
    assert part.said == [corpus.said[7], corpus.said[2]]
    assert part.captions == [corpus.captions[7], corpus.captions[2]]
