"""Small perceptrons side by side, trained in waves. Imports torch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from stackkit.nets.dense import Dense
from stackkit.nets.schedules import coslog4
from stackkit.nets.training import Training, batches

ENDS = (1 / 15, 3 / 15, 7 / 15, 1.0)  # of the waves of coslog4, where the learning rate is 0

Losses = Callable[[nn.Module, torch.Tensor], torch.Tensor]


class Nets(nn.Module):
    """k perceptrons (k, b, d) -> (k, b, outputs), all 0 at first."""

    def __init__(self, count: int, inputs: int, hidden: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        sizes = (inputs, *hidden, outputs)
        self.layers = nn.ModuleList([Dense(count, a, b) for a, b in pairwise(sizes)])
        self.layers[-1].silence()

    @property
    def count(self) -> int:
        """How many nets."""
        return self.layers[0].weight.shape[0]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (b, d), the same for all nets, or (k, b, d)."""
        x = x.expand(self.count, -1, -1)
        for layer in self.layers[:-1]:
            x = F.silu(layer(x))
        return self.layers[-1](x)

    def picked(self, which: list[int]) -> Nets:
        """Copies of some of the nets, any of them several times."""
        made = copy.deepcopy(self)
        for parameter in made.parameters():
            parameter.data = parameter.data[which].clone()
        return made

    def groups(self) -> list[dict[str, list[nn.Parameter]]]:
        """Tables of an optimizer: weights first, which decay, then biases, which do not."""
        return [{"params": [getattr(layer, name) for layer in self.layers]}
                for name in ("weight", "bias")]  # fmt: skip


def train_in_waves(
    nets: Nets, losses: Losses, share: torch.Tensor, plan: Training
) -> Iterator[int]:
    """Train in place, and yield 1, 2, 3, 4 as each wave of the learning rate ends.

    Between waves the rate is 0, so that each end is as good a place to stop as the last one
    (Huang et al., 2017, "Snapshot ensembles"). Minimised is the sum over all but rows of the mean
    over rows of share (f, n) times losses(nets, rows) (f, g, b).
    """
    optimizer = torch.optim.AdamW(
        nets.groups(), lr=0.0, betas=(0.9, plan.beta2), weight_decay=0.0, fused=True
    )
    optimizer.param_groups[0]["weight_decay"] = plan.weight_decay
    ends = [round(end * plan.steps) for end in ENDS]
    for step, rows in enumerate(batches(share.shape[1], plan), start=1):
        for table in optimizer.param_groups:
            table["lr"] = plan.learning_rate * coslog4(step / plan.steps)
        rows = rows.to(share.device)
        optimizer.zero_grad(set_to_none=True)
        (losses(nets, rows) * share[:, None, rows]).mean(dim=-1).sum().backward()
        optimizer.step()
        if step in ends:
            yield 1 + ends.index(step)
