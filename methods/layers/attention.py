"""Attention parts that NEXT's MGFA and Signal's SIM share."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.common.errors import InputError


def check_heads(size: int, heads: int) -> None:
    """Find out whether attention over features of a size can have so many heads.

    Raises:
        InputError: the heads do not divide the size.
    """
    if size % heads:
        options = ", ".join(str(count) for count in range(1, size + 1) if size % count == 0)
        raise InputError(f"{heads} heads do not divide features of {size} numbers; one of: {options}")


class CrossAttention(nn.Module):
    """Multi-head attention of queries over one sequence of keys and values, without the attention map.

    Args:
        size: D; 4 * (D * D + D) parameters.
        heads: number of heads; divides D.
        dropout: on the attention weights.

    Raises:
        InputError: the heads do not divide D.
    """

    def __init__(self, size: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_heads(size, heads)
        self.attention = nn.MultiheadAttention(size, heads, dropout=dropout, batch_first=True)

    def forward(self, queries: Tensor, sequence: Tensor, ignore: Tensor | None = None) -> Tensor:
        """Attend.

        Args:
            queries: (B, Q, D).
            sequence: (B, L, D): keys and values.
            ignore: (B, L) bool: True where an entry must not be attended; at least one entry of a row must stay.

        Returns:
            (B, Q, D).
        """
        return self.attention(queries, sequence, sequence, key_padding_mask=ignore, need_weights=False)[0]


class FeedForward(nn.Sequential):
    """Linear, GELU, Linear.

    Args:
        size: D of input and output.
        hidden: width in between.
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, size))
