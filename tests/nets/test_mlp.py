"""A bundle equals its members, one by one."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from stackkit.nets.mlp import Bundle, Shape

SHAPE = Shape(inputs=3, outputs=2, hidden=(5, 4), members=3, activation="selu")


def member(state: dict[str, torch.Tensor], m: int, x: torch.Tensor) -> torch.Tensor:
    """One net in plain matrix products."""
    x = x * state["layers.0.factor"][m]
    for name in ("layers.1", "layers.4"):
        w, b = state[f"{name}.weight"][m], state[f"{name}.bias"][m]
        x = F.selu(x @ w / np.sqrt(len(w)) + b)
    w, b = state["layers.7.weight"][m], state["layers.7.bias"][m]
    return x @ w / np.sqrt(len(w)) + b


def test_members_do_not_mix() -> None:
    torch.manual_seed(0)
    bundle = Bundle(SHAPE).eval()
    torch.nn.init.normal_(bundle.layers[-1].weight)
    x = torch.randn(7, 3)
    made = bundle(x)
    assert made.shape == (3, 7, 2)
    for m in range(3):
        torch.testing.assert_close(made[m], member(bundle.state_dict(), m, x))


def test_the_last_layer_starts_at_zero() -> None:
    assert (Bundle(SHAPE).eval()(torch.randn(4, 3)) == 0).all()


def test_every_parameter_is_in_one_group() -> None:
    bundle = Bundle(SHAPE)
    grouped = [p for g in bundle.groups(6.0, 0.1) for p in g.parameters]
    assert {id(p) for p in grouped} == {id(p) for p in bundle.parameters()}
    assert len(grouped) == len(list(bundle.parameters()))
    assert [g.decays for g in bundle.groups(6.0, 0.1)] == [False, True, False]
