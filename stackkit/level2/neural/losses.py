"""Losses of rows, alone and of ensembles with negative correlation. Imports torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F

RowLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def row_loss(of_values: bool, width: int, quantile: float | None = None) -> RowLoss:
    """The loss of margins (..., b, c) for targets (b,), as (..., b).

    Squared error, or the pinball loss of a quantile, for values; for margins of one column the
    log-loss of a sigmoid, of several that of a softmax.
    """
    if of_values:
        return squared if quantile is None else partial(pinball, q=quantile)
    return binary if width == 1 else multiclass


def squared(margin: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(f − t)²."""
    return (margin[..., 0] - target) ** 2


def pinball(margin: torch.Tensor, target: torch.Tensor, q: float) -> torch.Tensor:
    """q (t − f) above f, (1 − q)(f − t) below; times two, so that at q = 1/2 it is |t − f|."""
    above = target - margin[..., 0]
    return 2 * torch.maximum(q * above, (q - 1) * above)


def binary(margin: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """−log P(t) with P(1) = sigmoid(f)."""
    return F.softplus(margin[..., 0]) - target * margin[..., 0]


def multiclass(margin: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """−log P(t) with P = softmax(f)."""
    codes = target.long().expand(margin.shape[:-1])[..., None]
    return margin.logsumexp(dim=-1) - margin.gather(-1, codes)[..., 0]


def mixed_loss(of_values: bool, quantile: float | None = None) -> Callable[..., torch.Tensor]:
    """The loss of mixed terms: of residuals of values, or of the true class's probability."""
    if not of_values:
        return lambda p: -p.log()
    of_rows = row_loss(True, 1, quantile)
    return lambda residual: of_rows(residual[..., None], torch.zeros(()))


def both_losses(
    margin: torch.Tensor, target: torch.Tensor, of_rows: RowLoss
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of nets (..., M, b, c): the loss of their mean margin, the mean of their losses; (..., b)."""
    return of_rows(margin.mean(dim=-3), target), of_rows(margin, target).mean(dim=-2)


def negative_correlation(
    margin: torch.Tensor, target: torch.Tensor, strength: torch.Tensor | float, of_rows: RowLoss
) -> torch.Tensor:
    """Σᵢ (errorᵢ − λ ambiguityᵢ) over nets i of margins (..., M, b, c), as (..., b).

    For squared error this is Σᵢ (fᵢ − t)² + λ pᵢ with the penalty pᵢ = (fᵢ − f̄) Σⱼ≠ᵢ (fⱼ − f̄) =
    −(fᵢ − f̄)² of Liu and Yao, "Ensemble learning via negative correlation" (1999), whose gradient
    2 (fᵢ − t) − 2 λ (fᵢ − f̄) it has exactly. As the ambiguity is the mean loss of nets less that of
    their mean (Krogh and Vedelsby, 1995), it equals M ((1 − λ) · mean loss + λ · loss of the mean),
    which holds for any convex loss (Buschjäger, Pfahler and Morik, "Generalized negative
    correlation learning", 2020; Webb et al., 2021). For the log-loss the mean is that of margins,
    the normalised geometric mean of probabilities, for which the ambiguity is exactly the mean
    Kullback-Leibler divergence from the ensemble to its nets (Heskes, 1998; Wood et al., 2023).
    """
    together, alone = both_losses(margin, target, of_rows)
    return margin.shape[-3] * ((1 - strength) * alone + strength * together)
