"""The protocols of the loop: what a model is, what it reads, what it is fitted for.

A `ModelSpec` names a `Learner` (declared parameters), which builds an estimator for an `Objective`
and a seed. A `Source` turns a Fit into `Views`: the inputs of fitting, scoring and predicting.
`cross_fit` knows nothing else of a model.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np

from stackkit.competition import Competition
from stackkit.config import check_name
from stackkit.errors import ConfigError, ModelError, nearest, shown
from stackkit.folds import Fit
from stackkit.metrics import Metric, quantile_of
from stackkit.sizing import ExpectedCost, Limits
from stackkit.user_code import code_digest

Role = Literal["base", "meta", "blend"]
TASKS = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Objective:
    """What a fit aims at: enters every key.

    `space` is where means over folds are taken and where a value target is best fitted ("identity"
    or "log1p"); `surrogate` is the loss that is minimised in the metric's place: "logloss", or in
    `space` "squared", "absolute" or "quantile:q"; `classes` are the labels in class order, as text,
    the positive one last; `metric` is there for learners that declare `reads_metric`, else None.
    """

    task: str
    space: str
    surrogate: str
    classes: tuple[str, ...] = ()
    metric: Metric | None = None

    @property
    def content(self) -> dict[str, Any]:
        """What of it enters a key."""
        metric = None if self.metric is None else self.metric.recipe()
        return {
            "task": self.task,
            "space": self.space,
            "surrogate": self.surrogate,
            "classes": list(self.classes),
            "metric": metric,
        }

    @property
    def quantile(self) -> float | None:
        """What of the target values estimate: 0.5 its median, 0.9 what 90 % stay below; None: mean.

        A learner that has no loss of its own for a quantile may fit the mean.
        """
        return quantile_of(self.surrogate) if self.task == "regression" else None

    @property
    def output(self) -> str:
        """ "proba" or "value"."""
        return "value" if self.task == "regression" else "proba"

    @property
    def of_values(self) -> bool:
        """Whether values are predicted, not probabilities of classes."""
        return self.task == "regression"

    @property
    def width(self) -> int:
        """Columns c of a prediction: 1 for regression and binary, else one a class."""
        return len(self.classes) if self.task == "multiclass" else 1


@runtime_checkable
class Estimator(Protocol):
    """What `Learner.build` returns."""

    def fit(self, X: Any, y: np.ndarray, weight: np.ndarray | None = None) -> Estimator:
        """Fit on X (Matrix or Pool), y (n,) and row weights (n,); return self."""

    def predict(self, X: Any) -> np.ndarray:
        """Predictions (n, c): probabilities or values in the target's units."""


@runtime_checkable
class Learner(Protocol):
    """A frozen dataclass whose fields are the declared parameters.

    Class attributes declare the rest: `kind` and `version` enter the key in place of the code;
    `test_from` "folds" averages the fold models' test predictions, "full" fits once on all rows;
    `threads` is the number each fit uses; `reads_metric` puts the metric into the objective;
    `needs_features` says that it reads features, not only predictions; `reads_names` that it
    reads names and families of its parents; `queries` "chain" that each fold model predicts test
    from its own chain of parents, "mean" from the parents' test predictions.
    """

    kind: ClassVar[str]
    version: ClassVar[int]
    test_from: ClassVar[str]
    reads_metric: ClassVar[bool]
    needs_features: ClassVar[bool]
    reads_names: ClassVar[bool]
    queries: ClassVar[str]
    threads: int

    def build(self, objective: Objective, seed: int) -> Estimator:
        """An unfitted estimator."""


@dataclass(frozen=True)
class BaseLearner:
    """What a learner declares unless it says otherwise; a learner of one's own adds `build`.

    `kind` is the name of the class where a class does not set it.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    test_from: ClassVar[str] = "folds"
    reads_metric: ClassVar[bool] = False
    needs_features: ClassVar[bool] = True
    reads_names: ClassVar[bool] = False
    queries: ClassVar[str] = "mean"
    threads: int = field(default=1, kw_only=True)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "kind" not in vars(cls):
            cls.kind = cls.__name__


ABOVE_0 = sys.float_info.min  # as the least of a range: more than 0


def check_ranges(learner: Any, ranges: Mapping[str, tuple[float, float]]) -> None:
    """ModelError where a declared parameter is not of its type, or lies outside (least, most).

    The annotation says what it is: whole numbers (int), numbers (float), one or more of them
    (tuple), perhaps None.
    """
    kinds = {f.name: str(f.type) for f in dataclasses.fields(learner)}
    for name, (least, most) in ranges.items():
        value, kind = getattr(learner, name), kinds[name]
        if value is None and "None" in kind:
            continue
        several, whole = "tuple" in kind, "int" in kind
        given = value if several and isinstance(value, tuple | list) else [value]
        right = several == isinstance(value, tuple | list) and len(given) > 0
        if not right or not all(_is_number(v, whole) and least <= v <= most for v in given):
            what = f"{'whole ' * whole}number{'s, one or more' * several}"
            rule = f"{name} of {type(learner).__name__}: {what}, {_range(least, most)}"
            raise ModelError(rule, shown(value))


def check_choice(learner: Any, name: str, valid: Iterable[str]) -> None:
    """ModelError, with the nearest, where a declared parameter is none of the valid names."""
    value = getattr(learner, name)
    if not isinstance(value, str) or value not in valid:
        rule = f"{name} of {type(learner).__name__} is a known one"
        raise ModelError(rule, shown(value), nearest(value, valid))


def _is_number(value: Any, whole: bool) -> bool:
    kind = numbers.Integral if whole else numbers.Real
    return isinstance(value, kind) and not isinstance(value, bool)


def _range(least: float, most: float) -> str:
    low = "above 0" if least == ABOVE_0 else f"at least {least:g}"
    return low if most == math.inf else f"{low} and at most {most:g}"


@dataclass(frozen=True)
class Part:
    """A learner as a parameter of another: its own parameters and what else enters a key.

    Its `threads` are 1 here: the learner that it is part of says how many there are.
    """

    learner: Learner
    kind: str
    version: int
    code: str

    @classmethod
    def of(cls, learner: Learner) -> Part:
        """Describe a learner; ModelError for anything else."""
        if isinstance(learner, ModelSpec):
            got, hint = f"the ModelSpec {learner.name!r}", 'its learner, as METAS["..."].learner'
            raise ModelError("a part is a learner", got, hint)
        if isinstance(learner, type):
            raise ModelError(
                "a part is a learner", f"the class {learner.__name__}", f"{learner.__name__}()"
            )
        if not (isinstance(learner, Learner) and dataclasses.is_dataclass(learner)):
            hint = 'such as LinearMeta() or METAS["..."].learner'
            raise ModelError("a part is a learner, a frozen dataclass", shown(learner), hint)
        alone = dataclasses.replace(learner, threads=1)
        return cls(alone, learner.kind, learner.version, code_digest(type(learner)))

    def build(self, objective: Objective, seed: int, threads: int) -> Estimator:
        """An unfitted estimator, told the metric only if the learner reads it."""
        metric = objective.metric if self.learner.reads_metric else None
        learner = dataclasses.replace(self.learner, threads=threads)
        return learner.build(dataclasses.replace(objective, metric=metric), seed)


@dataclass(frozen=True)
class ModelSpec:
    """A named learner with what the stack must know of it.

    Parameters
    ----------
    name : of the entry in cache and tables; not part of the key.
    learner : the declared parameters.
    family : models of one family err alike.
    tasks : the tasks it takes.
    recipe : the feature recipe it reads; None for learners that read nothing but a stack.
    role : "base", "meta" or "blend".
    limits : the largest input it takes.
    needs_ranks : it makes sense only for a metric that reads the order of predictions.
    fidelity : the parameter that trades accuracy for time, if there is one.
    rare_class : it takes only targets whose rarest class has a smaller share of rows than this.
    cost : what one Fit is expected to cost before any is measured.
    value : what it is expected to add to a stack, 1 for an ordinary model; where time is short the
        planner prefers value for cost.
    seed : varies the model, never the folds.
    code : bytes of user code that the learner stands on; part of the key.
    """

    name: str
    learner: Learner
    family: str
    tasks: tuple[str, ...] = TASKS
    recipe: str | None = "trees"
    role: Role = "base"
    limits: Limits = field(default_factory=Limits)
    needs_ranks: bool = False
    fidelity: str | None = None
    rare_class: float | None = None
    cost: ExpectedCost = field(default_factory=ExpectedCost)
    value: float = 1.0
    seed: int = 0
    code: bytes | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "model name")

    @property
    def parameters(self) -> dict[str, Any]:
        """The learner's declared parameters, threads aside."""
        fields = dataclasses.fields(self.learner)
        return {f.name: getattr(self.learner, f.name) for f in fields if f.name != "threads"}

    def with_parameters(self, parameters: Mapping[str, Any]) -> ModelSpec:
        """This spec with other parameters; ConfigError for a name that the learner lacks."""
        known = {f.name for f in dataclasses.fields(self.learner)}
        for name in parameters:
            if name not in known:
                raise ConfigError(
                    f"{self.name} has no parameter {name!r}", hint=nearest(name, known)
                )
            _check_type(self, name, parameters[name])
        learner = dataclasses.replace(self.learner, **parameters)
        work = 1.0 if self.fidelity is None else _ratio(learner, self.learner, self.fidelity)
        return dataclasses.replace(self, learner=learner, cost=self.cost.scaled(work))

    def with_fidelity(self, share: float) -> ModelSpec:
        """This spec with its fidelity parameter scaled by `share` (0, 1], at least 1."""
        if self.fidelity is None or share == 1:
            return self
        value = getattr(self.learner, self.fidelity)
        return self.with_parameters({self.fidelity: max(1, round(value * share))})

    def with_seed(self, seed: int) -> ModelSpec:
        """This spec with another seed."""
        return dataclasses.replace(self, seed=seed)


def _ratio(new: Learner, old: Learner, parameter: str) -> float:
    return getattr(new, parameter) / getattr(old, parameter)


def _check_type(spec: ModelSpec, name: str, value: Any) -> None:
    """ConfigError where a plain parameter is given a value of another type."""
    hint = typing.get_type_hints(type(spec.learner)).get(name)
    kinds = typing.get_args(hint) or (hint,)
    kinds = {typing.get_origin(kind) or kind for kind in kinds}
    if not kinds <= {int, float, str, bool, types.NoneType}:
        return
    kinds |= {int} if float in kinds else set()
    if type(value) not in kinds:
        words = " or ".join(sorted(k.__name__ for k in kinds if k is not types.NoneType))
        raise ConfigError(f"{name} of {spec.name} is of type {words}", repr(value))


@dataclass(frozen=True)
class Views:
    """The inputs of one Fit, all of one kind (Matrix or Pool), None for those that are absent.

    `rows` are the positions in train that `fit` holds (None: all n); `weight` (len of fit,) is 0
    for rows not to be fitted on, or None; `score_rows` the positions that `score` holds. `test` and
    `holdout` give the predictions that are averaged over fits; where `chained`, `test_chain` and
    `holdout_chain` give this Fit's own chain, else the chain reads the same inputs. `transform`
    turns a frame of new rows into the kind of `test` (None for a Pool).
    """

    fit: Any
    score_rows: np.ndarray
    score: Any = None
    holdout: Any = None
    test: Any = None
    rows: np.ndarray | None = None
    weight: np.ndarray | None = None
    chained: bool = False
    holdout_chain: Any = None
    test_chain: Any = None
    transform: Callable[[Any], Any] | None = None


@runtime_checkable
class Source(Protocol):
    """What a learner reads. Pickles as paths of mapped files, never as data.

    `scored` (n,) bool are the rows that it has inputs for, None for all; `parents` the records that
    it reads (anything with key, depth and evidence), none for features.
    """

    scored: np.ndarray | None
    parents: Sequence[Any]

    @property
    def key(self) -> Mapping[str, Any]:
        """What of it enters the key of a record."""

    def narrow(self, fit: Fit) -> Fit:
        """The Fit on the rows that it has inputs for."""

    def score_rows(self, fit: Fit) -> np.ndarray:
        """Positions of the rows that a Fit scores, sorted."""

    def prepare(self, fit: Fit) -> Views:
        """The inputs of one Fit, fitted on `fit.fit_rows` only."""


def objective_for(competition: Competition, learner: Learner) -> Objective:
    """The objective of a learner on a competition."""
    metric = competition.metric
    return Objective(
        task=competition.task,
        space=metric.average_space,
        surrogate=metric.surrogate_for(competition.task),
        classes=tuple(str(c) for c in competition.classes),
        metric=metric if learner.reads_metric else None,
    )
