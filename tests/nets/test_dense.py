"""The layers of a bundle."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from stackkit.nets.dense import Activation, Dense, Drop


def test_normalised_outputs_have_unit_deviation_for_each_member() -> None:
    torch.manual_seed(0)
    dense, x = Dense(2, 3, 5), torch.randn(2, 500, 3) * torch.tensor([10.0, 0.1, 1.0])
    dense.normalise(x)
    spread = (dense(x) - dense.bias).std(dim=1, correction=0)
    torch.testing.assert_close(spread, torch.ones(2, 5), rtol=1e-4, atol=1e-4)


def test_constant_inputs_leave_the_weights_alone() -> None:
    dense = Dense(1, 2, 3)
    before = dense.weight.clone()
    dense.normalise(torch.ones(1, 10, 2))
    assert torch.equal(dense.weight, before)


def test_an_activation_lies_between_the_identity_and_its_function() -> None:
    x = torch.linspace(-2, 2, 12).reshape(1, 4, 3)
    layer = Activation(1, 3, "silu")
    torch.testing.assert_close(layer(x), F.silu(x))
    torch.nn.init.constant_(layer.share, 0.25)
    torch.testing.assert_close(layer(x), 0.75 * x + 0.25 * F.silu(x))


def test_dropout_drops_equal_units_of_all_members_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    layer, x = Drop(), torch.ones(2, 400, 50)
    layer.p = 0.25
    made = layer(x)
    torch.testing.assert_close(made.unique(), torch.tensor([0, 1 / 0.75]))
    assert torch.equal(made[0], made[1])
    assert abs(made.mean().item() - 1) < 0.02
    assert layer.eval()(x) is x
