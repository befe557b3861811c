"""What models that average targets average: values in their space, or indicators of classes."""

from __future__ import annotations

import numpy as np

from stackkit.spec import Objective
from stackkit.target_space import TargetSpace, target_space


def space_of(objective: Objective, y: np.ndarray, margin: float = 0.0) -> TargetSpace | None:
    """The objective's space of values y (n,), its range widened by `margin`; None for classes."""
    return target_space(y, objective.space, margin) if objective.of_values else None


def averaged(objective: Objective, y: np.ndarray, space: TargetSpace | None) -> np.ndarray:
    """Values in their space (n, 1), or which class each row is of (n, C), 0 or 1."""
    if space is None:
        return np.eye(len(objective.classes))[y]
    return space.forward(y)[:, None]
