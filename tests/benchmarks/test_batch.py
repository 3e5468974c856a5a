import dataclasses

import pytest
import torch

from benchmarks.batch import MODALITIES, Batch, BatchSpec


@pytest.fixture
def batch():
    return Batch(
        images=torch.rand(4, 3, 3, 8, 4),
        present=torch.ones(4, 3, dtype=torch.bool),
        identity=torch.arange(4),
        camera=torch.arange(4) % 2,
        scene=torch.zeros(4, dtype=torch.long),
        index=torch.arange(4),
        draw=torch.arange(4) + 2**60,
        captions=((("A man.",),) * 3,) * 4,
    )


def test_the_order_of_modalities():
    assert MODALITIES == ("RGB", "NIR", "TIR")
    assert BatchSpec(1, 1, (8, 4)).modalities is MODALITIES


def test_a_spec_says_what_is_to_be_recognised():
    assert BatchSpec(1, 1, (8, 4)).object == "person"
    assert BatchSpec(1, 1, (8, 4), object="vehicle").object == "vehicle"


def test_its_length_is_the_number_of_samples(batch):
    assert len(batch) == 4


def test_every_tensor_goes_to_a_device_and_the_rest_stays(batch):
    moved = batch.to("meta")
    for field in dataclasses.fields(Batch):
        before, after = getattr(batch, field.name), getattr(moved, field.name)
        if torch.is_tensor(before):
            assert after.device.type == "meta", field.name
            assert (after.shape, after.dtype) == (before.shape, before.dtype)
        else:
            assert after is before
    assert batch.images.device.type == "cpu"


def test_encoded_captions_go_along(batch):
    encoded = dataclasses.replace(batch, text_features=torch.ones(4, 3, 5))
    assert encoded.to("meta").text_features.device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="page-locked memory needs an accelerator")
def test_every_tensor_is_pinned(batch):
    pinned = batch.pin_memory()
    assert all(value.is_pinned() for value in vars(pinned).values() if torch.is_tensor(value))


def test_batches_are_not_changed(batch):
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.images = None
