"""Fit a bundle of nets to arrays and predict with it; what is kept are arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional as F

from stackkit.nets.mlp import Bundle, Shape
from stackkit.nets.training import Training, limited, seeded, train

SCALE_RATE, BIAS_RATE = 6.0, 0.1  # factors of the learning rate, as in RealMLP
PREDICT = 10_000  # rows predicted at a time

Loss = Callable[[torch.Tensor], torch.Tensor]


def fit_bundle(
    shape: Shape,
    X: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray | None,
    plan: Training,
    *,
    seed: int,
    threads: int,
    device: str,
) -> dict[str, np.ndarray]:
    """Train on X (n, d) and target (n,): numbers, or class codes where shape.outputs > 1.

    Returns the module's state as float32 arrays.
    """
    with seeded(seed, threads):
        bundle = Bundle(shape).to(device)
        loss = _loss(bundle, X, target, weight, device)
        train(bundle, bundle.groups(SCALE_RATE, BIAS_RATE), loss, len(X), plan)
        return {name: value.cpu().numpy() for name, value in bundle.state_dict().items()}


def predict_bundle(
    shape: Shape, state: dict[str, np.ndarray], X: np.ndarray, *, threads: int
) -> np.ndarray:
    """Means over members for X (n, d): numbers (n, 1), or probabilities (n, outputs)."""
    bundle = Bundle(shape).double().eval()
    bundle.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    made = np.empty((len(X), shape.outputs))
    with limited(threads), torch.inference_mode():
        for start in range(0, len(X), PREDICT):
            rows = torch.tensor(X[start : start + PREDICT], dtype=torch.float64)
            out = bundle(rows)
            out = out if shape.outputs == 1 else out.softmax(dim=-1)
            made[start : start + PREDICT] = out.mean(dim=0).numpy()
    return made


def _loss(
    bundle: Bundle, X: np.ndarray, target: np.ndarray, weight: np.ndarray | None, device: str
) -> Loss:
    """The mean over members of their own mean losses, as a function of the rows."""
    x = torch.tensor(X, dtype=torch.float32, device=device)
    w = torch.ones(len(X)) if weight is None else torch.tensor(weight / weight.mean())
    w = w.to(device, torch.float32)
    kind = torch.float32 if bundle.shape.outputs == 1 else torch.int64
    t = torch.tensor(target, dtype=kind, device=device)
    of_rows = _squared if bundle.shape.outputs == 1 else _cross_entropy

    def loss(rows: torch.Tensor) -> torch.Tensor:
        return (w[rows] * of_rows(bundle(x[rows]), t[rows])).mean()

    return loss


def _squared(out: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (out[..., 0] - target) ** 2


def _cross_entropy(out: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    members = out.shape[0]
    losses = F.cross_entropy(out.flatten(0, 1), target.repeat(members), reduction="none")
    return losses.reshape(members, -1)
