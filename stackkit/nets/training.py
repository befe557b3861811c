"""The one training loop of the nets: mini-batches, Adam with decoupled decay, scheduled rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from stackkit.nets.dense import Drop
from stackkit.nets.schedules import coslog4, flat_cosine


@dataclass(frozen=True)
class Group:
    """Parameters that share a factor of the learning rate; `decays`: whether they shrink."""

    parameters: list[torch.nn.Parameter]
    rate: float
    decays: bool


@dataclass(frozen=True)
class Training:
    """How long and how fast: `steps` mini-batches of `batch` rows.

    The learning rate follows coslog4; weight decay and dropout follow flat_cosine.
    """

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float
    dropout: float
    beta2: float = 0.95


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Torch with this number of threads; the former one is restored afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, threads: int) -> Iterator[None]:
    """Torch with this seed and number of threads; both are restored afterwards."""
    with limited(threads), torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def train(
    module: torch.nn.Module,
    groups: Iterable[Group],
    loss: Callable[[torch.Tensor], torch.Tensor],
    n: int,
    plan: Training,
) -> None:
    """Minimise loss(rows) over mini-batches of the rows 0..n−1, in place."""
    groups = list(groups)
    optimizer = _optimizer(groups, plan)
    drops = [layer for layer in module.modules() if isinstance(layer, Drop)]
    module.train()
    for step, rows in enumerate(batches(n, plan)):
        t = step / plan.steps
        _set_rates(optimizer, groups, plan, t)
        for layer in drops:
            layer.p = plan.dropout * flat_cosine(t)
        optimizer.zero_grad(set_to_none=True)
        loss(rows).backward()
        optimizer.step()
    module.eval()


def batches(n: int, plan: Training) -> Iterator[torch.Tensor]:
    """Rows of `steps` mini-batches, epoch after epoch in a new order; short ends are left out."""
    size, done = min(plan.batch, n), 0
    while True:
        order = torch.randperm(n)
        for start in range(0, n - size + 1, size):
            if done == plan.steps:
                return
            yield order[start : start + size]
            done += 1


def _optimizer(groups: list[Group], plan: Training) -> torch.optim.Optimizer:
    tables = [{"params": group.parameters} for group in groups]
    return torch.optim.AdamW(
        tables, lr=plan.learning_rate, betas=(0.9, plan.beta2), weight_decay=0.0, fused=True
    )


def _set_rates(
    optimizer: torch.optim.Optimizer, groups: list[Group], plan: Training, t: float
) -> None:
    for table, group in zip(optimizer.param_groups, groups, strict=True):
        table["lr"] = plan.learning_rate * group.rate * coslog4(t)
        table["weight_decay"] = plan.weight_decay * flat_cosine(t) if group.decays else 0.0
