"""A bundle equals its members, one by one, before training and after."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch.nn import functional as F

from stackkit.nets.embedding import CODE_WIDTH, WIDTH
from stackkit.nets.fitting import _loss, _squared
from stackkit.nets.layout import Layout
from stackkit.nets.mlp import Bundle, Shape
from stackkit.nets.training import Training, seeded, train

LAYOUT = Layout(numbers=(0, 1), flags=(2,), codes=(3,), levels=(6,))
SHAPE = Shape(LAYOUT, outputs=2, hidden=(5, 4), members=3, activation="selu")
NARROW = {
    "front.numbers.weight": WIDTH,
    "front.numbers.bias": WIDTH,
    "front.codes.table": CODE_WIDTH,
}
State = dict[str, torch.Tensor]


def rows(n: int) -> torch.Tensor:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, n)
    values = [rng.normal(size=n), rng.uniform(size=n), rng.integers(0, 2, n), codes]
    return torch.tensor(np.column_stack(values), dtype=torch.float32)


def prepared(shape: Shape) -> Bundle:
    torch.manual_seed(0)
    bundle = Bundle(shape)
    bundle.prepare(rows(300))
    return bundle.eval()


def of_member(state: State, m: int) -> State:
    """The state of one member alone."""
    made = {}
    for name, value in state.items():
        if name in NARROW:
            made[name] = value[..., m * NARROW[name] : (m + 1) * NARROW[name]]
        else:
            made[name] = value if name.startswith("front") else value[m : m + 1]
    return made


def alone(bundle: Bundle, m: int) -> Bundle:
    """One member as a bundle of its own."""
    made = Bundle(dataclasses.replace(bundle.shape, members=1))
    made.load_state_dict({k: v.clone() for k, v in of_member(bundle.state_dict(), m).items()})
    return made.eval()


def by_hand(state: State, x: torch.Tensor) -> torch.Tensor:
    """The layers of a bundle of one, in plain matrix products, on its embedded rows."""
    x = x * state["scale.factor"][0]
    for k in (0, 3):
        w, b = state[f"layers.{k}.weight"][0], state[f"layers.{k}.bias"][0]
        x = F.selu(x @ w / np.sqrt(len(w)) + b)
    w, b = state["last.weight"][0], state["last.bias"][0]
    return x @ w / np.sqrt(len(w)) + b


def test_members_do_not_mix() -> None:
    bundle = prepared(SHAPE)
    torch.nn.init.normal_(bundle.last.weight)
    made = bundle(rows(7))
    assert made.shape == (3, 7, 2)
    for m in range(3):
        one = alone(bundle, m)
        torch.testing.assert_close(made[m], one(rows(7))[0])
        torch.testing.assert_close(made[m], by_hand(one.state_dict(), one.front(rows(7))[0]))


def test_the_front_holds_numbers_flags_embeddings_and_codes() -> None:
    bundle, x = prepared(SHAPE), rows(5)
    made = bundle.front(x)
    assert made.shape == (3, 5, bundle.front.width)
    assert torch.equal(made[1, :, :3], x[:, :3])
    assert torch.equal(made[..., 3:9], bundle.front.numbers(x[:, :2]))
    assert torch.equal(made[..., 9:], bundle.front.codes(x[:, 3:]))


def test_training_side_by_side_is_training_alone() -> None:
    shape = dataclasses.replace(SHAPE, outputs=1, activation="silu")
    plan = Training(steps=30, batch=32, learning_rate=0.05, weight_decay=0.02, dropout=0.0)
    x, bundle = rows(100), prepared(shape)
    y = np.sin(x[:, 0].numpy())
    singles = [alone(bundle, m) for m in range(3)]
    for net in (bundle, *singles):
        with seeded(1, 1):
            train(net, net.groups(), _loss(net, x, y, None, _squared), len(x), plan)
    for m, single in enumerate(singles):
        assert not torch.equal(single(x), torch.zeros(1, 100, 1))
        torch.testing.assert_close(bundle(x)[m], single(x)[0], rtol=1e-3, atol=1e-4)


def test_the_last_layer_starts_at_zero_and_the_others_at_unit_size() -> None:
    bundle = prepared(SHAPE)
    assert (bundle(rows(4)) == 0).all()
    first = bundle.layers[0]
    made = first(bundle.scale(bundle.front(rows(300)))) - first.bias
    torch.testing.assert_close(made.std(dim=1), torch.ones(3, 5), rtol=0.01, atol=0.01)


def test_every_parameter_is_in_one_group() -> None:
    bundle = Bundle(SHAPE)
    grouped = [p for g in bundle.groups() for p in g.parameters]
    assert {id(p) for p in grouped} == {id(p) for p in bundle.parameters()}
    assert len(grouped) == len(list(bundle.parameters()))
    assert [g.decays for g in bundle.groups()] == [False, True, False, False]


def test_a_bundle_without_numbers_or_codes_reads_flags() -> None:
    layout = Layout((), (0, 1), (), ())
    bundle = prepared(dataclasses.replace(SHAPE, layout=layout))
    assert bundle.front.width == 2
    assert bundle(rows(5)).shape == (3, 5, 2)
