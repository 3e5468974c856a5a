"""Devices, threads, precision and determinism of a process."""

from __future__ import annotations

import os
import random

import numpy as np
import torch

from benchmarks.common.errors import InputError


def set_up(device: str, threads: int, seed: int) -> torch.device:
    """Threads, seeds and determinism of this process.

    Raises:
        InputError: CUDA is asked for and absent.
    """
    if device == "cuda":
        # Matrix products repeat to the bit only with a fixed workspace, which is read when the first context is made.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    found = check_device(device)
    torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = False
    # Some CUDA kernels (grid sampling backwards) have no deterministic form: warn, as there is no other way to run them.
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # set by a module property
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # libraries may draw from the global generator
    torch.manual_seed(seed)
    return found


def check_device(name: str) -> torch.device:
    """The device of a name.

    Raises:
        InputError: it is CUDA and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch sees no CUDA device here; use --device cpu")
    return torch.device(name)


def check_precision(precision: str, device: str, key: str) -> None:
    """Refuse a precision that a device has not.

    Args:
        precision: "fp32", "fp16" or "bf16".
        device: `cpu` or `cuda`.
        key: the setting, for the message.

    Raises:
        InputError: it is fp16, and the device is a CPU.
    """
    if precision == "fp16" and device != "cuda":
        raise InputError(f"{key} fp16 needs --device cuda; on a CPU use fp32 or bf16")


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The autocast context of a precision; switched off for fp32."""
    dtype = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, dtype=dtype, enabled=precision != "fp32")


def synchronise(device: torch.device) -> None:
    """Wait for what was asked of a CUDA device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def device_name(device: torch.device) -> str:
    """The name of a CUDA device, or `CPU`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
