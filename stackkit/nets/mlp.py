"""A bundle of multilayer perceptrons that are trained side by side as one module.

After RealMLP (Holzmüller, Grinsztajn and Steinwart, 2024): embedded inputs, a learnable scale of
them, weights in the neural-tangent parametrisation, a last layer that starts at zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from stackkit.nets.dense import Activation, Dense, Drop, Scale
from stackkit.nets.front import Front
from stackkit.nets.layout import Layout
from stackkit.nets.training import Group

SCALE_RATE, SLOW_RATE = 6.0, 0.1  # factors of the learning rate, as in RealMLP
CODE_RATE = 0.1  # the same of looked-up codes: at 1, levels of few rows are learnt by heart
PREPARE = 2_000  # rows that the first weights are sized on


@dataclass(frozen=True)
class Shape:
    """The sizes of a bundle: `members` nets from the columns of a layout to `outputs` numbers.

    `start` is the size of the first weights of numeric embeddings.
    """

    layout: Layout
    outputs: int
    hidden: tuple[int, ...]
    members: int
    activation: str
    start: float = 1.0


class Bundle(nn.Module):
    """(n, d) -> (m, n, outputs): embeddings, scale, then dense layers with activation, dropout."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, m = shape, shape.members
        self.front = Front(m, shape.layout, shape.start)
        self.scale = Scale(m, self.front.width)
        sizes = (self.front.width, *shape.hidden)
        layers: list[nn.Module] = []
        for a, b in pairwise(sizes):
            layers += [Dense(m, a, b), Activation(m, b, shape.activation), Drop()]
        self.layers = nn.Sequential(*layers)
        self.last = Dense(m, sizes[-1], shape.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.layers(self.scale(self.front(x))))

    @property
    def widest(self) -> int:
        """Numbers that the widest layer holds for one row."""
        return max(self.front.widest, self.shape.members * max(self.front.width, *self._sizes()))

    def _sizes(self) -> tuple[int, ...]:
        return (*self.shape.hidden, self.shape.outputs)

    @torch.no_grad()
    def prepare(self, x: torch.Tensor) -> None:
        """Before training: bins and the size of the first weights from rows (n, d)."""
        self.front.place(x)
        self.last.silence()
        made = self.scale(self.front(x[:: max(1, len(x) // PREPARE)]))
        for layer in self.layers:
            if isinstance(layer, Dense):
                layer.normalise(made)
            if not isinstance(layer, Drop):
                made = layer(made)

    def groups(self) -> Iterator[Group]:
        """Parameters with their factors of the learning rate; only weights of layers decay."""
        dense = [layer for layer in self.modules() if isinstance(layer, Dense)]
        slow = [layer.bias for layer in dense]
        slow += [layer.share for layer in self.layers if isinstance(layer, Activation)]
        yield Group([self.scale.factor], SCALE_RATE, False)
        yield Group([layer.weight for layer in dense], 1.0, True)
        yield Group(slow + parameters_of(self.front.numbers), SLOW_RATE, False)
        yield Group(parameters_of(self.front.codes), CODE_RATE, False)


def parameters_of(module: nn.Module | None) -> list[nn.Parameter]:
    """Its parameters, none of no module."""
    return [] if module is None else list(module.parameters())
