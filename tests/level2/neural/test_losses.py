"""The penalty of negative correlation against finite differences, sums in loops and identities."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stackkit.level2.neural.losses import (
    RowLoss,
    both_losses,
    mixed_loss,
    negative_correlation,
    row_loss,
)

KINDS = {
    "squared": (row_loss(True, 1), 1),
    "pinball": (row_loss(True, 1, 0.8), 1),
    "binary": (row_loss(False, 1), 1),
    "multiclass": (row_loss(False, 3), 3),
}
LAMBDAS = (0.0, 0.3, 1.0)


def case(kind: str, seed: int, nets: int = 4, rows: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    margin = torch.tensor(rng.normal(size=(nets, rows, KINDS[kind][1])))
    codes = {"binary": 2, "multiclass": 3}.get(kind)
    target = rng.integers(codes, size=rows) if codes else rng.normal(size=rows)
    return margin, torch.tensor(target, dtype=torch.float64)


def loop_loss(kind: str, f: np.ndarray, t: float) -> float:
    if kind == "squared":
        return (f[0] - t) ** 2
    if kind == "pinball":
        return 2 * max(0.8 * (t - f[0]), -0.2 * (t - f[0]))
    if kind == "binary":
        p = 1 / (1 + np.exp(-f[0]))
        return -np.log(p if t == 1 else 1 - p)
    return -np.log(np.exp(f[int(t)]) / np.exp(f).sum())


@pytest.mark.parametrize("strength", LAMBDAS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_sum_of_errors_less_lambda_times_ambiguity(kind: str, strength: float) -> None:
    for seed in range(3):
        margin, target = case(kind, seed)
        made = negative_correlation(margin, target, strength, KINDS[kind][0])
        for row, t in enumerate(target.numpy()):
            f = margin[:, row].numpy()
            errors = [loop_loss(kind, each, t) for each in f]
            ambiguity = np.mean(errors) - loop_loss(kind, f.mean(axis=0), t)
            expected = sum(error - strength * ambiguity for error in errors)
            assert float(made[row]) == pytest.approx(expected, abs=1e-12)


def test_for_squares_it_is_the_penalty_of_liu_and_yao() -> None:
    for seed in range(3):
        margin, target = case("squared", seed)
        f, t = margin[..., 0].numpy(), target.numpy()
        for strength in LAMBDAS:
            expected = np.zeros(len(t))
            for i in range(len(f)):
                others = sum(f[j] - f.mean(axis=0) for j in range(len(f)) if j != i)
                expected += (f[i] - t) ** 2 + strength * (f[i] - f.mean(axis=0)) * others
            made = negative_correlation(margin, target, strength, KINDS["squared"][0])
            np.testing.assert_allclose(made.numpy(), expected, atol=1e-12)


def test_for_squares_the_gradient_is_theirs() -> None:
    margin, target = case("squared", 3)
    margin.requires_grad_(True)
    negative_correlation(margin, target, 0.3, KINDS["squared"][0]).sum().backward()
    f = margin.detach()[..., 0]
    expected = 2 * (f - target) - 2 * 0.3 * (f - f.mean(dim=0))
    torch.testing.assert_close(margin.grad[..., 0], expected)


@pytest.mark.parametrize("strength", LAMBDAS)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_finite_differences(kind: str, strength: float) -> None:
    for seed in range(3):
        margin, target = case(kind, seed)
        assert torch.autograd.gradcheck(
            lambda f, t=target: negative_correlation(f, t, strength, KINDS[kind][0]),
            margin.requires_grad_(True), eps=1e-6, atol=1e-6,
        )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_ambiguity_is_never_negative(kind: str) -> None:
    for seed in range(5):
        together, alone = both_losses(*case(kind, seed), KINDS[kind][0])
        assert (alone - together >= -1e-12).all()


def test_squared_error_of_the_mean_is_mean_error_less_spread() -> None:
    margin, target = case("squared", 1)
    together, alone = both_losses(margin, target, KINDS["squared"][0])
    spread = margin[..., 0].var(dim=0, correction=0)
    torch.testing.assert_close(together, alone - spread)


def test_log_loss_of_the_geometric_mean_is_mean_loss_less_divergence() -> None:
    margin, target = case("multiclass", 1)
    together, alone = both_losses(margin, target, KINDS["multiclass"][0])
    log_p = margin.log_softmax(dim=-1)
    log_mean = log_p.mean(dim=0).log_softmax(dim=-1)
    divergence = (log_mean.exp() * (log_mean - log_p)).sum(dim=-1).mean(dim=0)
    torch.testing.assert_close(together, alone - divergence)


@pytest.mark.parametrize(("quantile", "kind"), [(None, "squared"), (0.8, "pinball")])
def test_mixed_values_have_the_loss_of_their_residuals(quantile: float, kind: str) -> None:
    residual = torch.tensor([-2.0, 0.0, 0.5])
    expected = [loop_loss(kind, [r], 0.0) for r in residual.tolist()]
    made = mixed_loss(True, quantile)(residual)
    np.testing.assert_allclose(made.numpy(), expected, rtol=1e-6)


def test_mixed_probabilities_have_the_log_loss() -> None:
    made = mixed_loss(False)(torch.tensor([0.5, 1.0]))
    torch.testing.assert_close(made, torch.tensor([np.log(2), 0.0], dtype=torch.float32))


def test_of_rows_takes_leading_axes() -> None:
    of_rows: RowLoss = KINDS["multiclass"][0]
    margin, target = case("multiclass", 0, nets=6)
    nested = of_rows(margin.view(2, 3, 5, 3), target)
    torch.testing.assert_close(nested.view(6, 5), of_rows(margin, target))
