import pytest
import torch

from benchmarks.common.errors import InputError
from methods.layers.attention import CrossAttention, FeedForward

D = 6


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_cross_attention_is_the_formula_head_by_head(heads, small, loops):
    attention = small.randomise(CrossAttention(D, heads)).double()
    queries, sequence = numbers(2, 3, D), numbers(2, 5, D, seed=1)
    out = attention(queries, sequence)
    for b in range(2):
        expected = loops.cross_attention(queries[b].tolist(), sequence[b].tolist(), attention.attention, heads)
        torch.testing.assert_close(out[b], torch.tensor(expected, dtype=torch.float64))


def test_ignored_entries_are_as_if_they_were_not_there(small):
    attention = small.randomise(CrossAttention(D, 2)).double()
    queries, sequence = numbers(1, 3, D), numbers(1, 5, D, seed=1)
    ignore = torch.tensor([[False, True, False, True, False]])
    without = attention(queries, sequence[:, [0, 2, 4]])
    torch.testing.assert_close(attention(queries, sequence, ignore), without)
    sequence[:, [1, 3]] = 1e3
    torch.testing.assert_close(attention(queries, sequence, ignore), without)


def test_dropout_is_on_in_training_alone():
    torch.manual_seed(0)
    attention = CrossAttention(D, 2, dropout=0.5).double()
    queries, sequence = numbers(2, 3, D), numbers(2, 5, D, seed=1)
    assert not torch.equal(attention(queries, sequence), attention(queries, sequence))
    attention.eval()
    assert torch.equal(attention(queries, sequence), attention(queries, sequence))


def test_feed_forward_is_linear_gelu_linear(small, loops):
    feed_forward = small.randomise(FeedForward(D, 4)).double()
    tokens = numbers(3, D)
    for token, out in zip(tokens.tolist(), feed_forward(tokens).tolist(), strict=True):
        assert out == pytest.approx(loops.feed_forward(token, feed_forward), abs=1e-12)


def test_published_parameters(small):
    assert small.trainable(CrossAttention(512, 8)) == 1_050_624
    assert small.trainable(FeedForward(512, 1024)) == 1_050_112


def test_heads_that_do_not_divide_the_size_are_a_mistake_of_the_user():
    with pytest.raises(InputError, match="5 heads") as error:
        CrossAttention(48, 5)
    assert "\n" not in str(error.value)
