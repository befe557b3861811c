"""Negative correlation learning: nets trained together to correct a blend, each in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stackkit.errors import ModelError
from stackkit.level2.neural.blend import NetBlend, NetBlendFit, Rows

if TYPE_CHECKING:
    from stackkit.level2.neural.problems import Problem


@dataclass(frozen=True)
class NegativeCorrelation(NetBlend):
    """Nets with the penalty of Liu and Yao (1999): each one's loss is error − λ · ambiguity.

    λ = 0 trains them apart, λ = 1 as one machine that fits noise (Chen and Yao, 2009); evidence is
    for small λ only. Their mean is taken of margins: of values in the objective's space, of
    probabilities geometrically, as the decomposition of the log-loss asks. `path_` holds for each λ
    the inner loss, the mean loss of nets and their difference, the ambiguity.

    Parameters
    ----------
    lambdas : strengths of the penalty, in [0, 1].
    dropout : share of base models that are dropped at random from the inputs while training.
    """

    kind: ClassVar[str] = "negative-correlation"
    lambdas: tuple[float, ...] = (0.0, 0.1, 0.3, 0.6)
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares("lambdas", self.lambdas, 1.0)
        check_shares("dropout", (self.dropout,), 0.99)

    @property
    def setting(self) -> str:
        """ "lambda"."""
        return "lambda"

    @property
    def settings(self) -> Sequence[float]:
        """The strengths of the penalty."""
        return self.lambdas

    def outputs(self, shape: tuple[int, int, int]) -> int:
        """A correction for each column."""
        return shape[2]

    def problem(self, data: Rows, starts: np.ndarray, settings: Sequence[float]) -> Problem:
        """Corrections of the blend with weights `starts` (f, m)."""
        from stackkit.level2.neural.losses import row_loss
        from stackkit.level2.neural.problems import Corrections

        objective = data.reading.objective
        blends = [[data.reading.start(b, w) for b in data.pool.blocks()] for w in starts]
        target = data.reading.link(data.y) if objective.of_values else data.y
        return Corrections(
            x=data.tensor(data.x),
            start=data.tensor(np.stack([np.concatenate(blend) for blend in blends])),
            target=data.tensor(target),
            strengths=data.tensor(np.array(settings)),
            dropout=self.dropout,
            of_rows=row_loss(objective.of_values, data.pool.shape[2], objective.quantile),
        )

    def blend(self, made: np.ndarray, block: np.ndarray, fit: NetBlendFit) -> np.ndarray:
        """The blend's margins with the mean correction, back in the target's units."""
        start = fit.reading_.start(block, fit.sorted_start_)
        return fit.reading_.unlinked(start + made.mean(axis=0), start)


def check_shares(name: str, values: Sequence[float], most: float) -> None:
    """ModelError unless there are values and all lie in [0, most]."""
    if not values or not all(0 <= value <= most for value in values):
        raise ModelError(f"{name} lie in 0 to {most}", repr(values), "take 0 to 0.3")
