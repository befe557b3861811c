"""A bundle of multilayer perceptrons that are trained side by side as one module.

After the simple variant of RealMLP (Holzmüller, Grinsztajn and Steinwart, 2024): a learnable scale
of the inputs, weights in the neural-tangent parametrisation, a last layer that starts at zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from stackkit.nets.training import Group

ACTIVATIONS = {"selu": nn.SELU, "mish": nn.Mish, "relu": nn.ReLU}


@dataclass(frozen=True)
class Shape:
    """The sizes of a bundle: `members` nets from `inputs` to `outputs` numbers."""

    inputs: int
    outputs: int
    hidden: tuple[int, ...]
    members: int
    activation: str


class Scale(nn.Module):
    """A learnable factor a column and member: (n, d) -> (m, n, d)."""

    def __init__(self, members: int, inputs: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(members, 1, inputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


class Dense(nn.Module):
    """Affine maps (m, n, a) -> (m, n, b) with weights of unit size over sqrt(a)."""

    def __init__(self, members: int, inputs: int, outputs: int, zero: bool = False) -> None:
        super().__init__()
        start = torch.zeros if zero else torch.randn
        self.weight = nn.Parameter(start(members, inputs, outputs))
        self.bias = nn.Parameter(start(members, 1, outputs))
        self.factor = 1 / math.sqrt(inputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.bias, x, self.weight, alpha=self.factor)


class Bundle(nn.Module):
    """(n, d) -> (m, n, outputs): scale, then dense layers with activation and dropout."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        layers: list[nn.Module] = [Scale(shape.members, shape.inputs)]
        sizes = (shape.inputs, *shape.hidden)
        for a, b in pairwise(sizes):
            layers += [Dense(shape.members, a, b), ACTIVATIONS[shape.activation](), nn.Dropout()]
        self.layers = nn.Sequential(*layers, Dense(shape.members, sizes[-1], shape.outputs, True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)

    def groups(self, scale_rate: float, bias_rate: float) -> Iterator[Group]:
        """Parameters with their factors of the learning rate; only weights decay."""
        yield Group([self.layers[0].factor], scale_rate, False)
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        yield Group([layer.weight for layer in dense], 1.0, True)
        yield Group([layer.bias for layer in dense], bias_rate, False)
