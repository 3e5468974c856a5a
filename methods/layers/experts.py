"""Experts and the networks that route tokens to them (NEXT, Eqs. 1, 2 and 8)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import FeedForward


class Expert(nn.Module):
    """E(F) = Dropout(MLP(LN(F))) + F (NEXT, Eq. 1).

    Args:
        size: D.
        hidden: width of the MLP; D in NEXT, which gives 526,336 parameters at D = 512.
        dropout: 0.1 in the paper.
    """

    def __init__(self, size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.mlp = FeedForward(size, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (..., D) to tokens (..., D)."""
        return self.dropout(self.mlp(self.norm(tokens))) + tokens


class GroupedLinear(nn.Module):
    """G linear layers side by side, each on its own rows; initialised as G separate `nn.Linear`.

    Args:
        groups: G.
        inputs: size of a row.
        outputs: size of its image.
    """

    def __init__(self, groups: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(groups, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(groups, 1, outputs).uniform_(-bound, bound))

    def forward(self, rows: Tensor) -> Tensor:
        """Rows (G, T, inputs) to (G, T, outputs)."""
        return torch.baddbmm(self.bias, rows, self.weight)


class TokenRouter(nn.Module):
    """Scores of tokens for each expert by a two-layer network FC2(GELU(FC1(F))) of its own (NEXT, Eq. 2).

    Args:
        experts: E.
        scopes: 1 where all modalities share the networks, M where each modality has its own.
        size: D.
    """

    def __init__(self, experts: int, scopes: int, size: int) -> None:
        super().__init__()
        self.experts, self.scopes = experts, scopes
        self.fc1 = GroupedLinear(scopes, size, experts * size)
        self.fc2 = GroupedLinear(scopes * experts, size, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """Score tokens.

        Args:
            tokens: (M, T, D): T tokens of each modality.

        Returns:
            (M, E, T).
        """
        M, T, D = tokens.shape
        hidden = F.gelu(self.fc1(tokens.reshape(self.scopes, -1, D)))
        hidden = hidden.unflatten(-1, (self.experts, D)).transpose(1, 2).flatten(0, 1)
        scores = self.fc2(hidden).reshape(self.scopes, self.experts, M // self.scopes, T)
        return scores.transpose(1, 2).reshape(M, self.experts, T)
