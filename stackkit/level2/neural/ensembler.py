"""The regularised neural ensembler: nets that weigh the base models anew for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.level2.neural.blend import NetBlend, NetBlendFit, Rows
from stackkit.level2.neural.negative_correlation import check_shares
from stackkit.level2.neural.terms import terms
from stackkit.metrics import get_space
from stackkit.predictions import Pool
from stackkit.spec import Objective

if TYPE_CHECKING:
    from stackkit.level2.neural.problems import Problem

EVEN = 0.1  # share of equal weights in those that nets begin at: none is out of reach


@dataclass(frozen=True)
class NeuralEnsembler(NetBlend):
    """Non-negative weights that sum to 1 and differ from row to row, by nets over the predictions.

    Arango, Janowski, Purucker, Zela, Hutter and Grabocka, "Regularized neural ensemblers" (2024,
    arXiv 2410.04520), in the mode that averages models: while training, base models are dropped at
    random and the others share their weight, which bounds how much is lost of their diversity. A
    blend stays within the range of the members, so it cannot err beyond all of them.

    Parameters
    ----------
    rates : shares of base models dropped, one of them chosen by inner folds.
    """

    kind: ClassVar[str] = "neural-ensembler"
    rates: tuple[float, ...] = (0.0, 0.25, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares("rates", self.rates, 0.99)

    def build(self, objective: Objective, seed: int) -> NeuralEnsemblerFit:
        """An unfitted estimator."""
        return NeuralEnsemblerFit(self, objective, seed)

    @property
    def setting(self) -> str:
        """ "dropout"."""
        return "dropout"

    @property
    def settings(self) -> Sequence[float]:
        """The rates of dropout."""
        return self.rates

    def outputs(self, shape: tuple[int, int, int]) -> int:
        """A weight for each member, before softmax."""
        return shape[0]

    def problem(self, data: Rows, starts: np.ndarray, settings: Sequence[float]) -> Problem:
        """Weights that begin at `starts` (f, m)."""
        from stackkit.level2.neural.losses import mixed_loss
        from stackkit.level2.neural.problems import RowWeights

        objective = data.reading.objective
        return RowWeights(
            x=data.tensor(data.x),
            start=data.tensor(first_logits(starts)),
            terms=data.tensor(terms(data.pool.matrix(), data.y, data.reading.space)),
            rates=data.tensor(np.array(settings)),
            of_mixed=mixed_loss(objective.of_values, objective.quantile),
        )

    def blend(self, made: np.ndarray, block: np.ndarray, fit: NetBlendFit) -> np.ndarray:
        """Σ wᵢ pᵢ with weights of each row, in the objective's space."""
        weights = mean_weights(made, fit.sorted_start_)
        space = get_space(fit.objective.space)
        blended = space.inverse(np.einsum("bm,mbc->bc", weights, space.forward(block)))
        if fit.objective.of_values:
            return blended
        if blended.shape[1] > 1:
            blended /= blended.sum(axis=1, keepdims=True)
        return np.clip(blended, 0.0, 1.0)


class NeuralEnsemblerFit(NetBlendFit):
    """Also tells the weights of each row."""

    def row_weights(self, X: Pool) -> np.ndarray:
        """(n, m) weights of the members `names_`, each row's sum 1."""
        weights = [mean_weights(made, self.sorted_start_) for made, _ in self._made(X)]
        return np.concatenate(weights)[:, np.argsort(self.reading_.order)]


def first_logits(weights: np.ndarray) -> np.ndarray:
    """Logarithms of weights (..., m) with a share of equal ones."""
    return np.log((1 - EVEN) * weights + EVEN / weights.shape[-1])


def mean_weights(made: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(b, m): the mean over nets of softmax(outputs (M, b, m) + first logits)."""
    logits = made + first_logits(start)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    return (weights / weights.sum(axis=2, keepdims=True)).mean(axis=0)
