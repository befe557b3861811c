"""The training loop: batches, seeds, threads, decay."""

from __future__ import annotations

import torch

from stackkit.nets.training import Group, Training, batches, limited, seeded, train


def plan(steps: int, batch: int = 4, decay: float = 0.0) -> Training:
    return Training(steps, batch, learning_rate=0.1, weight_decay=decay, dropout=0.0)


def test_batches_visit_each_row_once_an_epoch() -> None:
    torch.manual_seed(0)
    made = list(batches(8, plan(4)))
    assert len(made) == 4
    for epoch in (made[:2], made[2:]):
        assert sorted(torch.cat(epoch).tolist()) == list(range(8))


def test_small_data_make_smaller_batches() -> None:
    assert [len(b) for b in batches(3, plan(2, batch=256))] == [3, 3]


def test_seed_and_threads_are_restored() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with seeded(5, 1):
        one = torch.rand(3)
    with seeded(5, 1):
        assert torch.equal(torch.rand(3), one)
        assert torch.get_num_threads() == 1
    with limited(threads + 1):
        assert torch.get_num_threads() == threads + 1
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def line(decays: bool, decay: float) -> float:
    """The slope of y = 2x that is learnt."""
    with seeded(0, 1):
        net = torch.nn.Linear(1, 1, bias=False)
        x = torch.linspace(-1, 1, 16)[:, None]
        group = Group([net.weight], 1.0, decays)
        loss = lambda rows: ((net(x[rows]) - 2 * x[rows]) ** 2).mean()  # noqa: E731
        train(net, [group], loss, 16, plan(200, decay=decay))
    assert not net.training
    return net.weight.item()


def test_training_finds_the_minimum_and_decay_shrinks_it() -> None:
    assert abs(line(False, 5.0) - 2) < 0.02
    assert abs(line(True, 5.0)) < 1.9
