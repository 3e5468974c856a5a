import logging

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from harness.counting import count_gmacs
from methods.clip import load_clip
from methods.layers.experts import GroupedLinear
from methods.layers.scan import selective_scan
from methods.pretrained import BackboneSettings

CONVENTIONS = ["attention", "published"]


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def count(module, *inputs, convention="attention", count_attention=True):
    """Multiply-adds, as a whole number."""
    module = module if isinstance(module, nn.Module) else Function(module)
    with torch.no_grad():
        return round(1e9 * count_gmacs(module.eval(), inputs, convention, count_attention=count_attention))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_linear_layer_is_tokens_by_inputs_by_outputs(convention):
    assert count(nn.Linear(7, 5), torch.ones(2, 3, 7), convention=convention) == 2 * 3 * 7 * 5


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_convolution_is_outputs_by_kernel_by_channels(convention):
    layer = nn.Conv2d(4, 6, kernel_size=(3, 2), stride=2, padding=1, groups=2)
    height, width = layer(torch.ones(1, 4, 9, 8)).shape[2:]
    assert count(layer, torch.ones(1, 4, 9, 8), convention=convention) == height * width * 6 * (4 // 2) * 3 * 2


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_matrix_products_count_once(convention):
    a, b = torch.ones(2, 3, 4), torch.ones(2, 4, 5)
    assert count(lambda x, y: x @ y, a, b, convention=convention) == 2 * 3 * 4 * 5
    assert count(torch.bmm, a, b, convention=convention) == 2 * 3 * 4 * 5


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_layers_in_groups_count_every_group(convention):
    layer = GroupedLinear(3, 8, 5)
    assert count(layer, torch.ones(3, 11, 8), convention=convention) == 3 * 11 * 8 * 5


def test_a_selective_scan_is_in_the_like_for_like_cost_alone():
    """9 L D N + L D, as the literature of state spaces has it; the counters behind published figures do not see the kernel."""
    batch, groups, length, channels, states = 2, 3, 20, 5, 4
    wide, narrow = (batch, groups, length, channels), (batch, groups, length, states)
    shapes = (wide, wide, (groups, channels, states), narrow, narrow, (groups, channels))
    values = [torch.rand(shape) for shape in shapes]
    numbers = batch * groups * length * channels
    assert count(selective_scan, *values, convention="attention") == 9 * numbers * states + numbers
    assert count(selective_scan, *values, convention="published") == 0


def test_the_kernel_of_a_selective_scan_counts_alike():
    """As mamba_ssm's function appears in a trace: u (batch, channels, L), and its name."""

    class SelectiveScanFn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, u, delta, A):
            return u.clone()

    values = torch.rand(2, 5, 20), torch.rand(2, 5, 20), torch.rand(5, 4)
    assert count(SelectiveScanFn.apply, *values, convention="attention") == 200 * (9 * 4 + 1)
    assert count(SelectiveScanFn.apply, *values, convention="published") == 0


HEADS, WIDTH, TOKENS, BATCH = 4, 32, 10, 2
PROJECTIONS = 4 * BATCH * TOKENS * WIDTH * WIDTH
PRODUCTS = 2 * BATCH * TOKENS * TOKENS * WIDTH
SHAPES = 9
"""Arithmetic on sizes, which a trace holds as well."""


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


def test_attention_products_are_counted_only_where_asked():
    x = torch.ones(BATCH, TOKENS, WIDTH)
    assert count(SelfAttention(), x, count_attention=False) == PROJECTIONS
    assert count(SelfAttention(), x, count_attention=True) == PROJECTIONS + PRODUCTS
    published = count(SelfAttention(), x, convention="published", count_attention=False)
    assert published == pytest.approx(PROJECTIONS, abs=SHAPES)


def test_attention_in_the_published_convention_has_its_scaling_and_its_softmax():
    scaling, softmax = BATCH * TOKENS * WIDTH, 2 * BATCH * HEADS * TOKENS * TOKENS
    counted = count(SelfAttention(), torch.ones(BATCH, TOKENS, WIDTH), convention="published")
    assert counted == pytest.approx(PROJECTIONS + PRODUCTS + scaling + softmax, abs=SHAPES)


def test_cross_attention_counts_queries_by_keys():
    q, k = torch.ones(1, 2, 3, 8), torch.ones(1, 2, 7, 8)
    assert count(F.scaled_dot_product_attention, q, k, k) == 2 * 2 * 3 * 7 * 8


@pytest.mark.parametrize(
    ("function", "cost"),
    [
        (lambda x: x + 1, 1),
        (lambda x: x * x - x, 2),
        (lambda x: x / 3, 1),
        (F.gelu, 1),
        (F.relu, 1),
        (F.softplus, 1),
        (torch.sigmoid, 1),
        (torch.tanh, 1),
        (torch.exp, 1),
        (lambda x: 1 - x, 1),
        (lambda x: x.softmax(dim=-1), 2),
        (lambda x: x.mean(dim=1), 1),
        (lambda x: x.sum(), 1),
        (lambda x: x > 0, 1),
        (lambda x: x.norm(dim=-1), 1),
        (lambda x: torch.cat([x, x]), 0),
        (lambda x: x.flatten().clone(), 0),
        (lambda x: x.transpose(0, 1).reshape(-1), 0),
        (lambda x: x.argmax(dim=-1), 0),
        (lambda x: x.topk(2, dim=-1)[0], 0),
    ],
)
def test_operations_element_by_element_are_in_the_published_convention_alone(function, cost):
    x = torch.rand(3, 4, 5)
    assert count(function, x, convention="attention") == 0
    assert count(function, x, convention="published") == cost * x.numel()


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_norms_are_counted_in_both(convention):
    assert count(nn.LayerNorm(16), torch.rand(3, 16), convention=convention) == 5 * 3 * 16
    assert count(nn.BatchNorm1d(16), torch.rand(3, 16), convention=convention) == 2 * 3 * 16


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_an_operator_that_nobody_knows_is_an_error_and_not_a_lower_figure(convention):
    with pytest.raises(ValueError, match="multiply-adds: no handle for aten::cumprod, aten::cumsum"):
        count(lambda x: x.cumsum(0) + x.cumprod(0), torch.ones(3, 4), convention=convention)


def test_counting_leaves_the_attention_of_the_process_as_it_was():
    before = torch.backends.mha.get_fastpath_enabled()
    for state in (True, False):
        torch.backends.mha.set_fastpath_enabled(state)
        count(nn.Linear(2, 2), torch.ones(1, 2))
        assert torch.backends.mha.get_fastpath_enabled() == state
        with pytest.raises(ValueError, match="no handle"):
            count(lambda x: x.cumsum(0), torch.ones(3))
        assert torch.backends.mha.get_fastpath_enabled() == state
    torch.backends.mha.set_fastpath_enabled(before)


def test_counting_is_quiet(caplog, capsys, recwarn):
    with caplog.at_level(logging.WARNING):
        count(SelfAttention(), torch.ones(1, 2, WIDTH))
    assert (caplog.records, capsys.readouterr().err) == ([], "")


def test_the_image_tower_of_clip_agrees_with_the_counter_of_torch():
    """ViT-B/16 at 256 x 128: two counters that share no code, within 1 %; without attention the figure is lower."""
    tower = load_clip(BackboneSettings(weights="random"), (256, 128)).image.eval()
    images = torch.rand(1, 3, 256, 128)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        # as plain products: torch's counter knows the fused kernel of a CPU from 2.15 on
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            tower(images)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    theirs = counter.get_total_flops() / 2
    assert count(tower, images) == pytest.approx(theirs, rel=0.01)
    products = 12 * 2 * 129 * 129 * 768  # 12 layers, 129 tokens
    assert count(tower, images) - count(tower, images, count_attention=False) == products
