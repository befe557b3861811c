"""Embeddings against loops over rows, columns and members."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from stackkit.nets import embedding
from stackkit.nets.embedding import BINS, CODE_WIDTH, WIDTH, Lookup, Piecewise

MEMBERS = 3


@pytest.fixture
def numbers() -> torch.Tensor:
    """A skewed column, one of three values, one that is constant."""
    rng = np.random.default_rng(0)
    columns = [np.exp(rng.normal(size=400)), rng.integers(0, 3, 400), np.full(400, 5.0)]
    return torch.tensor(np.column_stack(columns), dtype=torch.float64)


def piecewise(numbers: torch.Tensor) -> Piecewise:
    torch.manual_seed(0)
    made = Piecewise(MEMBERS, numbers.shape[1]).double()
    made.place(numbers)
    torch.nn.init.normal_(made.bias)
    return made


def share(x: float, low: float, high: float) -> float:
    return min(max((x - low) / (high - low), 0.0), 1.0)


def slow(made: Piecewise, numbers: np.ndarray, x: np.ndarray, m: int) -> list[float]:
    """One row of one member, from quantiles up."""
    out = []
    for j, value in enumerate(x):
        edges = np.unique(np.quantile(numbers[:, j], np.linspace(0, 1, BINS + 1)))
        shares = [share(value, a, b) for a, b in pairwise(edges)]
        for w in range(WIDTH):
            place = m * WIDTH + w
            terms = [s * made.weight[j, b, place].item() for b, s in enumerate(shares)]
            out.append(sum(terms) + made.bias[j, 0, place].item())
    return out


def test_piecewise_equals_a_loop(numbers: torch.Tensor) -> None:
    made = piecewise(numbers)
    rows = torch.cat([numbers[:9], torch.tensor([[-4.0, 0.5, 6.0], [99.0, 7.0, 4.0]])])
    out = made(rows)
    assert out.shape == (MEMBERS, 11, 3 * WIDTH)
    for m in range(MEMBERS):
        expected = [slow(made, numbers.numpy(), x, m) for x in rows.numpy()]
        np.testing.assert_allclose(out[m].detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_gradients_of_piecewise_are_those_of_differences(numbers: torch.Tensor) -> None:
    made = piecewise(numbers)
    rows = numbers[:4] + 0.01

    def loss(weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        values = {"weight": weight, "bias": bias}
        return torch.func.functional_call(made, values, (rows,)).sin().sum()

    assert torch.autograd.gradcheck(loss, (made.weight, made.bias))


def test_bins_are_cut_from_a_sample_of_many_rows(
    numbers: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "SAMPLE", 100)
    torch.testing.assert_close(piecewise(numbers).low, piecewise(numbers[::4]).low)


def test_the_first_weights_have_the_size_asked_for() -> None:
    weight = Piecewise(MEMBERS, 40, start=0.3).weight.abs().max().item()
    assert 0.9 * 0.3 < weight * BINS**0.5 <= 0.3


def test_bins_narrower_than_numbers_can_tell_stay_finite() -> None:
    x = torch.tensor([[0.0], [1e-42], [1.0]])
    made = Piecewise(1, 1)
    made.place(x)
    assert made(x).isfinite().all()


def test_lookup_equals_a_loop() -> None:
    torch.manual_seed(0)
    made = Lookup(MEMBERS, (3, 5))
    codes = torch.tensor([[0.0, 4.0], [2.0, 0.0], [1.0, 3.0]])
    out = made(codes)
    assert out.shape == (MEMBERS, 3, 2 * CODE_WIDTH)
    table = made.table.reshape(8, MEMBERS, CODE_WIDTH)
    for m in range(MEMBERS):
        for i, (a, b) in enumerate(codes.int().tolist()):
            torch.testing.assert_close(out[m, i], torch.cat([table[a, m], table[3 + b, m]]))


def test_codes_beyond_a_column_stay_in_it() -> None:
    made = Lookup(1, (3, 5))
    places = made.places(torch.tensor([[9.0, 9.0], [-1.0, -2.0]]))
    assert places.tolist() == [[2, 7], [0, 3]]


def test_absent_codes_get_the_mean_of_the_rows() -> None:
    torch.manual_seed(0)
    made = Lookup(2, (4, 2))
    before = made.table.clone()
    made.settle(torch.tensor([[0, 0], [2, 1], [2, 0]]))
    mean = (before[0] + 2 * before[2]) / 3
    torch.testing.assert_close(made.table[1], mean)
    torch.testing.assert_close(made.table[3], mean)
    for kept in (0, 2, 4, 5):
        assert torch.equal(made.table[kept], before[kept])
