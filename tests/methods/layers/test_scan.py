"""The selective scan against a sequential loop in float64, forward and backward."""

import math

import pytest
import torch
from functorch.compile import make_boxed_func
from torch._dynamo.backends.common import aot_autograd
from torch.nn import functional as F

from methods.layers import scan
from methods.layers.scan import scan_by_kernel, selective_scan

NAMES = ("u", "delta", "A", "B", "C", "D")


def inputs(batch=2, groups=2, length=7, channels=3, states=4, seed=0, dtype=torch.float64):
    """Inputs as a network makes them: positive steps, rates that reach from slow to fast."""
    generator = torch.Generator().manual_seed(seed)

    def numbers(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    values = (
        numbers(batch, groups, length, channels),
        F.softplus(numbers(batch, groups, length, channels)),
        -torch.exp(numbers(groups, channels, states)),
        numbers(batch, groups, length, states),
        numbers(batch, groups, length, states),
        numbers(groups, channels),
    )
    return [value.to(dtype).requires_grad_() for value in values]


def sequential(u, delta, A, B, C, D):
    """Step by step, with gradients by autograd."""
    state, outputs = torch.zeros(*u.shape[:2], *A.shape[1:], dtype=u.dtype), []
    for t in range(u.shape[2]):
        step = delta[:, :, t, :, None]
        state = torch.exp(step * A) * state + step * u[:, :, t, :, None] * B[:, :, t, None, :]
        outputs.append((state * C[:, :, t, None, :]).sum(dim=-1) + D * u[:, :, t])
    return torch.stack(outputs, dim=2)


def gradients(function, values, seed=1):
    """Gradients of a random weighting of the outputs."""
    y = function(*values)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(y)
    return torch.autograd.grad((y * weights).sum(), values)


def test_outputs_are_those_of_a_loop_over_numbers():
    values = inputs(length=5)
    y = selective_scan(*values)
    u, delta, A, B, C, D = (value.tolist() for value in values)
    for b in range(2):
        for g in range(2):
            for d in range(3):
                state = [0.0] * 4
                for t in range(5):
                    step, now = delta[b][g][t][d], u[b][g][t][d]
                    state = [math.exp(step * A[g][d][n]) * state[n] + step * now * B[b][g][t][n] for n in range(4)]
                    expected = sum(C[b][g][t][n] * state[n] for n in range(4)) + D[g][d] * now
                    assert y[b, g, t, d].item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("length", [1, 2, scan.CHUNK - 1, scan.CHUNK, scan.CHUNK + 1, 3 * scan.CHUNK, 5 * scan.CHUNK + 3])
def test_chunks_change_nothing(length):
    values = inputs(length=length)
    torch.testing.assert_close(selective_scan(*values), sequential(*values), atol=1e-12, rtol=1e-12)
    for name, found, expected in zip(NAMES, gradients(selective_scan, values), gradients(sequential, values), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-11, rtol=1e-11, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("numbers", [1, 16 * 2 * 3 * 4, 2 * 16 * 2 * 3 * 4, 2**20])
def test_blocks_of_the_batch_change_nothing(batch, numbers, monkeypatch):
    values = inputs(batch=batch, length=21)
    expected = sequential(*values), gradients(sequential, values)
    monkeypatch.setattr(scan, "_CPU_NUMBERS", numbers)
    torch.testing.assert_close(selective_scan(*values), expected[0], atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(gradients(selective_scan, values), expected[1], atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize(("groups", "channels", "states"), [(1, 1, 1), (3, 5, 1), (1, 7, 16)])
def test_any_shape(groups, channels, states):
    values = inputs(groups=groups, channels=channels, states=states, length=20)
    torch.testing.assert_close(selective_scan(*values), sequential(*values), atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(gradients(selective_scan, values), gradients(sequential, values), atol=1e-11, rtol=1e-11)


def test_gradients_are_those_of_finite_differences():
    assert torch.autograd.gradcheck(selective_scan, inputs(batch=1, length=scan.CHUNK + 2, channels=2, states=2))


@pytest.mark.parametrize("chosen", [(0,), (2,), (1, 5)])
def test_gradients_are_given_where_they_are_asked_for(chosen):
    values = inputs(length=18)
    expected = gradients(sequential, values)
    some = [value.detach().requires_grad_(place in chosen) for place, value in enumerate(values)]
    y = selective_scan(*some)
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (y * weights).sum().backward()
    for place, value in enumerate(some):
        if place in chosen:
            torch.testing.assert_close(value.grad, expected[place], atol=1e-11, rtol=1e-11)
        else:
            assert value.grad is None


def test_inputs_stay_as_they_are():
    values = inputs(length=20)
    before = [value.detach().clone() for value in values]
    gradients(selective_scan, values)
    assert all(torch.equal(value, old) for value, old in zip(values, before, strict=True))


def test_inputs_may_lie_in_memory_in_any_order():
    values = inputs(length=20)
    turned = [value.detach().transpose(-1, -2).contiguous().transpose(-1, -2).requires_grad_() for value in values]
    assert not turned[0].is_contiguous()
    torch.testing.assert_close(selective_scan(*turned), selective_scan(*values))
    torch.testing.assert_close(gradients(selective_scan, turned), gradients(selective_scan, values))


def test_samples_do_not_see_each_other():
    u, delta, A, B, C, D = (value.detach() for value in inputs(batch=4, length=20))
    together = selective_scan(u, delta, A, B, C, D)
    for b in range(4):
        alone = selective_scan(u[b : b + 1], delta[b : b + 1], A, B[b : b + 1], C[b : b + 1], D)
        torch.testing.assert_close(alone[0], together[b])


@pytest.mark.parametrize("steps", [1e-6, 1.0, 30.0, 1e4])
def test_slow_and_fast_decays_stay_finite_in_single_precision(steps):
    """exp(-16 * 30 * 384) is zero, and its inverse, by which a scan of sums would divide, is not a number of float32."""
    exact = inputs(batch=1, groups=1, length=384, channels=2, states=16)
    with torch.no_grad():
        exact[1].fill_(steps)
        exact[2].copy_(-torch.arange(1.0, 17.0).expand(1, 2, 16))
    single = [value.detach().float().requires_grad_() for value in exact]
    scale = sequential(*exact).abs().max().item()
    torch.testing.assert_close(selective_scan(*single).double(), sequential(*exact), atol=2e-6 * scale, rtol=1e-5)
    for found, expected in zip(gradients(selective_scan, single), gradients(sequential, exact), strict=True):
        assert found.isfinite().all()
        scale = expected.abs().max().item()
        torch.testing.assert_close(found.double(), expected, atol=2e-5 * scale, rtol=1e-4)


def test_half_precision_is_raised():
    values = inputs(length=40, dtype=torch.float32)
    halves = [value.detach().bfloat16() for value in values]
    y = selective_scan(*halves)
    assert y.dtype == torch.float32
    torch.testing.assert_close(y, selective_scan(*(half.float() for half in halves)), atol=0, rtol=0)


def test_autocast_changes_nothing():
    values = inputs(length=40, dtype=torch.float32)
    expected = selective_scan(*values), gradients(selective_scan, values)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(selective_scan(*values), expected[0])
        assert all(torch.equal(a, b) for a, b in zip(gradients(selective_scan, values), expected[1], strict=True))


def test_it_is_not_differentiated_twice():
    values = inputs()
    (grad,) = torch.autograd.grad(selective_scan(*values).square().sum(), values[:1], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


def test_it_is_a_sound_operator_of_torch():
    checks = ("test_schema", "test_autograd_registration", "test_faketensor")
    found = torch.library.opcheck(torch.ops.mmreid.selective_scan.default, inputs(length=20), test_utils=checks)
    assert found == dict.fromkeys(checks, "SUCCESS")


def test_its_gradients_are_a_sound_operator_as_well():
    values = [value.detach() for value in inputs(length=20)]
    y, starts = torch.ops.mmreid.selective_scan(*values)
    checks = ("test_schema", "test_faketensor")
    found = torch.library.opcheck(torch.ops.mmreid.selective_scan_backward.default, (y, *values, starts), test_utils=checks)
    assert found == dict.fromkeys(checks, "SUCCESS")


def test_compilation_gives_the_same_and_unrolls_no_steps():
    """The loops over chunks and steps, written out in a graph, would take minutes to compile."""
    nodes = []

    def count(graph, _):
        nodes.append(len(graph.graph.nodes))
        return make_boxed_func(graph.forward)

    compiled = torch.compile(selective_scan, backend=aot_autograd(fw_compiler=count))
    values = inputs(length=5 * scan.CHUNK + 3)
    torch.testing.assert_close(compiled(*values), selective_scan(*values), atol=0, rtol=0)
    torch.testing.assert_close(gradients(compiled, values), gradients(selective_scan, values), atol=0, rtol=0)
    assert len(nodes) == 2  # forward and backward
    assert max(nodes) < 50


def test_shapes_follow_without_data():
    values = [value.detach().to("meta") for value in inputs(length=20)]
    assert selective_scan(*values).shape == (2, 2, 20, 3)


def test_a_trace_sees_one_operator():
    values = tuple(value.detach() for value in inputs(length=20))
    kinds = [node.kind() for node in torch.jit.trace(selective_scan, values).inlined_graph.nodes()]
    assert kinds.count("mmreid::selective_scan") == 1
    assert not {kind for kind in kinds if kind.startswith("aten::")} - {"aten::to"}


def kernel_layout(u, delta, A, B, C, D):
    """The scan in the layout of the kernel of mamba_ssm: u (batch, G * channels, L), B and C (batch, G, N, L)."""
    batch, width, L = u.shape
    groups = B.shape[1]
    y = torch.zeros_like(u)
    for b in range(batch):
        for d in range(width):
            state, g = torch.zeros(A.shape[1], dtype=u.dtype), d // (width // groups)
            for t in range(L):
                step = delta[b, d, t]
                state = torch.exp(step * A[d]) * state + step * u[b, d, t] * B[b, g, :, t]
                y[b, d, t] = state @ C[b, g, :, t] + D[d] * u[b, d, t]
    return y


def test_the_kernel_is_given_its_layout():
    values = [value.detach() for value in inputs(length=6, groups=3)]

    def kernel(*given):
        assert all(value.is_contiguous() for value in given)
        return kernel_layout(*given)

    torch.testing.assert_close(scan_by_kernel(kernel, *values), sequential(*values), atol=1e-12, rtol=1e-12)


def test_without_the_kernel_there_is_none():
    scan._installed_kernel.cache_clear()
    try:
        import mamba_ssm  # noqa: F401
    except ImportError:
        assert scan._installed_kernel() is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_gives_the_same():
    values = inputs(batch=3, groups=3, length=50, channels=64, states=16)
    moved = [value.detach().cuda().requires_grad_() for value in values]
    torch.testing.assert_close(selective_scan(*moved).cpu(), sequential(*values), atol=1e-11, rtol=1e-11)
    for found, expected in zip(gradients(selective_scan, moved), gradients(sequential, values), strict=True):
        torch.testing.assert_close(found.cpu(), expected, atol=1e-10, rtol=1e-10)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_kernel_of_mamba_ssm_gives_the_same():
    kernel = pytest.importorskip("mamba_ssm.ops.selective_scan_interface").selective_scan_fn
    values = inputs(batch=2, groups=3, length=50, channels=64, states=16, dtype=torch.float32)
    moved = [value.detach().cuda().requires_grad_() for value in values]

    def by_kernel(*given):
        return scan_by_kernel(kernel, *given)

    torch.testing.assert_close(by_kernel(*moved).cpu(), sequential(*values), atol=1e-4, rtol=1e-3)
    for found, expected in zip(gradients(by_kernel, moved), gradients(sequential, values), strict=True):
        torch.testing.assert_close(found.cpu(), expected, atol=1e-3, rtol=1e-3)
