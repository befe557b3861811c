"""Layers of a bundle: m nets side by side, each with weights of its own."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {"selu": F.selu, "silu": F.silu}


class Scale(nn.Module):
    """A learnable factor a column and member: (m, n, d) -> (m, n, d)."""

    def __init__(self, members: int, inputs: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(members, 1, inputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


class Dense(nn.Module):
    """Affine maps (m, n, a) -> (m, n, b) with weights of unit size over sqrt(a)."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(members, inputs, outputs))
        self.bias = nn.Parameter(torch.randn(members, 1, outputs))
        self.factor = 1 / math.sqrt(inputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias, x, self.weight, alpha=self.factor)

    @torch.no_grad()
    def normalise(self, x: torch.Tensor) -> None:
        """Scale the weights: outputs less their biases have deviation 1 over x (m, n, a)."""
        spread = torch.bmm(x, self.weight * self.factor).std(dim=1, correction=0, keepdim=True)
        self.weight /= torch.where(spread > 1e-6, spread, 1.0)

    @torch.no_grad()
    def silence(self) -> None:
        """Start at zero."""
        self.weight.zero_()
        self.bias.zero_()


class Activation(nn.Module):
    """x + w (f(x) − x) with a learnable w, 1 at first, for each unit of each member."""

    def __init__(self, members: int, units: int, name: str) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.ones(members, 1, units))
        self.function = ACTIVATIONS[name]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.lerp(x, self.function(x), self.share)


class Drop(nn.Module):
    """Dropout (m, n, u) -> (m, n, u) with a share `p` of units dropped, the same for all members.

    One mask for all members is cheaper to draw, and each of them still sees plain dropout.
    """

    def __init__(self) -> None:
        super().__init__()
        self.p = 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.empty_like(x[:1]).bernoulli_(1 - self.p)
        return x * kept.div_(1 - self.p)
