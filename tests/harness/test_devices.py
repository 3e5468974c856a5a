import random

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from harness.devices import autocast, check_device, device_name, set_up, synchronise


def draws():
    return torch.rand(2).tolist(), np.random.rand(2).tolist(), random.random()  # noqa: NPY002


def test_a_seed_sets_every_generator():
    set_up("cpu", 1, 5)
    first = draws()
    set_up("cpu", 1, 5)
    assert draws() == first
    set_up("cpu", 1, 6)
    assert not any(mine == theirs for mine, theirs in zip(draws(), first, strict=True))


def test_a_process_is_deterministic_with_the_threads_that_it_was_given():
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.benchmark = True
    assert set_up("cpu", 2, 0) == torch.device("cpu")
    assert torch.get_num_threads() == 2
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark


def test_cuda_that_is_absent_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="--device cuda: torch sees no CUDA device here; use --device cpu"):
        check_device("cuda")
    with pytest.raises(InputError, match="--device cuda"):
        set_up("cuda", 1, 0)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_precision_is_that_of_products(precision, dtype):
    with autocast(torch.device("cpu"), precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_a_cpu_has_nothing_to_wait_for():
    synchronise(torch.device("cpu"))
    assert device_name(torch.device("cpu")) == "CPU"
