"""The selective scan of Mamba (Gu and Dao, 2023): a recurrence over a sequence whose steps depend on the input.

    h_t = exp(delta_t A) h_{t-1} + delta_t u_t B_t        one state (N) for each channel
    y_t = C_t . h_t + D u_t

Plain PyTorch on every device, and the kernel of `mamba_ssm` where that is installed and the tensors are on a CUDA device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .losses import at_least_float32

CHUNK = 16
"""Steps whose decays and inputs are computed at once; of their states, only the first is kept for the backward pass."""
_CPU_NUMBERS, _OTHER_NUMBERS = 2**18, 2**26
"""Numbers of one buffer: a megabyte stays in the cache of a processor; others want large operations."""

_INPUTS = ", ".join(f"Tensor {name}" for name in ("u", "delta", "A", "B", "C", "D"))


def selective_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """Scan G groups of sequences, each with its own A and D.

    Half precision is raised to float32: states add up over the whole sequence.

    Args:
        u: (batch, G, L, channels).
        delta: (batch, G, L, channels), positive.
        A: (G, channels, N), negative.
        B: (batch, G, L, N).
        C: (batch, G, L, N).
        D: (G, channels).

    Returns:
        y (batch, G, L, channels).
    """
    inputs = [at_least_float32(each) for each in (u, delta, A, B, C, D)]
    kernel = _installed_kernel() if u.is_cuda and inputs[0].dtype == torch.float32 else None
    return _scan_by_chunks(*inputs)[0] if kernel is None else scan_by_kernel(kernel, *inputs)


Kernel = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


@cache
def _installed_kernel() -> Kernel | None:
    """`selective_scan_fn` of `mamba_ssm`; None where it is not installed or does not load."""
    try:
        return import_module("mamba_ssm.ops.selective_scan_interface").selective_scan_fn
    except (ImportError, OSError):
        return None


def scan_by_kernel(kernel: Kernel, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """The scan by a kernel with time last and the channels of all groups side by side, as `mamba_ssm` has it.

    It takes u and delta (batch, G * channels, L), A (G * channels, N), B and C (batch, G, N, L) and D (G * channels), and
    gives y (batch, G * channels, L).
    """
    u, delta, B, C = (each.transpose(2, 3).contiguous() for each in (u, delta, B, C))
    y = kernel(u.flatten(1, 2), delta.flatten(1, 2), A.flatten(0, 1).contiguous(), B, C, D.flatten())
    return y.unflatten(1, D.shape).transpose(2, 3)


class _Scan(NamedTuple):
    """Inputs with time first and channels last, along which processors have vectors; the groups of all samples side by side."""

    u: Tensor  # (L, batch, G, channels)
    delta: Tensor
    A: Tensor  # (G, N, channels)
    B: Tensor  # (L, batch, G, N)
    C: Tensor
    D: Tensor  # (G, channels)

    @classmethod
    def of(cls, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> _Scan:
        """From inputs as `selective_scan` takes them."""
        return cls(_time_first(u), _time_first(delta), A.transpose(1, 2).contiguous(), _time_first(B), _time_first(C), D)

    def blocks(self) -> Iterator[slice]:
        """Slices of the batch for which the buffers of a chunk stay small."""
        per_sample = min(CHUNK, len(self.u)) * self.A.numel()
        rows = max(1, (_CPU_NUMBERS if self.u.device.type == "cpu" else _OTHER_NUMBERS) // per_sample)
        return (slice(start, start + rows) for start in range(0, self.u.shape[1], rows))

    def chunks(self) -> list[slice]:
        """Slices of time."""
        return [slice(start, start + CHUNK) for start in range(0, len(self.u), CHUNK)]

    def part(self, time: slice, rows: slice) -> _Scan:
        """A chunk of a block."""
        u, delta, B, C = (each[time, rows] for each in (self.u, self.delta, self.B, self.C))
        return self._replace(u=u, delta=delta, B=B, C=C)

    def states(self, start: Tensor) -> tuple[Tensor, Tensor]:
        """Decays exp(delta A) and states h, each (L, batch, G, N, channels), from the state before the first step."""
        decay = (self.delta[..., None, :] * self.A).exp_()
        states = (self.delta * self.u)[..., None, :] * self.B[..., None]
        for now, state in zip(decay.unbind(), states.unbind(), strict=True):
            start = state.addcmul_(now, start)
        return decay, states

    def backward(self, start: Tensor, grad: Tensor, later: Tensor, into: _Scan) -> Tensor:
        """Add the gradients of a chunk.

        Args:
            start: state before its first step.
            grad: gradient of y, (L, batch, G, channels).
            later: what the chunk after it adds to the gradient of the last state.
            into: where gradients are added, in the layout of the inputs.

        Returns:
            What this chunk adds to the gradient of `start`.
        """
        decay, states = self.states(start)
        grads = grad[..., None, :] * self.C[..., None]
        grads[-1] += later
        for t in range(len(grads) - 2, -1, -1):
            grads[t].addcmul_(decay[t + 1], grads[t + 1])
        earlier = decay[0] * grads[0]
        into.C.add_((states @ grad[..., None])[..., 0])
        into.B.add_((grads @ (self.delta * self.u)[..., None])[..., 0])
        drive = (self.B[..., None, :] @ grads)[..., 0, :]
        # Of the exponent delta A: gradient of the state, times its decay, times the state before.
        exponent = decay.mul_(grads)
        exponent[1:].mul_(states[:-1])
        exponent[0].mul_(start)
        into.delta.add_(torch.mul(exponent, self.A, out=grads).sum(dim=-2)).addcmul_(drive, self.u)
        into.A.add_(torch.mul(exponent, self.delta[..., None, :], out=states).sum(dim=(0, 1)))
        into.u.addcmul_(drive, self.delta).addcmul_(grad, self.D)
        into.D.add_((grad * self.u).sum(dim=(0, 1)))
        return earlier


@torch.library.custom_op("mmreid::selective_scan", mutates_args=(), schema=f"({_INPUTS}) -> (Tensor, Tensor)")
def _scan_by_chunks(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> tuple[Tensor, Tensor]:
    """The scan, and the states (chunks, batch, G, N, channels) before each chunk.

    One operator in a trace, as the kernel is, so that its cost is counted by its shape.
    """
    scan = _Scan.of(u, delta, A, B, C, D)
    chunks = scan.chunks()
    starts = scan.u.new_zeros(len(chunks), *scan.u.shape[1:3], *scan.A.shape[1:])
    y = scan.D * scan.u
    with _full_precision(u.device):
        for rows in scan.blocks():
            start = starts[0, rows]
            for k, time in enumerate(chunks):
                starts[k, rows] = start
                part = scan.part(time, rows)
                states = part.states(start)[1]
                y[time, rows] += (part.C[..., None, :] @ states)[..., 0, :]
                start = states[-1]
    return _samples_first(y), starts


@_scan_by_chunks.register_fake
def _shapes(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> tuple[Tensor, Tensor]:
    batch, G, L, channels = u.shape
    return _samples_first(u.new_empty(L, batch, G, channels)), u.new_empty(-(-L // CHUNK), batch, G, A.shape[-1], channels)


def _keep(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.set_materialize_grads(False)  # for the states, which nobody differentiates by
    ctx.save_for_backward(*inputs, output[1])


@torch.autograd.function.once_differentiable
def _gradients(ctx: Any, grad: Tensor | None, _: None) -> tuple[Tensor | None, ...]:
    """Gradients of all six inputs."""
    if grad is None:
        return (None,) * 6
    *inputs, starts = ctx.saved_tensors
    return _gradients_by_chunks(grad, *inputs, starts)


@torch.library.custom_op(
    "mmreid::selective_scan_backward",
    mutates_args=(),
    schema=f"(Tensor grad, {_INPUTS}, Tensor starts) -> ({', '.join(['Tensor'] * 6)})",
)
def _gradients_by_chunks(
    grad: Tensor, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, starts: Tensor
) -> tuple[Tensor, ...]:
    """Gradients of all six inputs; the states between the kept ones are computed again.

    One operator as well, so that torch.compile does not unroll its loops over chunks and steps.
    """
    scan, grad = _Scan.of(u, delta, A, B, C, D), _time_first(grad)
    into = _Scan(*(torch.zeros_like(each) for each in scan))
    chunks = list(enumerate(scan.chunks()))
    with _full_precision(grad.device):
        for rows in scan.blocks():
            later = torch.zeros_like(starts[0, rows])
            for k, time in reversed(chunks):
                part = scan.part(time, rows)
                later = part.backward(starts[k, rows], grad[time, rows], later, into.part(time, rows))
    of_u, of_delta, of_B, of_C = (_samples_first(each) for each in (into.u, into.delta, into.B, into.C))
    return of_u, of_delta, into.A.transpose(1, 2), of_B, of_C, into.D


@_gradients_by_chunks.register_fake
def _gradient_shapes(
    grad: Tensor, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, starts: Tensor
) -> tuple[Tensor, ...]:
    of_u, of_delta, of_B, of_C = (_samples_first(torch.empty_like(_time_first(each))) for each in (u, delta, B, C))
    return of_u, of_delta, A.transpose(1, 2).contiguous().transpose(1, 2), of_B, of_C, torch.empty_like(D)


_scan_by_chunks.register_autograd(_gradients, setup_context=_keep)


def _time_first(values: Tensor) -> Tensor:
    """(batch, G, L, n) to (L, batch, G, n)."""
    return values.permute(2, 0, 1, 3).contiguous()


def _samples_first(values: Tensor) -> Tensor:
    """(L, batch, G, n) to (batch, G, L, n)."""
    return values.permute(1, 2, 0, 3)


def _full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Keep autocast, under which a training step may run, from computing the products in half precision."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()
