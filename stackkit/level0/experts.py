"""The base models of the competition `experts`: each reads the columns that its name says."""

from __future__ import annotations

from typing import Any

from stackkit.competition import Competition
from stackkit.datasets.experts import EAST, EXPERTS, FEATURES, POSITION, SPEED, WEST
from stackkit.level0.wrap import SklearnLearner
from stackkit.spec import ModelSpec

READS = {
    "west": (*WEST, *SPEED),
    "east": (*EAST, *SPEED),
    "speed": SPEED,
    "position": (POSITION,),
}


def shipped_models(competition: Competition) -> list[ModelSpec]:
    """The experts that [models] include names; they are in no registry."""
    named = () if competition.config is None else competition.config.models.include
    wanted = [name for name in named if name in EXPERTS]
    return [_expert(name, competition.task) for name in wanted]


def _expert(name: str, task: str) -> ModelSpec:
    kind, reads = name.split("_")
    columns = (*READS[reads], POSITION) if kind == "linear" else READS[reads]
    estimator = _on_columns(dict.fromkeys(columns), _estimator(kind, task))
    return ModelSpec(name, SklearnLearner(estimator), family=kind, recipe="trees")


def _on_columns(columns: dict[str, None], estimator: Any) -> Any:
    """An estimator that reads some columns of FEATURES, in which order recipes leave them."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    places = [FEATURES.index(name) for name in columns]
    return make_pipeline(ColumnTransformer([("own", "passthrough", places)]), estimator)


def _estimator(kind: str, task: str) -> Any:
    from sklearn import ensemble, linear_model, neighbors

    values = task == "regression"
    if kind == "linear":
        return linear_model.Ridge() if values else linear_model.LogisticRegression()
    end = "Regressor" if values else "Classifier"
    if kind == "neighbors":
        return getattr(neighbors, f"KNeighbors{end}")(25)
    if kind == "forest":
        return getattr(ensemble, f"ExtraTrees{end}")(60, min_samples_leaf=8, random_state=0)
    return getattr(ensemble, f"HistGradientBoosting{end}")(max_iter=60, max_leaf_nodes=8)
