"""The setting and the length of training that inner folds prefer; then nets on all rows. Torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from stackkit.level2.neural.nets import ENDS, Nets, train_in_waves
from stackkit.level2.neural.problems import Problem
from stackkit.nets.training import Training

CHUNK = 2_000_000  # numbers that one layer may hold while measuring

State = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Found:
    """Losses (waves + 1, g, 2) of held rows: of the ensemble, and the mean of its nets.

    Wave 0 is the start, before any training.
    """

    losses: np.ndarray

    @property
    def best(self) -> tuple[int, int]:
        """Wave and position of the setting of least ensemble loss; the earliest of equal ones."""
        wave, setting = np.unravel_index(np.argmin(self.losses[..., 0]), self.losses.shape[:2])
        return int(wave), int(setting)

    def path(self, name: str, settings: Sequence[float]) -> list[dict[str, float]]:
        """For each setting at its best wave: loss, mean loss of nets, and their difference."""
        return [self._at(name, value, g) for g, value in enumerate(settings)]

    def _at(self, name: str, value: float, g: int) -> dict[str, float]:
        wave = int(np.argmin(self.losses[:, g, 0]))
        loss, individual = map(float, self.losses[wave, g])
        return {
            name: value,
            "trained": (0.0, *ENDS)[wave],
            "loss": loss,
            "individual": individual,
            "ambiguity": individual - loss,
            "start": float(self.losses[0, g, 0]),
        }


def search(
    problem: Problem,
    first: Nets,
    settings: int,
    fold: np.ndarray,
    weight: np.ndarray,
    plan: Training,
) -> Found:
    """Train f · g · M nets, those of part f without the rows of fold f, and measure them there."""
    parts = int(fold.max()) + 1
    inside = torch.tensor(np.stack([weight * (fold != f) for f in range(parts)]))
    outside = torch.tensor(np.stack([weight * (fold == f) for f in range(parts)]))
    nets = first.picked(list(range(first.count)) * (parts * settings))
    measured = [_measured(problem, nets, outside)]
    share = (inside / inside.mean(dim=1, keepdim=True)).to(_device(nets), torch.float32)
    for _ in train_in_waves(nets, problem.losses, share, plan):
        measured.append(_measured(problem, nets, outside))
    return Found(np.stack(measured))


def trained(problem: Problem, first: Nets, weight: np.ndarray, plan: Training, waves: int) -> Nets:
    """The nets after some waves on all rows."""
    nets = first.picked(list(range(first.count)))
    share = torch.tensor(weight / weight.mean())[None].to(_device(nets), torch.float32)
    steps = train_in_waves(nets, problem.losses, share, plan)
    for _ in range(waves):
        next(steps)
    return nets


@torch.no_grad()
def _measured(problem: Problem, nets: Nets, outside: torch.Tensor) -> np.ndarray:
    """(g, 2): means over all rows, each judged by the nets that were not fitted on it."""
    n, total = outside.shape[1], 0.0
    widest = max(max(layer.weight.shape[1:]) for layer in nets.layers)
    size = max(1, CHUNK // (nets.count * widest))
    for begin in range(0, n, size):
        rows = torch.arange(begin, min(begin + size, n), device=_device(nets))
        losses = problem.measures(nets, rows).double().cpu()
        total = total + torch.einsum("kfgb,fb->gk", losses, outside[:, begin : begin + size])
    return (total / outside.sum()).numpy()


def _device(nets: Nets) -> torch.device:
    return nets.layers[0].weight.device


def state_of(nets: Nets) -> State:
    """Weights and biases of each layer as arrays."""
    return [(layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy())
            for layer in nets.layers]  # fmt: skip


def outputs_of(state: State, x: np.ndarray) -> np.ndarray:
    """(M, b, outputs) float64 of columns (b, d)."""
    made = np.broadcast_to(x, (len(state[0][0]), *x.shape))
    for weight, bias in state[:-1]:
        made = _affine(made, weight, bias)
        made = made * (1 + np.tanh(made / 2)) / 2
    return _affine(made, *state[-1])


def _affine(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return x @ weight.astype(float) / np.sqrt(weight.shape[1]) + bias
