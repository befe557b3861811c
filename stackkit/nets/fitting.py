"""Fit a bundle of nets to arrays and predict with it; what is kept are arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn import functional as F

from stackkit.nets.mlp import Bundle, Shape
from stackkit.nets.training import Training, limited, seeded, train

PREDICT = 1_000_000  # numbers that the widest layer may hold while predicting

Loss = Callable[[torch.Tensor], torch.Tensor]
RowLosses = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


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
    quantile: float | None = None,
) -> dict[str, np.ndarray]:
    """Train on X (n, d) and target (n,): numbers, or class codes where shape.outputs > 1.

    Numbers estimate this quantile of the target by pinball loss, without one its mean.

    Returns the module's state as float32 arrays.
    """
    with seeded(seed, threads):
        bundle = Bundle(shape).to(device)
        x = torch.tensor(X, dtype=torch.float32, device=device)
        bundle.prepare(x)
        of_rows = _of_rows(shape, quantile)
        loss = _loss(bundle, x, target, weight, of_rows)
        train(bundle, bundle.groups(), loss, len(X), plan)
        bundle.front.settle(x)
        return {name: value.cpu().numpy() for name, value in bundle.state_dict().items()}


def predict_bundle(
    shape: Shape, state: dict[str, np.ndarray], X: np.ndarray, *, threads: int, device: str = "cpu"
) -> np.ndarray:
    """Means over members for X (n, d): numbers (n, 1), or probabilities (n, outputs).

    In double precision, so that a row does not depend on its batch; on the CPU where torch has no
    such device here.
    """
    where = device if torch.cuda.is_available() else "cpu"
    made = np.empty((len(X), shape.outputs))
    with limited(threads), torch.inference_mode():
        bundle = _restored(shape, state).to(where)
        size = _rows_at_a_time(bundle)
        for start in range(0, len(X), size):
            rows = torch.tensor(X[start : start + size], dtype=torch.float64, device=where)
            out = bundle(rows)
            out = out if shape.outputs == 1 else out.softmax(dim=-1)
            made[start : start + size] = out.mean(dim=0).cpu().numpy()
    return made


def _restored(shape: Shape, state: dict[str, np.ndarray]) -> Bundle:
    with torch.random.fork_rng(devices=[]):
        bundle = Bundle(shape)
    bundle.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    return bundle.double().eval()


def _rows_at_a_time(bundle: Bundle) -> int:
    return max(1, PREDICT // bundle.widest)


def _of_rows(shape: Shape, quantile: float | None) -> RowLosses:
    if shape.outputs > 1:
        return _cross_entropy
    return _squared if quantile is None else partial(_pinball, q=quantile)


def _loss(
    bundle: Bundle,
    x: torch.Tensor,
    target: np.ndarray,
    weight: np.ndarray | None,
    of_rows: RowLosses,
) -> Loss:
    """The sum over members of their own mean losses, as a function of the rows.

    A sum, so that each member's gradient is the one that it would have alone.
    """
    w = torch.ones(len(x)) if weight is None else torch.tensor(weight / weight.mean())
    w = w.to(x.device, torch.float32)
    kind = torch.float32 if bundle.shape.outputs == 1 else torch.int64
    t = torch.tensor(target, dtype=kind, device=x.device)

    def loss(rows: torch.Tensor) -> torch.Tensor:
        rows = rows.to(x.device)
        return (w[rows] * of_rows(bundle(x[rows]), t[rows])).mean(dim=1).sum()

    return loss


def _squared(out: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (out[..., 0] - target) ** 2


def _pinball(out: torch.Tensor, target: torch.Tensor, q: float) -> torch.Tensor:
    above = target - out[..., 0]
    return torch.maximum(q * above, (q - 1) * above)


def _cross_entropy(out: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    members = out.shape[0]
    losses = F.cross_entropy(out.flatten(0, 1), target.repeat(members), reduction="none")
    return losses.reshape(members, -1)
