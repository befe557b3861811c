"""What nets are trained for, against loops over rows; member dropout."""

from __future__ import annotations

import numpy as np
import torch

from stackkit.level2.neural.losses import mixed_loss, row_loss
from stackkit.level2.neural.nets import Nets
from stackkit.level2.neural.problems import (
    Corrections,
    RowWeights,
    dropped,
    kept_members,
    weights_of,
)
from stackkit.level2.neural.search import Found, search
from stackkit.nets.training import Training, seeded

F, G, M, N, MEMBERS = 2, 3, 2, 10, 4


def nets_and_columns(outputs: int) -> tuple[Nets, torch.Tensor]:
    """Nets that are not zero, and columns of members of one column each."""
    with seeded(3, 1):
        nets = Nets(F * G * M, MEMBERS + 1, (3,), outputs)
        torch.nn.init.normal_(nets.layers[-1].weight)
        return nets.requires_grad_(False), torch.randn(N, MEMBERS + 1)


def corrections(x: torch.Tensor, dropout: float = 0.0) -> Corrections:
    rng = torch.Generator().manual_seed(1)
    start, target = (torch.randn(shape, generator=rng) for shape in ((F, N, 1), (N,)))
    return Corrections(x, start, target, torch.tensor([0.0, 0.3, 0.9]), dropout, row_loss(True, 1))


def row_weights(x: torch.Tensor, rates: tuple[float, ...] = (0.0, 0.0, 0.0)) -> RowWeights:
    rng = torch.Generator().manual_seed(1)
    start, terms = (torch.randn(shape, generator=rng) for shape in ((F, MEMBERS), (N, MEMBERS)))
    return RowWeights(x, start, terms, torch.tensor(rates), mixed_loss(True))


def test_corrections_are_added_to_the_start_of_their_part() -> None:
    nets, x = nets_and_columns(1)
    problem, rows = corrections(x), torch.tensor([7, 2, 5])
    losses, measures = problem.losses(nets, rows), problem.measures(nets, rows)
    made = nets(x)[..., 0].view(F, G, M, N)
    for f in range(F):
        for g, strength in enumerate((0.0, 0.3, 0.9)):
            for place, row in enumerate(rows.tolist()):
                margins = [float(problem.start[f, row, 0] + made[f, g, i, row]) for i in range(M)]
                errors = [(z - float(problem.target[row])) ** 2 for z in margins]
                whole = (np.mean(margins) - float(problem.target[row])) ** 2
                expected = sum(e - strength * (np.mean(errors) - whole) for e in errors)
                np.testing.assert_allclose(losses[f, g, place], expected, rtol=1e-4)
                told = measures[:, f, g, place]
                np.testing.assert_allclose(told, [whole, np.mean(errors)], rtol=1e-4)


def test_row_weights_mix_the_members_of_each_row() -> None:
    nets, x = nets_and_columns(MEMBERS)
    problem, rows = row_weights(x), torch.tensor([7, 2, 5])
    losses, measures = problem.losses(nets, rows), problem.measures(nets, rows)
    made = nets(x).view(F, G, M, N, MEMBERS)
    for f in range(F):
        for g in range(G):
            for place, row in enumerate(rows.tolist()):
                logits = (made[f, g, :, row] + problem.start[f]).numpy()
                weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
                alone = (weights @ problem.terms[row].numpy()) ** 2
                together = (weights.mean(axis=0) @ problem.terms[row].numpy()) ** 2
                np.testing.assert_allclose(losses[f, g, place], alone.sum(), rtol=1e-3, atol=1e-6)
                told = measures[:, f, g, place]
                np.testing.assert_allclose(told, [together, alone.mean()], rtol=1e-3, atol=1e-6)


def test_every_rate_drops_its_share_and_never_all() -> None:
    with seeded(0, 1):
        rates = torch.tensor([0.0, 0.25, 0.9])[:, None, None]
        kept = kept_members((4000, MEMBERS), rates)
    assert kept[0].all()
    assert abs(float(kept[1].float().mean()) - 0.75) < 0.02
    assert kept.any(dim=-1).all()


def test_dropout_keeps_the_scale_and_the_mean() -> None:
    x = torch.arange(1.0, 9.0)[None].expand(40_000, -1)
    with seeded(0, 1):
        kept = torch.rand(len(x), 3) >= 0.25
    made = dropped(x, kept, 2, 0.25)
    torch.testing.assert_close(made[:, :2], x[:, :2])
    assert (made[:, 2:4] == 0).all(dim=1).equal(~kept[:, 0])
    torch.testing.assert_close(made.mean(dim=0), x[0], rtol=0.02, atol=0)


def test_members_that_are_dropped_leave_their_weight_to_the_others() -> None:
    logits = torch.randn(F, G, M, 5, MEMBERS)
    kept = torch.ones(G, 5, MEMBERS, dtype=torch.bool)
    kept[1, 2, 3] = False
    weights, free = weights_of(logits, kept), weights_of(logits)
    assert (weights[:, 1, :, 2, 3] == 0).all()
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(F, G, M, 5))
    rest = free[:, 1, :, 2, :3] / free[:, 1, :, 2, :3].sum(dim=-1, keepdim=True)
    torch.testing.assert_close(weights[:, 1, :, 2, :3], rest)


def test_rows_are_judged_by_nets_that_were_not_fitted_on_them() -> None:
    with seeded(2, 1):
        x = torch.randn(30, MEMBERS + 1)
        first = Nets(M, MEMBERS + 1, (3,), 1)
    fold, weight = np.arange(30) % 2, np.linspace(0.5, 2, 30)
    plan = Training(60, 8, 0.05, 0.0, dropout=0.0)
    clean = Corrections(x, torch.zeros(2, 30, 1), x[:, 0], torch.tensor([0.3]), 0.0,
                        row_loss(True, 1))  # fmt: skip
    with seeded(5, 1):
        found = search(clean, first, 1, fold, weight, plan)
    start = float((weight * x[:, 0].numpy() ** 2).sum() / weight.sum())
    assert found.losses.shape == (5, 1, 2)
    np.testing.assert_allclose(found.losses[0, 0], [start, start], rtol=1e-5)
    expected = np.zeros(2)
    for f in range(2):
        nets, own = first.picked([0, 1]), torch.tensor(fold == f)
        only = Corrections(x, clean.start[:1], clean.target, clean.strengths, 0.0, clean.of_rows)
        expected += _trained_apart(only, nets, weight * (fold != f), weight * own.numpy(), plan)
    np.testing.assert_allclose(found.losses[-1, 0], expected / weight.sum(), rtol=1e-3)


def _trained_apart(
    problem: Corrections, nets: Nets, inside: np.ndarray, outside: np.ndarray, plan: Training
) -> np.ndarray:
    from stackkit.level2.neural.search import trained

    with seeded(5, 1):
        trained_nets = trained(problem, nets, inside, plan, 4)
    with torch.no_grad():
        losses = problem.measures(trained_nets, torch.arange(len(outside)))[:, 0, 0]
    return losses.numpy() @ outside


def test_the_best_is_the_least_loss_whose_gain_is_above_its_error() -> None:
    loss = np.array([[5.0, 5.0], [4.0, 4.9], [3.0, 4.5]])
    both = np.stack([loss, loss + 1], axis=2)
    errors = np.array([[0.0, 0.0], [0.5, 0.5], [2.5, 0.1]])
    assert Found(both, errors).best(1.0) == (1, 0)
    assert Found(both, errors).best(0.5) == (2, 0)
    assert Found(both, errors).best(9.0) == (0, 0)
    path = Found(both, errors).path("lambda", [0.1, 0.3])
    assert [(p["lambda"], p["loss"], p["ambiguity"], p["start"]) for p in path] == [
        (0.1, 3.0, 1.0, 5.0),
        (0.3, 4.5, 1.0, 5.0),
    ]
