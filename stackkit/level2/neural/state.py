"""Fitted nets as arrays, and what they make of rows: numpy only, in double precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stackkit.level2.neural.nets import Nets

State = list[tuple[np.ndarray, np.ndarray]]


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
