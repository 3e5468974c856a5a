"""What holds for each method alike: states of another benchmark are refused by the names of the parts that do not fit."""

from dataclasses import replace

import pytest
import torch

from benchmarks.common.errors import InputError
from harness.checkpoints import load_model
from methods.base import METHODS

SETTINGS = {"signal": {"alignment": {"lam_stride": 2}}}
"""What a grid of 8 x 4 patches has no room for at the settings of the release."""


@pytest.mark.parametrize("name", METHODS.names())
def test_a_state_of_another_benchmark_is_refused_by_the_parts_that_do_not_fit(small, name):
    settings = SETTINGS.get(name, {})
    spec = replace(small.SPEC, image_size=(64, 32))
    model = small.build(name, replace(spec, identities=7, cameras=5), **settings)
    state = small.build(name, spec, **settings).state_dict()
    shaped = {key for key, value in model.state_dict().items() if value.shape != state[key].shape}
    assert any("classifier" in key for key in shaped)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError, match="model.pt: the checkpoint has another shape for ") as error:
        load_model(model, state, "model.pt")
    assert any(key in str(error.value) for key in shaped)
    assert str(error.value).endswith("it is of another method or benchmark")
    assert "\n" not in str(error.value)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
