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


@dataclass(frozen=True)
class Found:
    """Mean losses (waves + 1, g, 2) of held rows: of the ensemble, and the mean of its nets.

    Wave 0 is the start, before any training; `errors` (waves + 1, g) are standard errors of the
    difference between an ensemble's loss and that of the start, paired by rows.
    """

    losses: np.ndarray
    errors: np.ndarray

    def best(self, caution: float) -> tuple[int, int]:
        """Wave and position of the setting of least loss, the earliest of equal ones.

        Only those count whose gain over wave 0 is above `caution` standard errors; else it is 0.
        """
        loss = self.losses[..., 0]
        sure = loss[0] - loss > caution * self.errors
        if not sure.any():
            return 0, 0
        wave, setting = np.unravel_index(np.argmin(np.where(sure, loss, np.inf)), loss.shape)
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
    nets = first.picked(list(range(first.count)) * (parts * settings))
    inside = np.stack([weight * (fold != f) for f in range(parts)])
    start = _held(problem, nets, fold)
    told = [_told(start, start, weight)]
    for _ in train_in_waves(nets, problem.losses, _shares(inside, nets), plan):
        told.append(_told(_held(problem, nets, fold), start, weight))
    losses, errors = zip(*told, strict=True)
    return Found(np.stack(losses), np.stack(errors))


def trained(problem: Problem, first: Nets, weight: np.ndarray, plan: Training, waves: int) -> Nets:
    """The nets after some waves on all rows."""
    nets = first.picked(list(range(first.count)))
    steps = train_in_waves(nets, problem.losses, _shares(weight[None], nets), plan)
    for _ in range(waves):
        next(steps)
    return nets


def _shares(weights: np.ndarray, nets: Nets) -> torch.Tensor:
    """Weights (f, n) of mean 1."""
    return torch.tensor(weights / weights.mean(axis=1, keepdims=True)).to(
        _device(nets), torch.float32
    )


@torch.no_grad()
def _held(problem: Problem, nets: Nets, fold: np.ndarray) -> np.ndarray:
    """Losses (g, 2, n) of rows, each judged by the nets that were not fitted on its fold."""
    widest = max(max(layer.weight.shape[1:]) for layer in nets.layers)
    size = max(1, CHUNK // (nets.count * widest))
    made = []
    for begin in range(0, len(fold), size):
        own = torch.tensor(fold[begin : begin + size], device=_device(nets))
        rows = torch.arange(begin, begin + len(own), device=own.device)
        losses = problem.measures(nets, rows)
        made.append(losses[:, own, :, torch.arange(len(own), device=own.device)].cpu().numpy())
    return np.concatenate(made).T


def _told(
    losses: np.ndarray, start: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means (g, 2) of losses (g, 2, n), and standard errors (g,) of those less the start's."""
    share = weight / weight.sum()
    away = (losses[:, 0] - start[:, 0]).astype(float)
    away -= (away @ share)[:, None]
    return losses.astype(float) @ share, np.sqrt(away**2 @ share**2)


def _device(nets: Nets) -> torch.device:
    return nets.layers[0].weight.device
