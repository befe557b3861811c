"""What nets over a pool are trained for: corrections of a blend, or weights a row. Imports torch.

Of everything there are f starts (one for each part of the rows that is fitted on), g settings and
M nets, side by side: f·g·M nets are trained as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from stackkit.level2.neural.losses import RowLoss, both_losses, negative_correlation
from stackkit.level2.neural.nets import Nets

NARROW = 16  # members; of fewer, softmax is several times faster side by side with other rows


class Problem(Protocol):
    """`losses` are minimised in training, `measures` judge what came of it."""

    def losses(self, nets: Nets, rows: torch.Tensor) -> torch.Tensor:
        """(f, g, b), summed over nets, members dropped at random."""

    def measures(self, nets: Nets, rows: torch.Tensor) -> torch.Tensor:
        """(2, f, g, b): the loss of the ensemble, the mean of the losses of its nets."""


@dataclass(frozen=True)
class Corrections:
    """Nets that each add a correction to a blend's margins, under negative correlation.

    x (n, d) columns, start (f, n, c) margins, target (n,), strengths (g,) of the penalty, and the
    share of members that are dropped from the columns.
    """

    x: torch.Tensor
    start: torch.Tensor
    target: torch.Tensor
    strengths: torch.Tensor
    dropout: float
    of_rows: RowLoss

    def losses(self, nets: Nets, rows: torch.Tensor) -> torch.Tensor:
        c = self.start.shape[2]
        kept = kept_members((len(rows), self.x.shape[1] // c - 1), self.dropout)
        x = dropped(self.x[rows], kept.to(self.x.device), c, self.dropout)
        strengths = self.strengths[:, None]
        return negative_correlation(
            self._margins(nets(x), rows), self.target[rows], strengths, self.of_rows
        )

    def measures(self, nets: Nets, rows: torch.Tensor) -> torch.Tensor:
        margins = self._margins(nets(self.x[rows]), rows)
        return torch.stack(both_losses(margins, self.target[rows], self.of_rows))

    def _margins(self, made: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(f, g, M, b, c)."""
        made = made.view(len(self.start), len(self.strengths), -1, *made.shape[1:])
        return self.start[:, None, None, rows] + made


@dataclass(frozen=True)
class RowWeights:
    """Nets that each set weights of the members for each row, which sum to 1.

    x (n, d) columns, start (f, m) logarithms of weights that nets begin at, terms (n, m) as
    `stackkit.level2.neural.terms` has them, rates (g,) of member dropout. A member that is dropped
    has no weight: the others share it.
    """

    x: torch.Tensor
    start: torch.Tensor
    terms: torch.Tensor
    rates: torch.Tensor
    of_mixed: RowLoss

    def losses(self, nets: Nets, rows: torch.Tensor) -> torch.Tensor:
        m, f = self.terms.shape[1], len(self.start)
        each = nets.count // (f * len(self.rates))
        rates = self.rates[:, None, None]
        kept = kept_members((len(rows), m), rates.cpu()).to(self.x.device)
        x = dropped(self.x[rows], kept, self.x.shape[1] // (m + 1), rates)
        x = x[None, :, None].expand(f, -1, each, -1, -1)
        weights = self._weights(nets(x.flatten(0, 2)), kept)
        return self._mixed(weights, rows).sum(dim=2)

    def measures(self, nets: Nets, rows: torch.Tensor) -> torch.Tensor:
        weights = self._weights(nets(self.x[rows]), None)
        together = self._mixed(weights.mean(dim=2), rows)
        return torch.stack((together, self._mixed(weights, rows).mean(dim=2)))

    def _weights(self, made: torch.Tensor, kept: torch.Tensor | None) -> torch.Tensor:
        """(f, g, M, b, m)."""
        made = made.view(len(self.start), len(self.rates), -1, *made.shape[1:])
        return weights_of(made + self.start[:, None, None, None], kept)

    def _mixed(self, weights: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return self.of_mixed((weights * self.terms[rows]).sum(dim=-1))


def weights_of(logits: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
    """Softmax over members (f, g, M, b, m), of those kept (g, b, m)."""
    if kept is not None:
        logits = logits.masked_fill(~kept[:, None], -torch.inf)
    if logits.shape[-1] >= NARROW:
        return logits.softmax(dim=-1)
    return logits.transpose(-1, -2).softmax(dim=-2).transpose(-1, -2)


def kept_members(shape: tuple[int, int], rate: torch.Tensor | float) -> torch.Tensor:
    """Which members (..., b, m) of each row are kept where a share is dropped; never none."""
    kept = torch.rand(shape) >= rate
    return kept | ~kept.any(dim=-1, keepdim=True)


def dropped(
    x: torch.Tensor, kept: torch.Tensor, width: int, rate: torch.Tensor | float
) -> torch.Tensor:
    """Columns (b, (m+1)·width) less those of members not kept (..., b, m), at an equal scale.

    The first `width` columns are of the mean, which stays.
    """
    factor = (kept / (1 - rate)).repeat_interleave(width, dim=-1)
    return torch.cat([x[:, :width].expand(*factor.shape[:-1], -1), x[:, width:] * factor], dim=-1)
