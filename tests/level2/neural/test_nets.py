"""Nets side by side are the nets that they would be alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from stackkit.level2.neural.losses import row_loss
from stackkit.level2.neural.nets import Nets, train_in_waves
from stackkit.level2.neural.problems import Corrections
from stackkit.level2.neural.search import trained
from stackkit.level2.neural.state import outputs_of, state_of
from stackkit.nets.training import Training, seeded

N, D, M = 120, 4, 3
PLAN = Training(steps=60, batch=32, learning_rate=0.05, weight_decay=0.1, dropout=0.0)


@pytest.fixture
def first() -> Iterator[Nets]:
    with seeded(0, 1):
        yield Nets(M, D, (5,), 1)


def problem(strengths: tuple[float, ...], kind: str = "squared", dropout: float = 0.3):
    rng = np.random.default_rng(1)
    x = torch.tensor(rng.normal(size=(N, D)), dtype=torch.float32)
    y = torch.sin(2 * x[:, 1]) + 0.3 * torch.tensor(rng.normal(size=N), dtype=torch.float32)
    target = y if kind == "squared" else (y > 0).float()
    start = 0.5 * x[None, :, :1]
    of_rows = row_loss(kind == "squared", 1)
    return Corrections(x, start, target, torch.tensor(strengths), dropout, of_rows)


def after(nets: Nets, strengths: tuple[float, ...], kind: str = "squared", waves: int = 4) -> Nets:
    with seeded(7, 1):
        return trained(problem(strengths, kind), nets, np.ones(N), PLAN, waves)


def outputs(nets: Nets) -> torch.Tensor:
    with torch.no_grad():
        return nets(problem((0.0,)).x)


@pytest.mark.parametrize("kind", ["squared", "binary"])
def test_lambda_zero_equals_independent_training(first: Nets, kind: str) -> None:
    together = outputs(after(first, (0.0,), kind))
    for i in range(M):
        alone = outputs(after(first.picked([i]), (0.0,), kind))
        torch.testing.assert_close(together[i], alone[0], rtol=1e-4, atol=1e-5)


def test_with_a_penalty_nets_differ_from_those_trained_alone(first: Nets) -> None:
    together = outputs(after(first, (0.6,)))
    alone = outputs(after(first.picked([0]), (0.6,)))
    assert (together[0] - alone[0]).abs().max() > 0.01


@pytest.mark.parametrize("kind", ["squared", "binary"])
def test_a_larger_lambda_raises_the_ambiguity(first: Nets, kind: str) -> None:
    found = []
    for strength in (0.0, 0.3, 0.6, 0.9):
        nets = after(first, (strength,), kind)
        with torch.no_grad():
            together, alone = problem((strength,), kind).measures(nets, torch.arange(N))
        found.append(float((alone - together).mean()))
    assert found == sorted(found)
    assert found[-1] > 2 * found[0]


def test_settings_side_by_side_are_those_of_their_own(first: Nets) -> None:
    both = outputs(after(first.picked([0, 1, 2, 0, 1, 2]), (0.0, 0.6)))
    torch.testing.assert_close(both[:M], outputs(after(first, (0.0,))), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(both[M:], outputs(after(first, (0.6,))), rtol=1e-4, atol=1e-5)


def test_nets_begin_at_zero_and_their_own_are_left_alone(first: Nets) -> None:
    assert (outputs(first) == 0).all()
    before = [p.clone() for p in first.parameters()]
    after(first, (0.3,))
    for was, now in zip(before, first.parameters(), strict=True):
        torch.testing.assert_close(was, now, rtol=0, atol=0)


def test_waves_end_one_after_the_other(first: Nets) -> None:
    assert (outputs(after(first, (0.3,), waves=0)) == 0).all()
    nets = first.picked([0, 1, 2])
    with seeded(7, 1):
        steps = train_in_waves(nets, problem((0.3,)).losses, torch.ones(1, N), PLAN)
        for wave in (1, 2, 3, 4):
            assert next(steps) == wave
            now, stopped = outputs(nets), outputs(after(first, (0.3,), waves=wave))
            torch.testing.assert_close(now, stopped, rtol=0, atol=0)
        assert next(steps, None) is None


def test_rows_of_no_share_do_not_matter(first: Nets) -> None:
    share = np.ones(N)
    share[::3] = 0
    spoilt = problem((0.3,))
    spoilt.target[::3] = 99
    with seeded(7, 1):
        clean = trained(problem((0.3,)), first, share, PLAN, 4)
    with seeded(7, 1):
        other = trained(spoilt, first, share, PLAN, 4)
    torch.testing.assert_close(outputs(clean), outputs(other), rtol=0, atol=0)


def test_arrays_make_what_nets_make(first: Nets) -> None:
    nets, x = after(first, (0.3,)), problem((0.0,)).x
    made = outputs_of(state_of(nets), x.double().numpy())
    assert made.dtype == np.float64
    np.testing.assert_allclose(made, outputs(nets).numpy(), atol=1e-5)
    np.testing.assert_allclose(outputs_of(state_of(nets), x[3:4].double().numpy())[:, 0],
                               made[:, 3], rtol=1e-12)  # fmt: skip


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_trains_nearly_the_same(first: Nets) -> None:
    here, there = problem((0.3,)), problem((0.3,))
    names = ("x", "start", "target", "strengths")
    moved = {name: getattr(there, name).to("cuda") for name in names}
    with seeded(7, 1):
        on_gpu = trained(
            Corrections(**moved, dropout=0.3, of_rows=there.of_rows),
            first.picked([0, 1, 2]).to("cuda"), np.ones(N), PLAN, 4,
        )  # fmt: skip
    on_cpu = after(first, (0.3,))
    np.testing.assert_allclose(
        outputs_of(state_of(on_gpu), here.x.numpy()),
        outputs_of(state_of(on_cpu), here.x.numpy()), atol=0.02,
    )  # fmt: skip
