"""Multiply-adds of a traced forward pass by fvcore, in the two conventions under which papers of the field print them.

`attention`: every multiply-add of linear, convolution and matrix products, *with* the two products of scaled-dot-product
attention, which fvcore drops silently; LayerNorm and BatchNorm as fvcore counts them (5 and 2 an element); no element-wise
operation. A selective scan counts by the customary 9 L D N + L D. The like-for-like figure.

`published`: besides these, element-wise operations at one an element and softmax at two, as the releases of DeMo, IDEA
and Signal count them; no selective scan, whose kernel their counters do not know. Whether attention products are in it is a
fact about each paper: they are in Signal's, and not in NEXT's, whose counter met an operator that it did not know.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from fvcore.nn import FlopCountAnalysis
from fvcore.nn.jit_handles import get_shape
from torch import nn

from methods.base import Convention

Handle = Callable[[list[Any], list[Any]], Any]

_ELEMENTWISE = (
    *("add", "add_", "sub", "mul", "mul_", "div", "neg", "exp", "sqrt", "sigmoid", "tanh", "gelu", "relu", "silu", "softplus"),
    *("sum", "mean", "gt", "rsub", "clamp_min", "linalg_vector_norm", "norm"),
)
_MOVES_DATA = {
    f"aten::{name}"
    for name in (
        *("clone", "expand_as", "expand", "bitwise_not", "all", "any", "lt", "eq", "where", "topk", "scatter", "argmax"),
        *("index", "index_select", "embedding", "select", "slice", "cat", "stack", "ones_like", "zeros_like", "new_zeros"),
        *(
            "bitwise_and",
            "bitwise_or",
            "logical_not",
            "__and__",
            "__or__",
            "__ior__",
            "masked_fill",
            "arange",
            "repeat",
            "searchsorted",
        ),
        *("repeat_interleave", "unflatten", "new_ones", "copy_", "fill_", "to", "type_as", "max", "min", "sort", "eye"),
    )
}
"""Operators without arithmetic that either convention counts; anything else that fvcore does not know is an error."""


def _elements(outputs: list[Any], per_element: int = 1) -> Counter[str]:
    return Counter({"elementwise": per_element * prod(get_shape(outputs[0]) or [1])})


def _elementwise(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return _elements(outputs)


def _reduction(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return _elements(inputs)


def _softmax(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return _elements(outputs, 2)


def _grouped_product(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """baddbmm(bias, rows (G, T, I), weight (G, I, O)): G * T * I * O."""
    groups, rows, inner = get_shape(inputs[1])
    return Counter({"baddbmm": groups * rows * inner * get_shape(inputs[2])[-1]})


def _attention_products(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """Both products of attention: 2 * B * h * L * S * d."""
    *batch, queries, size = get_shape(inputs[0])
    keys = get_shape(inputs[1])[-2]
    return Counter({"attention": 2 * prod(batch) * queries * keys * size})


def _attention_explicit(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """The products, the scaling of the queries and the softmax, as counters see attention that is written out."""
    *batch, queries, size = get_shape(inputs[0])
    keys = get_shape(inputs[1])[-2]
    elementwise = prod(batch) * queries * (size + 2 * keys)
    return _attention_products(inputs, outputs) + Counter({"elementwise": elementwise})


def _selective_scan(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """Scan(u, delta, A, ...) of L D numbers u, with N states a channel, the last size of A: 9 L D N, and L D for the skip."""
    return Counter({"scan": prod(get_shape(inputs[0])) * (9 * get_shape(inputs[2])[-1] + 1)})


def _nothing(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """For a function of Python: fvcore takes None for it as an operator that it does not know."""
    return Counter()


def _handles(convention: Convention, *, count_attention: bool) -> dict[str, Handle | None]:
    handles: dict[str, Handle | None] = dict.fromkeys(_MOVES_DATA)
    handles["aten::baddbmm"] = _grouped_product
    published = convention == "published"
    for name in _ELEMENTWISE:
        handles[f"aten::{name}"] = _elementwise if published else None
    for name in ("sum", "mean", "linalg_vector_norm", "norm"):
        handles[f"aten::{name}"] = _reduction if published else None
    handles["aten::softmax"] = _softmax if published else None
    attention = _attention_explicit if published else _attention_products
    for name in ("mmreid::selective_scan", "prim::PythonOp.SelectiveScanFn"):  # methods/layers/scan.py; mamba_ssm's kernel
        handles[name] = _nothing if published else _selective_scan
    handles["aten::scaled_dot_product_attention"] = attention if count_attention else None
    return handles


@contextmanager
def _written_out_attention() -> Iterator[None]:
    """Keep torch from fusing a whole attention module into one operator, of which nothing could be counted."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def count_gmacs(model: nn.Module, inputs: tuple[torch.Tensor, ...], convention: Convention, *, count_attention: bool) -> float:
    """Multiply-adds of one forward pass, in 1e9.

    Args:
        model: in evaluation mode.
        inputs: positional arguments of its forward.
        convention: see the module.
        count_attention: whether the attention products are counted (always in the `attention` convention).

    Raises:
        ValueError: the pass uses an operator that no handle knows, so that the figure would be too low without a word.
    """
    analysis = FlopCountAnalysis(model, inputs)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    for name, handle in _handles(convention, count_attention=count_attention).items():
        analysis.set_op_handle(name, handle)
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    with _written_out_attention():
        total = analysis.total()
    unknown = {name: count for name, count in analysis.unsupported_ops().items() if name not in _MOVES_DATA}
    if unknown:
        raise ValueError(f"multiply-adds: no handle for {', '.join(sorted(unknown))}")
    return total / 1e9
