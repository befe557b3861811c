"""Embeddings: one number, or one code, as several learnt numbers, for each member of a bundle."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

BINS, WIDTH = 16, 3  # pieces of a number's range, and numbers made of them
SAMPLE = 20_000  # rows that the pieces are cut from
NARROWEST = 1e-9  # least width of a bin
CODE_WIDTH = 8  # numbers made of a code


class Piecewise(nn.Module):
    """Numbers (n, d) -> (m, n, d WIDTH): continuous functions of each number, linear in each bin.

    The piecewise-linear embedding of Gorishniy, Rubachev and Babenko (2022): the bins lie between
    quantiles, and weights are learnt for the share of each bin that lies below the number. A
    column of few distinct values has fewer bins; the ones left over read 0. `start` is the size of
    the first weights: small ones begin close to a function of the number itself.
    """

    def __init__(self, members: int, columns: int, start: float = 1.0) -> None:
        super().__init__()
        bound = start / math.sqrt(BINS)
        self.members, self.columns = members, columns
        self.register_buffer("low", torch.zeros(columns, 1, BINS))
        self.register_buffer("rate", torch.zeros(columns, 1, BINS))
        weight = torch.empty(columns, BINS, members * WIDTH).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(columns, 1, members * WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = torch.baddbmm(self.bias, self.shares(x), self.weight)
        made = made.view(self.columns, len(x), self.members, WIDTH)
        return made.permute(2, 1, 0, 3).flatten(2)

    def shares(self, x: torch.Tensor) -> torch.Tensor:
        """The share of each bin that lies below each number, (d, n, BINS) in [0, 1]."""
        return ((x.T[:, :, None] - self.low) * self.rate).clamp(0, 1)

    @torch.no_grad()
    def place(self, x: torch.Tensor) -> None:
        """Cut the bins at quantiles of the rows (n, d)."""
        steps = torch.linspace(0, 1, BINS + 1, dtype=x.dtype, device=x.device)
        for column, values in enumerate(x[:: max(1, len(x) // SAMPLE)].T):
            edges = torch.unique(torch.quantile(values, steps))
            used = len(edges) - 1
            self.low[column, 0, :used] = edges[:-1]
            self.rate[column, 0, :used] = 1 / edges.diff().clamp(min=NARROWEST)


class Lookup(nn.Module):
    """Codes (n, c) -> (m, n, c CODE_WIDTH): a learnt vector for each code of each column."""

    def __init__(self, members: int, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.members = members
        starts = torch.tensor((0, *levels[:-1])).cumsum(0)
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("last", torch.tensor(levels) - 1, persistent=False)
        self.table = nn.Parameter(torch.randn(sum(levels), members * CODE_WIDTH))

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        made = F.embedding(self.places(codes), self.table)
        made = made.view(*codes.shape, self.members, CODE_WIDTH)
        return made.permute(2, 0, 1, 3).flatten(2)

    def places(self, codes: torch.Tensor) -> torch.Tensor:
        """Rows of the table (n, c); a code beyond its column's range is taken to the end of it."""
        return torch.minimum(codes.long().clamp(min=0), self.last) + self.starts

    @torch.no_grad()
    def settle(self, codes: torch.Tensor) -> None:
        """Give each code that the rows (n, c) lack the mean vector of its column over the rows."""
        for column, places in enumerate(self.places(codes).T):
            start, size = int(self.starts[column]), int(self.last[column]) + 1
            rows = torch.bincount(places - start, minlength=size)
            own = self.table[start : start + size]
            own[rows == 0] = (rows[:, None] * own).sum(dim=0) / len(codes)
